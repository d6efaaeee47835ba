// Tax rates by name; an invoice names a rate, never a number, so that a change of law is one edit.
import { type Cents, cents } from './money.ts'

/** Percent. */
export const taxRates = { standard: 20, reduced: 5, zero: 0 } as const

export type TaxRate = keyof typeof taxRates

export function isTaxRate(name: unknown): name is TaxRate {
  return typeof name === 'string' && Object.hasOwn(taxRates, name)
}

/** Tax on a net amount, rounded once to whole cents. */
export function taxOf(net: Cents, rate: TaxRate): Cents {
  return cents(Math.round((net * taxRates[rate]) / 100))
}
