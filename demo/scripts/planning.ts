/** Discovery, specification and two plans: the first cites an interface that the repository does not have. */
import type { Plan } from '../../src/core/plan.ts'
import type { Discovery } from '../../src/pipeline/phases/discovery.ts'
import type { RouteAnswer } from '../../src/pipeline/phases/route.ts'
import type { Spec } from '../../src/pipeline/phases/spec.ts'
import type { Script } from '../../world/model/script.ts'
import { handIn, listFiles, readFile, search, session, turn } from './session.ts'

const quotes = {
  cents: {
    path: 'src/money.ts',
    line: 7,
    quote: 'export function cents(value: number): Cents {',
  },
  addCents: {
    path: 'src/money.ts',
    line: 12,
    quote: 'export function addCents(amounts: readonly Cents[]): Cents {',
  },
  lineNet: { path: 'src/invoice.ts', line: 26, quote: 'export function lineNet(line: Line): number {' },
  totals: { path: 'src/invoice.ts', line: 31, quote: 'export function totals(invoice: Invoice): Totals {' },
  row: {
    path: 'src/report.ts',
    line: 11,
    quote:
      '...invoice.lines.map((line) => row(line.description, formatCents(cents(Math.round(lineNet(line)))))),',
  },
  castRule: {
    path: 'AGENTS.md',
    line: 3,
    quote: '- Money is `Cents`, made by `cents()` only. Never cast to `Cents` anywhere else.',
  },
  floatRule: {
    path: 'AGENTS.md',
    line: 4,
    quote: '- No floating-point money: multiply whole numbers first, divide and round last.',
  },
}

export const discovery: Discovery = {
  summary:
    'lineNet gives quantity times price with its fraction of a cent. totals adds these fractions and rounds once; the report rounds every line by itself, half up. So the printed lines need not add up to the printed net.',
  interfaces: [
    { name: 'cents', purpose: 'The only way to make money from a number.', citation: quotes.cents },
    { name: 'addCents', purpose: 'Adds whole cents exactly.', citation: quotes.addCents },
    { name: 'lineNet', purpose: 'The net amount of a line, unrounded today.', citation: quotes.lineNet },
    { name: 'totals', purpose: 'Net, tax and gross of an invoice.', citation: quotes.totals },
  ],
  conventions: [
    { statement: 'Money is made by cents() and never cast.', citation: quotes.castRule },
    { statement: 'Whole numbers are multiplied first and divided last.', citation: quotes.floatRule },
  ],
  tests: ['test/invoice.test.ts', 'test/report.test.ts', 'test/money.test.ts'],
  unknowns: [],
}

/** What the second issue needs to know; it cites what the first change left alone. */
export const reportDiscovery: Discovery = {
  summary: 'renderInvoice prints bare amounts; the currency is a field of the invoice.',
  interfaces: [
    {
      name: 'renderInvoice',
      purpose: 'Renders an invoice as text.',
      citation: {
        path: 'src/report.ts',
        line: 7,
        quote: 'export function renderInvoice(invoice: Invoice): string {',
      },
    },
  ],
  conventions: [{ statement: 'Money is made by cents() and never cast.', citation: quotes.castRule }],
  tests: ['test/report.test.ts'],
  unknowns: [],
}

export const spec: Spec = {
  summary: 'A line is worth what is printed for it, and the net is the sum of what is printed.',
  behaviours: [
    {
      statement: 'lineNet gives whole cents; a tie goes to the even cent, for credit notes too.',
      criterion: 1,
      passExample:
        'lineNet of quantity 500 at 5 cents is 2; of quantity 1500 it is 8; of quantity -500 it is -2.',
      failExample: 'lineNet of quantity 500 at 5 cents is 2.5 or 3.',
    },
    {
      statement: 'totals adds the rounded lines.',
      criterion: 2,
      passExample: 'Three lines of quantity 500 at 5 cents have a net of 6 cents.',
      failExample: 'They have a net of 8 cents.',
    },
    {
      statement: 'The rendered lines add up to the rendered net.',
      criterion: 2,
      passExample: 'Three such lines print 0.02 each and a net of 0.06.',
      failExample: 'They print 0.03 each and a net of 0.08.',
    },
  ],
  interfaces: [{ name: 'lineNet', signature: '(line: Line) => Cents', isNew: false }],
  outOfScope: ['How tax is rounded.', 'The input format.'],
}

