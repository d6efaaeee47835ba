import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { cents, parseInvoice } from '../src/index.ts'

const good = { number: '1', customer: 'Acme', lines: [{ description: 'Work', quantity: 1500, unitPrice: 400 }] }
const parse = (change: object) => parseInvoice(JSON.stringify({ ...good, ...change }))

describe('parsing', () => {
  test('reads an invoice; the standard rate is the default', () => {
    assert.deepEqual(parse({}).lines, [
      { description: 'Work', quantity: 1500, unitPrice: cents(400), rate: 'standard' },
    ])
  })

  test('names the place of every problem', () => {
    const at = (change: object) => ({ lines: [{ ...good.lines[0], ...change }] })
    assert.throws(() => parseInvoice('null'), /invoice: an object/)
    assert.throws(() => parse({ lines: [] }), /at least one line/)
    assert.throws(() => parse({ lines: Array.from({ length: 1001 }) }), /at most 1000/)
    assert.throws(() => parse({ customer: ' ' }), /invoice.customer: a text/)
    assert.throws(() => parse(at({ quantity: 1.5 })), /lines\[0\].quantity: a whole number/)
    assert.throws(() => parse(at({ rate: 'toString' })), /lines\[0\].rate: a known tax rate/)
  })
})
