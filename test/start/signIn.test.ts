/** Whether people can sign in to the board: what is refused at the start, and what the rest of the program is told. */
import { describe, expect, test } from '@jest/globals'
import { readEnvironment } from '../../src/environment.ts'

const app = {
  APP_ID: '1',
  PRIVATE_KEY: '-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----',
  WEBHOOK_SECRET: 'a-secret-of-more-than-16',
}
const credentials = { GITHUB_CLIENT_ID: 'Iv1.0123', GITHUB_CLIENT_SECRET: 'the-client-secret' }
const read = (settings: Record<string, string>) => readEnvironment({ ...app, ...settings })

describe('T36: signing in to the board', () => {
  test('needs client id and secret; without them there is none', () => {
    expect(read({})).toMatchObject({ kind: 'ready', environment: { signIn: null } })
    const reading = read(credentials)
    expect(reading).toMatchObject({
      kind: 'ready',
      environment: { signIn: { clientId: 'Iv1.0123', clientSecret: 'the-client-secret' } },
    })
  })

  test.each([
    ['GITHUB_CLIENT_ID', { GITHUB_CLIENT_SECRET: 'the-client-secret' }],
    ['GITHUB_CLIENT_SECRET', { GITHUB_CLIENT_ID: 'Iv1.0123' }],
  ])('is refused at the start where %s is missing: %o', (name, settings: Record<string, string>) => {
    const reading = read(settings)
    expect(reading).toMatchObject({ message: expect.stringContaining(`  - ${name} is missing: `) })
    expect(reading).toMatchObject({ message: expect.stringContaining('1 setting is wrong') })
    expect(JSON.stringify(reading)).not.toContain('the-client-secret')
  })

  test.each(['0.0.0.0', 'countersign.internal', '::'])(
    'is not there where nobody said how browsers come back (HOST=%s): the set-up page writes client id and secret for everybody',
    (HOST) => {
      expect(read({ ...credentials, HOST })).toMatchObject({ kind: 'ready', environment: { signIn: null } })
      expect(read({ ...credentials, HOST, COUNTERSIGN_URL: 'https://a.example' })).toMatchObject({
        environment: { signIn: { clientId: 'Iv1.0123' } },
      })
    },
  )

  test.each(['127.0.0.1', '127.8.8.8', 'localhost', '::1'])(
    'needs no public address where browsers are on the same machine (HOST=%s)',
    (HOST) => {
      expect(read({ ...credentials, HOST }).kind).toBe('ready')
    },
  )

  test.each([
    'http://countersign.example.com',
    'http://127.0.0.1.example.com',
    'https://countersign.example.com/board',
    'https://countersign.example.com/?next=1',
    'https://ana:secret@countersign.example.com',
    'countersign.example.com',
    'ftp://countersign.example.com',
  ])('has browsers come back to no address such as %s', (COUNTERSIGN_URL) => {
    expect(read({ ...credentials, COUNTERSIGN_URL })).toMatchObject({
      message: expect.stringContaining('  - COUNTERSIGN_URL must '),
    })
  })

  test.each([
    ['https://countersign.example.com/', 'https://countersign.example.com'],
    ['https://countersign.example.com:8443', 'https://countersign.example.com:8443'],
    ['http://localhost:3000', 'http://localhost:3000'],
    ['http://[::1]:3000', 'http://[::1]:3000'],
  ])('has them come back to %s', (COUNTERSIGN_URL, origin) => {
    const reading = read({ ...credentials, COUNTERSIGN_URL, HOST: '0.0.0.0' })
    expect(reading).toMatchObject({ kind: 'ready', environment: { COUNTERSIGN_URL: origin } })
  })
})
