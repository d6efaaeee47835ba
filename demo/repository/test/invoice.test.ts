import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { cents, type Invoice, type Line, taxOf, totals } from '../src/index.ts'

function line(quantity: number, unitPrice: number, rate: Line['rate'] = 'standard'): Line {
  return { description: 'Work', quantity, unitPrice: cents(unitPrice), rate }
}

function invoice(...lines: Line[]): Invoice {
  return { number: '2026-001', customer: 'Acme', lines }
}

describe('totals', () => {
  test('add net and tax', () => {
    assert.deepEqual(totals(invoice(line(2000, 1050))), { net: cents(2100), tax: cents(420), gross: cents(2520) })
  })

  test('compute tax once per rate', () => {
    const mixed = invoice(line(1000, 1000), line(1000, 1000, 'reduced'), line(1000, 1000, 'zero'))
    assert.deepEqual(totals(mixed), { net: cents(3000), tax: cents(250), gross: cents(3250) })
  })

  test('of a credit note are negative', () => {
    assert.equal(totals(invoice(line(-1000, 500))).gross, cents(-600))
  })
})

describe('tax', () => {
  test('is rounded to whole cents', () => {
    assert.equal(taxOf(cents(333), 'standard'), cents(67))
    assert.equal(taxOf(cents(333), 'zero'), cents(0))
  })
})
