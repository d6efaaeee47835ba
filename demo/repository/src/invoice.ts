// An invoice, its lines and its totals.
import { addCents, type Cents, cents } from './money.ts'
import { type TaxRate, taxOf, taxRates } from './tax.ts'

export interface Line {
  description: string
  /** Thousandths of a unit: 1500 is one and a half hours. Whole, so that no quantity is off by a float. */
  quantity: number
  unitPrice: Cents
  rate: TaxRate
}

export interface Invoice {
  number: string
  customer: string
  lines: Line[]
}

export interface Totals {
  net: Cents
  tax: Cents
  gross: Cents
}

/** Quantity times price, with the fraction of a cent that it may have. */
export function lineNet(line: Line): number {
  return (line.quantity * line.unitPrice) / 1000
}

/** Net is rounded once, at the end; tax is computed once per rate. */
export function totals(invoice: Invoice): Totals {
  const rates = Object.keys(taxRates) as TaxRate[]
  const nets = rates.map((rate) => netAt(invoice, rate))
  const net = cents(Math.round(sum(invoice.lines)))
  const tax = addCents(rates.map((rate, i) => taxOf(nets[i] ?? cents(0), rate)))
  return { net, tax, gross: addCents([net, tax]) }
}

function netAt(invoice: Invoice, rate: TaxRate): Cents {
  return cents(Math.round(sum(invoice.lines.filter((line) => line.rate === rate))))
}

function sum(lines: Line[]): number {
  return lines.reduce((total, line) => total + lineNet(line), 0)
}