export const plan: Plan = {
  summary:
    'Round in lineNet, half to even, by an exact division of whole numbers; totals and the report then use the same rounded lines.',
  steps: [
    {
      title: 'Divide half to even',
      detail:
        'Add divideHalfEven(numerator, denominator) to src/money.ts. It works on whole numbers only and makes its result by cents().',
    },
    {
      title: 'Round every line',
      detail: 'lineNet returns Cents: quantity times price, divided by 1000 half to even.',
    },
    {
      title: 'Add up rounded lines',
      detail: 'totals adds lineNet of its lines by addCents, per rate and in all.',
    },
    {
      title: 'Print what is added',
      detail: 'The report prints lineNet as it is, and no longer rounds by itself.',
    },
  ],
  files: [
    {
      path: 'src/money.ts',
      change: 'modify',
      why: 'The division belongs beside cents, the only maker of money.',
    },
    { path: 'src/invoice.ts', change: 'modify', why: 'Lines and totals are computed here.' },
    { path: 'src/report.ts', change: 'modify', why: 'It rounds lines by itself today.' },
    { path: 'test/invoice.test.ts', change: 'modify', why: 'Proves rounding and totals.' },
    { path: 'test/report.test.ts', change: 'modify', why: 'Proves that what is printed adds up.' },
    { path: 'docs/rounding.md', change: 'modify', why: 'States the rule that changes.' },
    { path: 'CHANGELOG.md', change: 'modify', why: 'Amounts on invoices change.' },
  ],
  newSymbols: ['divideHalfEven'],
  citations: [quotes.cents, quotes.addCents, quotes.lineNet, quotes.totals, quotes.row],
  tests: {
    kind: 'required',
    names: [
      'lines > are rounded to whole cents, half to even',
      'totals > add up the rounded lines',
      'the rendered invoice > prints lines that add up to the net',
    ],
  },
  documentation: { kind: 'required', paths: ['docs/rounding.md', 'CHANGELOG.md'] },
  risks: ['The net of an invoice with many fractional lines changes by a few cents.'],
}

/** The mistake that code, not a model, catches: a plausible helper that nobody ever wrote (P4). */
export const inventedCitation = {
  path: 'src/rounding.ts',
  line: 12,
  quote: 'export function bankersRound(value: number): Cents {',
}

export const firstPlan: Plan = {
  ...plan,
  summary:
    'Round in lineNet by the existing bankersRound helper; totals and the report use the rounded lines.',
  citations: [inventedCitation, ...plan.citations],
}

export const routing: RouteAnswer = {
  route: 'feature',
  reason: 'It changes how every line and the net are computed, so it wants a specification first.',
}

export function planningSessions(subject: string): Script['sessions'] {
  return [
    session({ phase: 'route', subject }, turn('More than a repair.', handIn(routing))),
    session(
      { phase: 'discovery', subject },
      turn('I look at what is there first.', listFiles('src/**'), readFile('AGENTS.md')),
      turn(
        'Money, lines and the report matter here.',
        readFile('src/money.ts'),
        readFile('src/invoice.ts'),
        readFile('src/report.ts'),
      ),
      turn('That is what the work builds on.', handIn(discovery)),
    ),
    session(
      { phase: 'spec', subject },
      turn('Each criterion becomes a behaviour with numbers.', handIn(spec)),
    ),
    session(
      { phase: 'plan', subject, attempt: 1 },
      turn(
        'I read the files that the plan will change.',
        readFile('src/invoice.ts'),
        readFile('src/money.ts'),
      ),
      turn('There is a rounding helper for this.', handIn(firstPlan)),
    ),
    session(
      { phase: 'plan', subject, attempt: 2 },
      turn('The helper is not there; I look for one.', search('bankersRound'), readFile('src/report.ts')),
      turn('So it must be written, beside cents.', handIn(plan)),
    ),
  ]
}
