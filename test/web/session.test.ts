/** Sessions of the board: what a cookie opens, what it does not, and where a sign-in may lead. */
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { createAccess, rememberedMs } from '../../src/web/access.ts'
import { ownPath } from '../../src/web/door.ts'
import { createSeal, Session, SigningIn } from '../../src/web/session.ts'

const ana = { account: { id: 7, login: 'ana', type: 'User' as const }, token: 'ghu_1' }
let nowMs = 1_800_000_000_000
const clock = { nowMs: () => nowMs, sleep: async () => undefined }
const seal = createSeal('session', Session, { secret: 'a secret', clock })

test('T36: a session opens until it expires, and its token cannot be read from it', async () => {
  const cookie = await seal.close(ana, nowMs + 60_000)
  expect(await seal.open(cookie)).toEqual(ana)
  expect(cookie).not.toContain('ghu_1')
  expect(Buffer.from(cookie.split('.')[3] ?? '', 'base64url').toString('latin1')).not.toContain('ghu_1')
  nowMs += 61_000
  expect(await seal.open(cookie)).toBeNull()
  nowMs -= 61_000
})

test('T36: a session sealed with another secret, or for another purpose, does not open', async () => {
  const other = createSeal('session', Session, { secret: 'another secret', clock })
  const begun = createSeal('signing-in', SigningIn, { secret: 'a secret', clock })
  const state = 's'.repeat(43)
  expect(await seal.open(await other.close(ana, nowMs + 60_000))).toBeNull()
  expect(await seal.open(await begun.close({ state, to: '/board' }, nowMs + 60_000))).toBeNull()
  expect(await begun.open(await seal.close(ana, nowMs + 60_000))).toBeNull()
})

test('T36: a changed session does not open, whatever was changed', async () => {
  const cookie = await seal.close(ana, nowMs + 60_000)
  await fc.assert(
    fc.asyncProperty(fc.nat(cookie.length - 1), fc.constantFrom(...'AZaz09-_.'), async (at, letter) => {
      // The last letter of a part carries bits that mean nothing.
      fc.pre(cookie[at] !== letter && cookie[at + 1] !== '.' && at !== cookie.length - 1)
      expect(await seal.open(cookie.slice(0, at) + letter + cookie.slice(at + 1))).toBeNull()
    }),
  )
  for (const text of [undefined, '', 'a', 'a.b.c.d.e', 'x'.repeat(10_000)])
    expect(await seal.open(text)).toBeNull()
})

test.each([
  [undefined, '/board'],
  ['/board', '/board'],
  ['/board/acme/shop/issues/3', '/board/acme/shop/issues/3'],
  ['/boardroom', '/board'],
  ['/', '/board'],
  ['https://evil.example/board', '/board'],
  ['//evil.example/board', '/board'],
  ['/board/../metrics', '/board'],
  ['/board/%2e%2e/metrics', '/board'],
  ['/board\\evil', '/board'],
  ['/board/a?next=//evil.example', '/board/a'],
  [`/board/${'a'.repeat(2000)}`, '/board'],
])('T36: after signing in, %s leads to %s', (asked, to) => expect(ownPath(asked)).toBe(to))

test('T36: what GitHub said of a viewer is remembered for half a minute, for that viewer and repository alone', async () => {
  const asked: string[] = []
  let answer: 'yes' | 'no' = 'yes'
  let out = false
  const access = createAccess(
    {
      address: () => '',
      signIn: async () => null,
      signOut: async () => undefined,
      repositories: async () => [],
      async mayRead(token, repository) {
        asked.push(`${token} ${repository}`)
        if (out) throw new Error('GitHub is out')
        return answer
      },
    },
    clock,
  )
  expect(await access.mayRead('one', 'acme/shop')).toBe('yes')
  answer = 'no'
  expect(await access.mayRead('one', 'Acme/Shop')).toBe('yes')
  expect(await access.mayRead('two', 'acme/shop')).toBe('no')
  expect(await access.mayRead('one', 'acme/other')).toBe('no')
  nowMs += rememberedMs + 1
  out = true
  await expect(access.mayRead('one', 'acme/shop')).rejects.toThrow('GitHub is out')
  out = false
  expect(await access.mayRead('one', 'acme/shop')).toBe('no')
  answer = 'yes'
  access.forget('one')
  expect(await access.mayRead('one', 'acme/shop')).toBe('yes')
  expect(asked).toEqual([
    'one acme/shop',
    'two acme/shop',
    'one acme/other',
    'one acme/shop',
    'one acme/shop',
    'one acme/shop',
  ])
})
