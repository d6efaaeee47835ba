/** Hand-made chains for the figures: facts with the day on which they were recorded, each checked by its real schema. */
import type { Account } from '../../src/core/account.ts'
import type { ReworkCause } from '../../src/core/facts/fix.ts'
import { type Fact, FactBody } from '../../src/core/facts.ts'
import type { Route } from '../../src/core/plan.ts'
import { chainsOf } from '../../src/insight/chains.ts'
import type { Period } from '../../src/insight/period.ts'
import { dana, sha } from '../support/snapshots.ts'

export const repository = 'acme/widgets'
const dayMs = 24 * 60 * 60_000
const beginMs = Date.UTC(2026, 8, 1)
/** The moment `day` days into the period; days before it are negative. */
export const at = (day: number): number => beginMs + Math.round(day * dayMs)
/** Four weeks. */
export const period: Period = { fromMs: at(0), toMs: at(28) }

export type Entry = [day: number, body: FactBody]

/** The facts of one subject, in order. */
export function chain(subject: string, ...entries: Entry[]): Fact[] {
  return entries.map(([day, body], seq) => ({
    subject,
    seq,
    actor: null,
    atMs: at(day),
    delivery: null,
    body: FactBody.parse(body),
    previousHash: '',
    hash: '',
  }))
}
export const task = (issue: number, ...entries: Entry[]): Fact[] =>
  chain(`task:${repository}#${issue}`, ...entries)
export const pull = (number: number, ...entries: Entry[]): Fact[] =>
  chain(`pull:${repository}#${number}`, ...entries)
export const rollout = (environment: string, ...entries: Entry[]): Fact[] =>
  chain(`rollout:${repository}@${environment}`, ...entries)

export const chains = (...facts: Fact[][]) => chainsOf(facts.flat(), repository, period)

const digest = 'd'.repeat(64)
export const frozen = (delegator: Account = dana): FactBody => ({
  kind: 'bundle.frozen',
  delegation: 0,
  digest,
  bundle: {
    goal: 'Show the price.',
    criteria: [{ statement: 'It shows', passExample: '5.00', failExample: '5' }],
    constraints: ['none'],
    priorArt: ['src/price.ts'],
    riskClass: 'low',
  },
  delegator,
  title: 'Show the price',
})
export const routed = (route: Route): FactBody => ({ kind: 'route.chosen', route, why: 'A label says so.' })
export const opened = (number: number): FactBody => ({ kind: 'pull.opened', number, head: sha('plan') })
export const pushed = (phase: string): FactBody => ({
  kind: 'work.pushed',
  branch: 'agent/1',
  before: null,
  sha: sha(phase),
  phase,
})
export const merged = (head = 'head'): FactBody => ({
  kind: 'merged',
  head: sha(head),
  merge: sha('merge'),
  landedOn: 'main',
  expected: 'main',
})
export const evidence = (): FactBody => ({
  kind: 'origin.evidence',
  source: 'account',
  detail: 'An agent opened it.',
})

type Told = Extract<FactBody, { kind: 'review.told' }>['state']
export const told = (state: Told, head = 'head'): FactBody => ({ kind: 'review.told', sha: sha(head), state })
type Found = Extract<FactBody, { kind: 'gates.caught' }>['gates']
export const gates = (head: string, gatesThat: Found): FactBody => ({
  kind: 'gates.caught',
  sha: sha(head),
  gates: gatesThat,
})
export const decision = (
  check: 'countersign/plan' | 'countersign/review',
  verdict: 'approve' | 'reject',
): FactBody => ({
  kind: 'decision',
  check,
  verdict,
  sha: sha('head'),
  baseRef: 'main',
  bound: digest,
  generation: 0,
  by: dana,
  reason: null,
  source: 'button',
  commentId: null,
  request: 0,
})
export const fixed = (): FactBody => ({
  kind: 'fix.ended',
  request: 0,
  before: sha('head'),
  sha: sha('fixed'),
  threads: [],
  cause: null,
  sentence: 'Fixed.',
})
export const classified = (cause: ReworkCause, by: 'person' | 'session'): FactBody => ({
  kind: 'rework.classified',
  cause,
  by,
  request: 0,
})

export const started = (phase: string, attempt = 1): FactBody => ({
  kind: 'attempt.started',
  phase,
  attempt,
  session: `${phase}-${attempt}`,
  endpoint: 'anthropic',
  model: 'opus',
})
type Ended = Extract<FactBody, { kind: 'attempt.ended' }>
export const handedIn = (deliverable: unknown = {}): Ended['outcome'] => ({
  kind: 'deliverable',
  digest,
  deliverable,
})
export const ended = (
  phase: string,
  attempt = 1,
  {
    outcome = handedIn(),
    usd = 1,
    minutes = 2,
  }: { outcome?: Ended['outcome']; usd?: number; minutes?: number } = {},
): FactBody => ({
  kind: 'attempt.ended',
  phase,
  attempt,
  session: `${phase}-${attempt}`,
  outcome,
  candidate: null,
  usage: { inputTokens: 100, outputTokens: 10, cacheReadTokens: 1000, cacheWriteTokens: 1, requests: 3 },
  costUsd: usd,
  model: 'opus',
  endpoint: 'anthropic',
  durationMs: minutes * 60_000,
})
type Judged = Extract<FactBody, { kind: 'attempt.judged' }>
export const judged = (
  phase: string,
  attempt: number,
  by: Judged['by'],
  verdict: Judged['verdict'],
  more: Partial<Judged> = {},
): FactBody => ({
  kind: 'attempt.judged',
  phase,
  attempt,
  by,
  verdict,
  objections: verdict === 'pass' ? [] : ['It does not fit.'],
  ...more,
})

const means = {}
type Outcome = Extract<FactBody, { kind: 'window.ended' }>['outcome']
export const windowEnded = (deployment: number, outcome: Outcome): FactBody => ({
  kind: 'window.ended',
  deployment,
  sha: sha(deployment),
  outcome,
  sentence: 'It ended.',
  means,
})
export const rolloutFailed = (deployment: number, stood: boolean): FactBody => ({
  kind: 'rollout.failed',
  deployment,
  sha: sha(deployment),
  from: null,
  steps: [],
  sentence: 'It failed.',
  keeps: null,
  ...(stood ? {} : { stood: false as const }),
})
export const rollback = (replaces: number): FactBody => ({
  kind: 'deploy.intended',
  purpose: 'rollback',
  sha: sha('healthy'),
  from: null,
  replaces,
  way: 'create',
  workflow: null,
  bound: null,
})
export const approvedDeploy = (): FactBody => ({
  kind: 'deploy.decided',
  verdict: 'approve',
  sha: sha('head'),
  bound: digest,
  generation: 0,
  by: dana,
  request: 0,
})
