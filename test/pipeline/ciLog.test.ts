/** The cut of a CI log: readable, from the first error of the failing step, bounded (P8). */
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { cutLog, longestCiLog } from '../../src/pipeline/ciLog.ts'

const at = (text: string) => `2026-11-21T10:00:00.1234567Z ${text}`
const log = (...lines: string[]) => `\uFEFF${lines.map(at).join('\n')}\n`
const red = (text: string) => `\u001b[31;1m${text}\u001b[0m`
const step = (command: string, ...lines: string[]) => [
  `##[group]Run ${command}`,
  `\u001b[36;1m${command}\u001b[0m`,
  'shell: /usr/bin/bash -e {0}',
  '##[endgroup]',
  ...lines,
]
const exit = '##[error]Process completed with exit code 1.'

describe('P8: cutting a CI log', () => {
  test.each<[string, string[], string]>([
    [
      'P8: only the failing step, without dates, colours and group marks',
      [
        ...step('npm ci', 'added 1 package'),
        ...step('npm test', red('✖ adds'), exit),
        ...step('cleanup', 'bye'),
      ],
      '$ npm test\n✖ adds\nerror: Process completed with exit code 1.',
    ],
    [
      'P8: what a tool groups stays, its marks go',
      step('jest', '##[group]FAIL a.test.ts', 'expected 1', '##[endgroup]', exit),
      '$ jest\nFAIL a.test.ts\nexpected 1\nerror: Process completed with exit code 1.',
    ],
    [
      'P8: a redrawn line is shown as it ended, and repeated lines are counted',
      step('make', '10 %\r50 %\r100 %', 'retry', 'retry', 'retry', exit),
      '$ make\n100 %\nretry (3 times)\nerror: Process completed with exit code 1.',
    ],
    [
      'P8: passing lines far before the first error are left out, those right before it stay',
      step('t', ...Array.from({ length: 20 }, (_, n) => `ok ${n}`), 'not ok 20', exit),
      [14, 15, 16, 17, 18, 19].map((n) => `ok ${n}`).join('\n') +
        '\nnot ok 20\nerror: Process completed with exit code 1.',
    ],
    [
      'P8: a summary that counts no failure is no error',
      step('t', '0 failed', 'a', 'b', 'c', 'd', 'e', 'f', 'g', red('TypeError: x'), exit),
      'c\nd\ne\nf\ng\nTypeError: x\nerror: Process completed with exit code 1.',
    ],
    ['P8: a log without an error is given whole', ['nothing', 'special'], 'nothing\nspecial'],
    ['P8: an empty log is empty', [''], ''],
  ])('%s', (_title, lines, expected) => {
    expect(cutLog(log(...lines))).toBe(expected)
  })

  test('P8: of a long failure the first error and the end stay, and what was left out is counted', () => {
    const lines = Array.from({ length: 5000 }, (_, n) => `noise ${n}`)
    const cut = cutLog(log(...step('t', red('FAIL first'), ...lines, 'last words', exit)))
    expect(cut).toContain('FAIL first')
    expect(cut).toContain('last words')
    expect(cut).toMatch(/\(… \d{4} lines left out …\)/)
    expect(cut.length).toBeLessThanOrEqual(longestCiLog)
  })

  test('P8 T22: whatever the log holds, the result is bounded and free of control characters', () => {
    const bits = fc.constantFrom(
      '##[error]',
      '##[group]Run x',
      '\u001b[31m',
      '\u0000',
      'a'.repeat(3000),
      '\r',
      '\n',
      'FAIL',
      'é😀',
    )
    fc.assert(
      fc.property(fc.array(bits, { maxLength: 200 }), (parts) => {
        const cut = cutLog(parts.join(''))
        expect(cut.length).toBeLessThanOrEqual(longestCiLog)
        expect(cut).not.toMatch(/(?![\t\n])\p{Cc}/u)
      }),
    )
  })
})
