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
    for (let index = 0; index < 2000; index++) redactor.add(`token-number-${index}`)
    log.info({ token: 'token-number-1999' }, 'x')
    expect(lines[0]).toContain('[redacted]')
    expect(redactor.clean('token-number-3')).toBe('token-number-3')
  })

  test('a child log carries its bindings', () => {
    const { lines, log } = capture([])
    log.child({ subject: 'pull:o/r#1' }).info({}, 'round')
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ subject: 'pull:o/r#1', msg: 'round' })
  })
})
