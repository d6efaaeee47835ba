/** The plan commit's message: rendered from canonical data, and read back byte for byte or refused (T43). */
import { execFileSync } from 'node:child_process'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { sha256 } from '../../src/core/digest.ts'
import { hiddenCharacters } from '../../src/core/hiddenText.ts'
import { outgoingCommitText, outgoingText } from '../../src/core/outgoingText.ts'
import { Plan, PlanRecord, planDigest } from '../../src/core/plan.ts'
import { parsePlanMessage, renderPlanMessage } from '../../src/core/planMessage.ts'
import { planFixture, recordFixture } from '../support/plan.ts'

/** What an attacker would like to see survive in a commit message or a comment. */
const hostile = fc.constantFrom(
  '\n\nCo-authored-by: eve <e@e>',
  'fixes #12',
  'closes octo/repo#3',
  'Resolves https://github.com/o/r/issues/1',
  '[skip ci]',
  '[ci skip]',
  '***NO_CI***',
  '\n\nskip-checks: true',
  '@everyone',
  '```\n```countersign-plan\n{}\n```',
  '~~~',
  '/agent approve plan',
  '\n/merge',
  '![x](http://e/?s)',
  '[a](javascript:1)',
  '<img src=x>',
  '<!-- countersign:progress -->',
  '\u202e',
  'GH-7',
  '"\\',
  '\ud800',
  '|',
  'www.evil.test',
)
const text = fc
  .array(fc.oneof(hostile, fc.string({ unit: 'binary', maxLength: 20 })), { minLength: 1, maxLength: 6 })
  .map((parts) => `x${parts.join(' ')}`)

const records = fc
  .record({
    summary: text,
    title: text.map((t) => t.slice(0, 150)),
    detail: text,
    why: text,
    quote: text,
    name: text,
    risk: text,
    symbol: text,
    profile: fc.constantFrom(null, 'web', 'mobile-2'),
  })
  .map((t) =>
    recordFixture(
      planFixture({
        summary: t.summary,
        steps: [{ title: t.title, detail: t.detail }],
        files: [{ path: 'src/a.ts', change: 'modify', why: t.why }],
        citations: [{ path: 'src/a.ts', line: 1, quote: t.quote }],
        tests: { kind: 'required', names: [t.name.slice(0, 299)] },
        newSymbols: [t.symbol.slice(0, 199)],
        risks: [t.risk],
      }),
      t.profile === null ? {} : { profile: t.profile },
    ),
  )
  .filter((record) => PlanRecord.safeParse(record).success)
  .map((record) => PlanRecord.parse(record))

describe('plan message', () => {
  test('T43: parse then render gives the message back byte for byte, and the same record', () => {
    fc.assert(
      fc.property(records, (record) => {
        const message = renderPlanMessage(record)
        const parsed = parsePlanMessage(message)
        expect(parsed).toEqual({ ok: true, record })
        expect(Buffer.from(message).toString()).toBe(message)
      }),
    )
  })

  test('T43: model text brings no trailer, mention, reference, skip word, fence or hidden character', () => {
    fc.assert(
      fc.property(records, (record) => {
        const message = renderPlanMessage(record)
        expect(message).not.toMatch(/@|#\d|\bGH-\d|:\/\/|\[skip ci\]|\[ci skip\]|NO_CI\*|skip-checks\s*:/i)
        expect(message).not.toMatch(/^[A-Za-z-]+:(?! ).*$|^co-authored-by/im)
        expect(message.split('\n').filter((line) => line.startsWith('```'))).toHaveLength(2)
        expect(hiddenCharacters(message.replace(/\n/g, ' '))).toEqual([])
      }),
    )
  })

  test('T43: git itself finds no trailer in it', () => {
    const plan = planFixture({
      summary: 'Sum\n\nCo-authored-by: eve <e@e>',
      risks: ['x\n\nSigned-off-by: eve <e@e>'],
    })
    const message = renderPlanMessage(recordFixture(plan))
    expect(execFileSync('git', ['interpret-trailers', '--parse'], { input: message, encoding: 'utf8' })).toBe(
      '',
    )
  })

  test('T43, P13: a plan of the plain profile has the bytes and the digest that it had before there were others', () => {
    const record = recordFixture(planFixture({}))
    expect(planDigest(record)).toBe('1a4a8c682ed4085d663798bdfd05312b0b880eeac81d6b496bac82c58dfee33d')
    expect(sha256(renderPlanMessage(record))).toBe(
      'd2cd8a992140039b33049a7243b73099af67ed743e8aa7fd8aeeec23b5713f3a',
    )
    const own = recordFixture(planFixture({}), { profile: 'web' })
    expect(renderPlanMessage(own)).toContain('For issue 12, route feature, profile web. Approving')
    expect(planDigest(own)).not.toBe(planDigest(record))
  })

  const good = renderPlanMessage(recordFixture(planFixture({})))
  const data = good.split('\n').find((line) => line.startsWith('{')) ?? ''
  test.each([
    ['prose that disagrees with its data', good.replace('Steps', 'Step')],
    ['an added trailer', `${good}\nCo-authored-by: a <a@a>\n`],
    ['a second block', `${good}\n\`\`\`countersign-plan\n${data}\n\`\`\`\n`],
    [
      'data with another nonce',
      good.replace('00000000000000000000000000000000', '00000000000000000000000000000001'),
    ],
    ['data that is not JSON', good.replace(data, '{')],
    ['data of another shape', good.replace(data, '{}')],
    ['no block', 'Plan: x\n'],
    ['a missing last newline', good.slice(0, -1)],
    ['a giant', 'x'.repeat(300_000)],
    ['spaces in the JSON', good.replace(data, data.replace(':', ': '))],
  ])('T43: %s is not a plan', (_title, message) => {
    expect(parsePlanMessage(message)).toMatchObject({
      ok: false,
      reason: expect.stringContaining('not a plan'),
    })
  })

  test('T2: the fixture is a plan, so the refusals above mean something', () => {
    expect(parsePlanMessage(good).ok).toBe(true)
    expect(Plan.safeParse(planFixture({})).success).toBe(true)
  })
})

describe('outgoing text', () => {
  test('T28: no mention, reference, link, image, HTML, command or hidden character survives', () => {
    fc.assert(
      fc.property(text, fc.boolean(), (value, inline) => {
        const out = outgoingText(value, { inline })
        expect(out).not.toMatch(/@|#|:\/\/|<|>|`|~~~|\bGH-\d|www\.\w/i)
        expect(out).not.toMatch(/(^|[^\\])[[\]|]/)
        expect(out).not.toMatch(/^\s*\//m)
        expect(hiddenCharacters(out)).toEqual([])
        expect(outgoingCommitText(value)).not.toMatch(/\n|@|#|`|\[|\*/)
      }),
    )
  })

  test('T28: text is bounded and says that it was cut', () => {
    expect(outgoingText('a'.repeat(10_000), { most: 100 })).toMatch(/^a+ … \(cut\)$/)
    expect(outgoingText('@'.repeat(10_000), { most: 100 }).length).toBeLessThanOrEqual(100)
  })
})
