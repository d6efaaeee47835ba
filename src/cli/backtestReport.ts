/** What a backtest says, as one schema: the JSON that `--json` prints, and all that the page shows (docs/backtest.md). */
import { z } from 'zod'
import { PeopleSettings, profiles } from '../approvals/settings.ts'

/** The worst first. A flag is certain, whatever else is not known; a pass is one only where nothing is unknown (S9). */
export const outcomes = ['blocked', 'flagged', 'unknown', 'passes'] as const
export type Outcome = (typeof outcomes)[number]

const states = z.enum(['blocked', 'flagged', 'unknown'])

const Finding = z.object({
  /** The id of a gate, or `approvals`, `limits`, `origin`, `history`. */
  part: z.string(),
  requirement: z.string(),
  title: z.string(),
  state: states,
  sentence: z.string(),
  /** At most ten lines of the change. */
  places: z.array(z.object({ path: z.string(), line: z.number().int(), message: z.string() })).max(10),
})
export type Finding = z.infer<typeof Finding>

const Judged = z.object({ outcome: z.enum(outcomes), findings: z.array(Finding) })

const BacktestPull = Judged.extend({
  number: z.number().int(),
  title: z.string(),
  url: z.string(),
  mergedAt: z.string(),
  origin: z.object({
    kind: z.enum(['person', 'agent', 'treated as an agent', 'unclear']),
    sentence: z.string(),
  }),
  /** What the policy asks of it; null where it could not be judged. */
  treatment: PeopleSettings.nullable(),
  profile: z.enum(profiles).nullable(),
  /** It would also have needed a plan approval, which did not exist then. */
  withoutPlan: z.boolean(),
  /** What the policy in force says of it, where another one was given. */
  inForce: Judged.nullable(),
})
export type BacktestPull = z.infer<typeof BacktestPull>

const Part = z.object({
  part: z.string(),
  requirement: z.string(),
  title: z.string(),
  blocked: z.number().int(),
  flagged: z.number().int(),
  unknown: z.number().int(),
})

export const BacktestReport = z.object({
  version: z.literal(1),
  repository: z.string(),
  branch: z.string(),
  policy: z.string(),
  /** The policy in force, where another one was given. */
  comparedWith: z.string().nullable(),
  /** False in shadow mode: what is blocked here would only have been said. */
  enforced: z.boolean(),
  requests: z.number().int(),
  summary: z.object({
    pulls: z.number().int(),
    outcomes: z.record(z.enum(outcomes), z.number().int()),
    origins: z.record(BacktestPull.shape.origin.shape.kind, z.number().int()),
    withoutPlan: z.number().int(),
    /** Numbers of those that the two policies do not judge alike. */
    different: z.array(z.number().int()),
    parts: z.array(Part),
  }),
  /** The worst first. */
  pulls: z.array(BacktestPull),
})
export type BacktestReport = z.infer<typeof BacktestReport>

/** Count, and put the worst first. */
export function reportOf(
  about: Omit<BacktestReport, 'version' | 'summary' | 'pulls'>,
  pulls: readonly BacktestPull[],
): BacktestReport {
  const number = (holds: (pull: BacktestPull) => boolean) => pulls.filter(holds).length
  const kinds = BacktestPull.shape.origin.shape.kind.options
  return {
    version: 1,
    ...about,
    summary: {
      pulls: pulls.length,
      outcomes: fromKeys(outcomes, (outcome) => number((pull) => pull.outcome === outcome)),
      origins: fromKeys(kinds, (kind) => number(({ origin }) => origin.kind === kind)),
      withoutPlan: number((pull) => pull.withoutPlan),
      different: pulls.filter(isDifferent).map((pull) => pull.number),
      parts: partsOf(pulls),
    },
    pulls: [...pulls].sort(worstFirst),
  }
}

function fromKeys<K extends string>(keys: readonly K[], of: (key: K) => number): Record<K, number> {
  return Object.fromEntries(keys.map((key) => [key, of(key)])) as Record<K, number>
}

/** Another outcome, or the same one for other reasons. */
function isDifferent({ outcome, findings, inForce }: BacktestPull): boolean {
  if (!inForce) return false
  const reasons = (all: readonly Finding[]) =>
    JSON.stringify(all.map(({ part, state }) => [part, state]).sort())
  return outcome !== inForce.outcome || reasons(findings) !== reasons(inForce.findings)
}

/** By how often each stopped something, in the order in which gates are read where they are even. */
function partsOf(pulls: readonly BacktestPull[]): BacktestReport['summary']['parts'] {
  const parts = new Map<string, z.infer<typeof Part>>()
  for (const { findings } of pulls) {
    for (const { part, requirement, title, state } of findings) {
      const counted = parts.get(part) ?? { part, requirement, title, blocked: 0, flagged: 0, unknown: 0 }
      parts.set(part, { ...counted, [state]: counted[state] + 1 })
    }
  }
  return [...parts.values()].sort(
    (a, b) => b.blocked - a.blocked || b.flagged - a.flagged || b.unknown - a.unknown,
  )
}

function worstFirst(a: BacktestPull, b: BacktestPull): number {
  const blocked = ({ findings }: BacktestPull) => findings.filter(({ state }) => state === 'blocked').length
  return (
    outcomes.indexOf(a.outcome) - outcomes.indexOf(b.outcome) ||
    blocked(b) - blocked(a) ||
    b.number - a.number
  )
}

/** As doctor's: 1 when something is stopped, 3 when nothing is and something cannot be known. */
export function exitCodeOf({ summary }: BacktestReport): number {
  const { blocked, flagged, unknown } = summary.outcomes
  if (blocked + flagged > 0) return 1
  return unknown > 0 ? 3 : 0
}
