/** The epic of the workshop: an issue that is split into two, with the sessions of the epic and of its children. */
import { editFile, handIn, session, turn } from '../../demo/scripts/session.ts'
import type { Split, SplitChild } from '../../src/core/split.ts'
import type { SessionScript } from '../../world/model/script.ts'
import { issueText, plan, repository } from './workshop.ts'

export const epicText = issueText.replace(
  '### Constraints',
  `- A price says its currency
  Pass example: 5.00 is printed as 5.00 EUR
  Fail example: 5.00 is printed as 5.00

### Constraints`,
)

const bundle = (what: string): SplitChild['bundle'] => ({
  goal: `Print ${what}.`,
  criteria: [
    { statement: `A price is printed with ${what}`, passExample: `5 has ${what}`, failExample: 'It is bare' },
  ],
  constraints: ['No new dependency'],
  priorArt: ['src/price.mjs'],
  riskClass: 'low',
})

export const split: Split = {
  summary: 'Decimals first, the currency on top of them.',
  children: [
    {
      key: 'decimals',
      title: 'Two decimals',
      route: 'hotfix',
      bundle: bundle('two decimals'),
      covers: [1],
      dependsOn: [],
    },
    {
      key: 'currency',
      title: 'The currency',
      route: 'hotfix',
      bundle: bundle('its currency'),
      covers: [2],
      dependsOn: ['decimals'],
    },
  ],
}

const discovery = session(
  { phase: 'discovery' },
  turn(
    'The price is a constant.',
    handIn({ summary: 'One constant.', interfaces: [], conventions: [], tests: [], unknowns: [] }),
  ),
)
const spec = session(
  { phase: 'spec' },
  turn(
    'Two behaviours.',
    handIn({
      summary: 'Decimals and currency.',
      behaviours: [1, 2].map((criterion) => ({
        statement: `Criterion ${criterion} holds.`,
        criterion,
        passExample: 'It does.',
        failExample: 'It does not.',
      })),
      interfaces: [],
      outOfScope: [],
    }),
  ),
)
export const splitting = (deliverable: object, attempt?: number): SessionScript =>
  session({ phase: 'split', ...(attempt ? { attempt } : {}) }, turn('Two parts.', handIn(deliverable)))

/** A child's sessions: what its issue says is planned, carried out and reviewed. */
const childSessions = (subject: string, from: string, to: string): SessionScript[] => [
  session(
    { phase: 'diagnosis', subject },
    turn(
      'The constant.',
      handIn({
        ...plan,
        citations: [{ path: 'src/price.mjs', line: 1, quote: `export const price = ${from}` }],
      }),
    ),
  ),
  session(
    { phase: 'implementation', subject },
    turn('I change it.', editFile('src/price.mjs', from, to)),
    turn('Done.', handIn({ summary: `The price is ${to}.`, notes: [] })),
  ),
  session(
    { phase: 'review', subject },
    turn('It does what the plan says.', handIn({ summary: 'As planned.', findings: [] })),
  ),
]

export const epicSessions: SessionScript[] = [discovery, spec]

/** The whole story: the epic is issue 1, and its children are 2 and 3. */
export const storySessions: SessionScript[] = [
  ...epicSessions,
  splitting(split),
  ...childSessions(`${repository}#2`, "'5'", "'5.00'"),
  ...childSessions(`${repository}#3`, "'5.00'", "'5.00 EUR'"),
]
