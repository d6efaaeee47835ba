/** Tests, two implementations and documentation: the first implementation breaks the type check and nothing else. */
import type { Documentation } from '../../src/pipeline/phases/documentation.ts'
import type { Implementation } from '../../src/pipeline/phases/implementation.ts'
import type { Review } from '../../src/pipeline/phases/review.ts'
import type { Tests } from '../../src/pipeline/phases/tests.ts'
import type { Script } from '../../world/model/script.ts'
import { editFile, handIn, readFile, run, session, turn } from './session.ts'

export const tests: Tests = {
  summary: 'Rounding of lines, totals of rounded lines, and a rendering that adds up.',
  tests: [
    {
      name: 'lines > are rounded to whole cents, half to even',
      file: 'test/invoice.test.ts',
      proves: 'lineNet gives whole cents and a tie goes to the even cent, for credit notes too.',
    },
    {
      name: 'totals > add up the rounded lines',
      file: 'test/invoice.test.ts',
      proves: 'The net is the sum of the rounded lines.',
    },
    {
      name: 'the rendered invoice > prints lines that add up to the net',
      file: 'test/report.test.ts',
      proves: 'What is printed adds up.',
    },
  ],
}

const testEdits = [
  editFile(
    'test/invoice.test.ts',
    'import { cents, type Invoice, type Line, taxOf, totals }',
    'import { cents, type Invoice, type Line, lineNet, taxOf, totals }',
  ),
  editFile(
    'test/invoice.test.ts',
    "  test('of a credit note are negative', () => {",
    `  test('add up the rounded lines', () => {
    const small = line(500, 5, 'zero')
    assert.equal(totals(invoice(small, small, small)).net, cents(6))
  })

  test('of a credit note are negative', () => {`,
  ),
  editFile(
    'test/invoice.test.ts',
    "describe('tax', () => {",
    `describe('lines', () => {
  test('are rounded to whole cents, half to even', () => {
    const rounded = [500, 1500, 700, 300, -500, -1500].map((quantity) => lineNet(line(quantity, 5)))
    assert.deepEqual(rounded, [2, 8, 4, 2, -2, -8])
  })
})

describe('tax', () => {`,
  ),
  editFile(
    'test/report.test.ts',
    "describe('the rendered invoice', () => {",
    `describe('the rendered invoice', () => {
  test('prints lines that add up to the net', () => {
    const small = { description: 'Stamp', quantity: 500, unitPrice: cents(5), rate: 'zero' as const }
    const printed = renderInvoice({ number: '8', customer: 'Acme', lines: [small, small, small] }).split('\\n')
    assert.deepEqual(
      printed.slice(1, 5).map((row) => row.trim().split(/ +/).join(' ')),
      ['Stamp 0.02', 'Stamp 0.02', 'Stamp 0.02', 'Net 0.06'],
    )
  })
`,
  ),
]

const BEFORE_FORMAT = '/** `123456` becomes `1,234.56`; negative amounts carry a minus sign in front. */'
const RETURN_UNCHECKED = '  return up ? floor + 1 : floor\n'
const RETURN_CENTS = '  return cents(up ? floor + 1 : floor)\n'

const divide = (
  lastLine: string,
) => `/** The quotient in whole cents; a tie goes to the even neighbour, so that rounding favours neither side. */
export function divideHalfEven(numerator: number, denominator: number): Cents {
  // The remainder is taken first: dividing first would lose it to a float.
  const rest = ((numerator % denominator) + denominator) % denominator
  const floor = (numerator - rest) / denominator
  const up = 2 * rest > denominator || (2 * rest === denominator && floor % 2 !== 0)
${lastLine}}

${BEFORE_FORMAT}`

/** Runs and passes every test; only the type check notices that an unrounded number could pass for money. */
const brokenMoney = editFile('src/money.ts', BEFORE_FORMAT, divide(RETURN_UNCHECKED))

