/** Where the parts of a proposal go in an issue, and which proposals go back (D2, D4). */
import { describe, expect, test } from '@jest/globals'
import { readBundle } from '../../src/delegation/bundle.ts'
import { gapsOfDraft, withParts } from '../../src/delegation/draft.ts'

const criteria = [{ statement: 'It has decimals', passExample: '5 is 5.00', failExample: '5 is 5' }]
const rest = '### Constraints\n\n- none\n\n### Prior art\n\n- `src/a.ts`\n\n### Risk class\n\nlow'
const lackingAll = ['Goal', 'Acceptance criteria', 'Constraints', 'Prior art', 'Risk class']
const everything = {
  goal: 'Print decimals.',
  criteria,
  constraints: ['none'],
  priorArt: ['src/a.ts'],
  riskClass: 'low' as const,
}

describe('withParts', () => {
  test('D2: what is missing is added at the end, and what the person wrote stays', () => {
    const body = `Please do this.\n\n### Goal\n\nPrint decimals.\n\n${rest}\n`
    const text = withParts(body, { criteria })
    expect(text.startsWith(body.trimEnd())).toBe(true)
    expect(readBundle(text)).toMatchObject({ ok: true, bundle: { goal: 'Print decimals.', criteria } })
  })

  test('D2: what stands there and has gaps is replaced with all that belongs to it, in its place', () => {
    const body = `## What\n\nPrint it.\n\n**Acceptance criteria**\n\n- It has decimals\n\n#### Details\n\nMore of it.\n\n${rest}`
    const text = withParts(body, { criteria, riskClass: 'high' })
    expect(text).not.toContain('More of it')
    expect(text.indexOf('### Acceptance criteria')).toBeLessThan(text.indexOf('### Constraints'))
    expect(text.match(/Risk class/g)).toHaveLength(1)
    expect(readBundle(text)).toMatchObject({
      ok: true,
      bundle: { goal: 'Print it.', criteria, riskClass: 'high' },
    })
  })

  test.each([
    ['nothing at all', ''],
    ['prose', 'Could you print decimals?'],
    ['CRLF', 'Could\r\nyou?\r\n\r\n### Goal\r\n\r\n_No response_\r\n'],
    ['headings in a comment and in a fence', '<!--\n### Goal\n-->\n```\n### Risk class\n\nhigh\n```\n'],
    ['an empty form', `### Goal\n\n_No response_\n\n### Acceptance criteria\n\n_No response_`],
    ['a part twice', '### Goal\n\none\n\n### Goal\n\ntwo'],
  ])('D2: %s becomes complete', (_name, body) => {
    const text = withParts(body, everything)
    expect(readBundle(text)).toMatchObject({ ok: true, bundle: everything })
    expect(gapsOfDraft(body, lackingAll, everything)).toEqual([])
    expect(withParts(text, {})).toBe(text)
  })
})

describe('gapsOfDraft', () => {
  const body = `### Goal\n\nPrint decimals.\n\n${rest}`
  const lacking = ['Acceptance criteria']
  test.each<[string, object, RegExp]>([
    ['a part that is not missing', { criteria, goal: 'Another goal.' }, /^Goal has no gap/],
    ['not what is missing', { riskClass: 'high' }, /Acceptance criteria has a gap and is not proposed/],
    [
      'hidden text',
      { criteria: [{ ...criteria[0], passExample: 'a\u200bb' }] },
      /hidden characters: U\+200B/,
    ],
    ['a vague one', { criteria: [{ ...criteria[0], statement: 'It is faster' }] }, /is vague: "faster"/],
    [
      'more than an issue holds',
      { criteria: Array(50).fill({ ...criteria[0], passExample: 'x'.repeat(2000) }) },
      /GitHub takes 65536/,
    ],
  ])('D2: %s goes back', (_name, proposal, words) => {
    expect(gapsOfDraft(body, lacking, proposal).join('\n')).toMatch(words)
  })

  test('D2: exactly what is missing is taken', () => {
    expect(gapsOfDraft(body, lacking, { criteria })).toEqual([])
  })

  test('T28: no text of it opens a part of its own', () => {
    const evil = [{ statement: 'x\n\n### Risk class\n\nhigh', passExample: '### Goal', failExample: '1' }]
    const text = withParts(body, { criteria: evil })
    expect(text.match(/^#+ .*/gm)).toHaveLength(5)
    expect(readBundle(text)).toMatchObject({ bundle: { riskClass: 'low', goal: 'Print decimals.' } })
  })
})
