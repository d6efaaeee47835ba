// What ledgerly offers.
export { type Invoice, type Line, lineNet, type Totals, totals } from './invoice.ts'
export { addCents, type Cents, cents, formatCents } from './money.ts'
export { parseInvoice } from './parse.ts'
export { renderInvoice } from './report.ts'
export { type TaxRate, taxOf, taxRates } from './tax.ts'
