import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { addCents, cents, formatCents } from '../src/index.ts'

describe('money', () => {
  test('is whole cents', () => {
    assert.throws(() => cents(0.5), /not a whole number of cents: 0.5/)
    assert.throws(() => cents(Number.NaN), /NaN/)
    assert.equal(addCents([cents(1), cents(2), cents(-4)]), cents(-1))
  })

  test('is written with two decimals and groups of three', () => {
    const written = [0, 5, 99, 100, 123456, 100000000, -123456].map((value) => formatCents(cents(value)))
    assert.deepEqual(written, ['0.00', '0.05', '0.99', '1.00', '1,234.56', '1,000,000.00', '-1,234.56'])
  })
})
