// Reads an invoice from JSON that somebody else wrote: every problem is named with its place.
import type { Invoice, Line } from './invoice.ts'
import { cents } from './money.ts'
import { isTaxRate } from './tax.ts'

/** More lines than this are a mistake of the sender. */
export const MAX_LINES = 1000

/** @throws Error with the place and what was expected there. */
export function parseInvoice(json: string): Invoice {
  const value = object(JSON.parse(json), 'invoice')
  const lines = value['lines']
  if (!Array.isArray(lines) || lines.length === 0) throw new Error('invoice.lines: at least one line')
  if (lines.length > MAX_LINES) throw new Error(`invoice.lines: at most ${MAX_LINES}`)
  return {
    number: text(value['number'], 'invoice.number'),
    customer: text(value['customer'], 'invoice.customer'),
    lines: lines.map((line, i) => parseLine(line, `invoice.lines[${i}]`)),
  }
}

function parseLine(value: unknown, at: string): Line {
  const line = object(value, at)
  const rate = line['rate'] ?? 'standard'
  if (!isTaxRate(rate)) throw new Error(`${at}.rate: a known tax rate`)
  return {
    description: text(line['description'], `${at}.description`),
    quantity: whole(line['quantity'], `${at}.quantity`),
    unitPrice: cents(whole(line['unitPrice'], `${at}.unitPrice`)),
    rate,
  }
}

function object(value: unknown, at: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) throw new Error(`${at}: an object`)
  return value as Record<string, unknown>
}

function text(value: unknown, at: string): string {
  if (typeof value !== 'string' || value.trim() === '') throw new Error(`${at}: a text that is not empty`)
  return value
}

function whole(value: unknown, at: string): number {
  if (!Number.isSafeInteger(value)) throw new Error(`${at}: a whole number`)
  return value as number
}
