// The invoice as plain text, one line each, amounts aligned to the right.
import { type Invoice, lineNet, totals } from './invoice.ts'
import { cents, formatCents } from './money.ts'

const WIDTH = 48

export function renderInvoice(invoice: Invoice): string {
  const { net, tax, gross } = totals(invoice)
  return [
    `Invoice ${invoice.number} for ${invoice.customer}`,
    ...invoice.lines.map((line) => row(line.description, formatCents(cents(Math.round(lineNet(line)))))),
    row('Net', formatCents(net)),
    row('Tax', formatCents(tax)),
    row('Total', formatCents(gross)),
  ].join('\n')
}

function row(label: string, amount: string): string {
  return `${label.slice(0, WIDTH - amount.length - 1).padEnd(WIDTH - amount.length)}${amount}`
}
