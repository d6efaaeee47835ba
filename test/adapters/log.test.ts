/** The log never prints a secret it knows. */
import { describe, expect, test } from '@jest/globals'
import { createLog, createRedactor } from '../../src/adapters/log.ts'

function capture(initial: string[]) {
  const lines: string[] = []
  const redactor = createRedactor(initial)
  const log = createLog('debug', redactor, { write: (line) => void lines.push(line) })
  return { lines, redactor, log }
}

describe('O5: logs are redacted by known value', () => {
  test('T25: a secret in a field, in a message and in an error is replaced', () => {
    const { lines, log } = capture(['hunter2-hunter2'])
    log.info(
      { url: 'https://x-access-token:hunter2-hunter2@github.com', error: new Error('hunter2-hunter2') },
      'said hunter2-hunter2',
    )
    expect(lines).toHaveLength(1)
    expect(lines[0]).not.toContain('hunter2')
    expect(lines[0]).toContain('[redacted]')
  })

  test('T25: a key over several lines is found in its JSON form too', () => {
    const pem = '-----BEGIN PRIVATE KEY-----\nabcdef\n-----END PRIVATE KEY-----\n'
    const { lines, log } = capture([pem])
    log.warn({ pem }, 'oops')
    expect(lines[0]).not.toContain('abcdef')
  })

  test('T25: a token minted later is added, and the number of remembered secrets is bounded', () => {
    const { lines, log, redactor } = capture([])
    for (let index = 0; index < 8000; index++) redactor.add(`token-number-${index}`)
    log.info({ token: 'token-number-7999' }, 'x')
    expect(lines[0]).toContain('[redacted]')
    expect(redactor.clean('token-number-3')).toBe('token-number-3')
  })

  test("T25: no number of tokens that others make it learn pushes out the operator's own secrets", () => {
    const own = ['the-private-key-of-the-app', 'the-webhook-secret']
    const { lines, log, redactor } = capture(own)
    for (let index = 0; index < 8000; index++) redactor.add(`ghs_minted-token-${index}`)
    // One that is learned as well is still the operator's.
    redactor.add('the-webhook-secret')
    for (let index = 0; index < 8000; index++) redactor.add(`ghu_viewer-token-${index}`)
    log.error({ said: own.join(' ') }, 'refused')
    expect(lines[0]).not.toMatch(/private-key|webhook-secret/)
    expect(redactor.outgoing(own.join(' '))).toBe('[redacted] [redacted]')
  })

  test('T25, T28: a secret is found plain, percent-encoded and in base64; what may be a word stays in what leaves', () => {
    const secret = 'ghs_abc/+def=123'
    const redactor = createRedactor([secret, 'lm-studio', 'the'])
    const basic = Buffer.from(`x-access-token:${secret}`).toString('base64')
    for (const form of [secret, encodeURIComponent(secret), basic])
      for (const cleaned of [redactor.clean(`see ${form}.`), redactor.outgoing(`see ${form}.`)])
        expect(cleaned).toMatch(/^see \S*\[redacted\]\S*\.$/)
    expect(redactor.clean('the lm-studio')).toBe('the [redacted]')
    expect(redactor.outgoing('the lm-studio')).toBe('the lm-studio')
  })

  test('a child log carries its bindings', () => {
    const { lines, log } = capture([])
    log.child({ subject: 'pull:o/r#1' }).info({}, 'round')
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ subject: 'pull:o/r#1', msg: 'round' })
  })
})