const invoiceEdits = [
  editFile(
    'src/invoice.ts',
    'import { addCents, type Cents, cents } from',
    'import { addCents, type Cents, cents, divideHalfEven } from',
  ),
  editFile(
    'src/invoice.ts',
    `/** Quantity times price, with the fraction of a cent that it may have. */
export function lineNet(line: Line): number {
  return (line.quantity * line.unitPrice) / 1000
}

/** Net is rounded once, at the end; tax is computed once per rate. */`,
    `/** Quantity times price, in whole cents, half to even: what is printed is what is added up. */
export function lineNet(line: Line): Cents {
  return divideHalfEven(line.quantity * line.unitPrice, 1000)
}

/** Net is the sum of the rounded lines; tax is computed once per rate. */`,
  ),
  editFile(
    'src/invoice.ts',
    '  const net = cents(Math.round(sum(invoice.lines)))\n',
    '  const net = sum(invoice.lines)\n',
  ),
  editFile(
    'src/invoice.ts',
    `  return cents(Math.round(sum(invoice.lines.filter((line) => line.rate === rate))))
}

function sum(lines: Line[]): number {
  return lines.reduce((total, line) => total + lineNet(line), 0)
}`,
    `  return sum(invoice.lines.filter((line) => line.rate === rate))
}

function sum(lines: Line[]): Cents {
  return addCents(lines.map(lineNet))
}`,
  ),
]

const reportEdits = [
  editFile('src/report.ts', 'formatCents(cents(Math.round(lineNet(line))))', 'formatCents(lineNet(line))'),
  editFile('src/report.ts', 'import { cents, formatCents } from', 'import { formatCents } from'),
]

const documentationEdits = [
  editFile(
    'docs/rounding.md',
    `- **Lines** keep their fraction until the end.
- **Net** is the sum of the lines, rounded once, half up.`,
    `- **Lines** are rounded to whole cents, half to even: 2.5 cents become 2, 7.5 become 8.
- **Net** is the sum of the rounded lines, so the printed lines add up to the printed net.`,
  ),
  editFile(
    'CHANGELOG.md',
    '## 1.4.0\n',
    `## Unreleased

- Lines are rounded to whole cents, half to even, and the net is their sum. Invoices with fractional lines may differ
  from earlier ones by a few cents. \`lineNet\` returns \`Cents\`.

## 1.4.0
`,
  ),
]

export const implementation: Implementation = {
  summary: 'lineNet rounds half to even by an exact division, and totals and report use the rounded lines.',
  notes: ['The net of invoices with fractional lines changes by a few cents, as the plan says.'],
}
export const documentation: Documentation = {
  summary: 'The rounding page states the rule per line, and the changelog says that amounts may differ.',
}
export const review: Review = {
  summary: 'The change does what the plan says: one rounding per line, used by totals and report alike.',
  findings: [
    {
      path: 'src/money.ts',
      line: 17,
      severity: 'remark',
      body: 'divideHalfEven expects a positive denominator; both callers pass a constant, so this holds today.',
    },
  ],
}

export function changeSessions(subject: string): Script['sessions'] {
  return [
    session(
      { phase: 'tests', subject },
      turn(
        'I add to the tests that are there.',
        readFile('test/invoice.test.ts'),
        readFile('test/report.test.ts'),
      ),
      turn('One test for each behaviour.', ...testEdits),
      turn('They must fail for the right reason.', run('test')),
      turn('They do.', handIn(tests)),
    ),
    session(
      { phase: 'implementation', subject, attempt: 1 },
      turn(
        'I begin with the division.',
        readFile('src/money.ts'),
        readFile('src/invoice.ts'),
        readFile('src/report.ts'),
      ),
      turn('Then lines, totals and report follow.', brokenMoney, ...invoiceEdits, ...reportEdits),
      turn('The tests say whether it works.', run('test')),
      turn('They pass.', handIn(implementation)),
    ),
    session(
      { phase: 'implementation', subject, attempt: 2 },
      turn('The result must be made by cents().', editFile('src/money.ts', RETURN_UNCHECKED, RETURN_CENTS)),
      turn('Now both commands.', run('typecheck'), run('test')),
      turn('Both pass.', handIn(implementation)),
    ),
    session(
      { phase: 'documentation', subject },
      turn(
        'I read what changed.',
        readFile('src/invoice.ts'),
        readFile('docs/rounding.md'),
        readFile('CHANGELOG.md'),
      ),
      turn('The rule and its consequence.', ...documentationEdits),
      turn('Done.', handIn(documentation)),
    ),
    session(
      { phase: 'review', subject },
      turn('I read the change against its plan.', readFile('src/money.ts'), readFile('src/invoice.ts')),
      turn('One remark.', handIn(review)),
    ),
  ]
}
