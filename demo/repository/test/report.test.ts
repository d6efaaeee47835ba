import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { cents, renderInvoice } from '../src/index.ts'

describe('the rendered invoice', () => {
  test('lists every line and the totals, aligned', () => {
    const lines = [{ description: 'Design', quantity: 2000, unitPrice: cents(62_500), rate: 'standard' as const }]
    assert.deepEqual(renderInvoice({ number: '7', customer: 'Acme', lines }).split('\n'), [
      'Invoice 7 for Acme',
      'Design                                  1,250.00',
      'Net                                     1,250.00',
      'Tax                                       250.00',
      'Total                                   1,500.00',
    ])
  })
})
