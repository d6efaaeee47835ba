/** The issue that the demo delegates: first with two parts missing, then complete. */
import type { Bundle } from '../../src/core/bundle.ts'

export const title = 'Printed lines do not add up to the net total'

export const bundle: Bundle = {
  goal: 'Round every invoice line to whole cents, half to even, and add up the rounded lines, so that a customer who adds up the printed lines gets the printed net.',
  criteria: [
    {
      statement: 'Each line is rounded to whole cents; a tie goes to the even cent.',
      passExample: '0.5 units at 0.05 make 0.02, and 1.5 units at 0.05 make 0.08.',
      failExample: '0.5 units at 0.05 make 0.03, or stay 0.025.',
    },
    {
      statement: 'The net total is the sum of the rounded lines.',
      passExample: 'Three lines of 0.5 units at 0.05 have a net of 0.06, and print 0.02 three times.',
      failExample: 'They have a net of 0.08, or print lines that do not add up to the net.',
    },
  ],
  constraints: ['Tax stays as it is: computed once per rate, rounded half up.', 'No new dependency.'],
  priorArt: ['src/invoice.ts', 'src/money.ts', 'docs/rounding.md'],
  riskClass: 'low',
}

/** What the engineer forgets at first: the second fail example and all prior art (D2). */
export const forgotten = { failExampleOfCriterion: 2, priorArt: true } as const

/** The issue that somebody stops halfway. */
export const stoppedTitle = 'Print the currency beside every amount'
export const stoppedBundle: Bundle = {
  goal: 'Print the currency code beside every amount of the rendered invoice.',
  criteria: [
    {
      statement: 'Every amount is followed by its currency code.',
      passExample: 'A total of 1,500.00 is printed as 1,500.00 EUR.',
      failExample: 'A total of 1,500.00 is printed without EUR.',
    },
  ],
  constraints: ['The width of the rendering stays 48 characters.'],
  priorArt: ['src/report.ts'],
  riskClass: 'low',
}
