/** Where check runs lead to: pages of the board, where there is one and its address is known (O2). */
import { expect, test } from '@jest/globals'
import { pageOf } from '../../src/connect/board.ts'

const signIn = { clientId: 'a', clientSecret: 'b' }
const COUNTERSIGN_URL = 'https://countersign.example.com'

test.each([
  ['task:acme/shop#3', '/board/acme/shop/issues/3'],
  ['pull:acme/shop#4', '/board/acme/shop/pulls/4'],
  ['rollout:acme/shop@eu/production', '/board/acme/shop/environments/eu%2Fproduction'],
  [`group:acme/shop@${'a'.repeat(40)}`, null],
])('O2: the check runs of %s lead to %s', (key, path) => {
  expect(pageOf({ signIn, COUNTERSIGN_URL })(key)).toBe(path && `${COUNTERSIGN_URL}${path}`)
  expect(pageOf({ signIn: null, COUNTERSIGN_URL })(key)).toBeNull()
  expect(pageOf({ signIn, COUNTERSIGN_URL: undefined })(key)).toBeNull()
})
