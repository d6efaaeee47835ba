/** The names of things: what is one, and what only looks like one. */
import { describe, expect, test } from '@jest/globals'
import { RepositoryName } from '../../src/core/ids.ts'

describe('the name of a repository', () => {
  test.each([
    'acme/shop',
    'a/.github',
    'Acme-1/..shop',
    'acme/shop..',
    'acme/...',
    'octo_acme/shop',
    `acme/${'x'.repeat(100)}`,
  ])('%s is one', (name) => {
    expect(RepositoryName.safeParse(name).success).toBe(true)
  })

  test.each([
    'acme',
    'acme/',
    '/shop',
    'acme/shop/x',
    'acme/..',
    'acme/.',
    '-acme/shop',
    '_acme/shop',
    'acme/sh op',
    'acme/shop\n',
  ])('T36: %j is none', (name) => {
    expect(RepositoryName.safeParse(name).success).toBe(false)
  })
})
