/** Facts: the append-only record of what only an event could tell, and of what Countersign itself did (O1). */
import { z } from 'zod'
import type { Account } from './account.ts'
import { draftFacts } from './facts/draft.ts'
import { epicFacts } from './facts/epic.ts'
import { fixFacts } from './facts/fix.ts'
import { groupFacts } from './facts/group.ts'
import { intakeFacts } from './facts/intake.ts'
import { providerFacts } from './facts/providers.ts'
import { pullFacts } from './facts/pull.ts'
import { repairFacts } from './facts/repair.ts'
import { rolloutFacts } from './facts/rollout.ts'
import { sentence, seq } from './facts/shared.ts'
import { taskFacts } from './facts/task.ts'
import type { Digest } from './ids.ts'

/** Recorded by a round: the answer to one request (delegation, command or press), given once. */
const settled = z.object({
  kind: z.literal('settled'),
  /** seq of the fact that asked. */
  of: seq,
  outcome: z.enum(['accepted', 'refused']),
  sentence,
})

/** Work that ended without its result. For a merge that GitHub refused, `what` is `merge:<sha>`: not tried again for that head unless asked. */
const workFailed = z.object({ kind: z.literal('work.failed'), what: z.string().max(200), reason: sentence })

const incident = z.object({ kind: z.literal('incident'), sentence })
/** The incident stands on the repository's incident issue; `of` is the seq of the incident (T20). */
const incidentReported = z.object({
  kind: z.literal('incident.reported'),
  of: seq,
  issue: z.number().int().positive(),
})

export const FactBody = z.discriminatedUnion('kind', [
  ...intakeFacts,
  ...taskFacts,
  ...draftFacts,
  ...epicFacts,
  ...repairFacts,
  ...providerFacts,
  ...pullFacts,
  ...fixFacts,
  ...groupFacts,
  ...rolloutFacts,
  settled,
  workFailed,
  incident,
  incidentReported,
])
export type FactBody = z.infer<typeof FactBody>
export type FactKind = FactBody['kind']

/** A fact as kept: one hash chain a subject. `hash` covers everything before it by way of `previousHash`. */
export interface Fact<B extends FactBody = FactBody> {
  subject: string
  seq: number
  /** Who caused it; null is Countersign itself. */
  actor: Account | null
  /** App clock, milliseconds since 1970. No decision reads it except expiry and freeze windows (A2). */
  atMs: number
  /** Webhook delivery GUID, when an event brought it; the pair (subject, delivery) is recorded at most once. */
  delivery: string | null
  body: B
  previousHash: Digest
  hash: Digest
}

export type FactOf<K extends FactKind> = Fact<Extract<FactBody, { kind: K }>>

/** The facts of one kind, in order. */
export function factsOf<K extends FactKind>(facts: readonly Fact[], kind: K): FactOf<K>[] {
  return facts.filter((fact): fact is FactOf<K> => fact.body.kind === kind)
}

/** The latest fact of one kind, or undefined. */
export function lastFact<K extends FactKind>(facts: readonly Fact[], kind: K): FactOf<K> | undefined {
  return factsOf(facts, kind).at(-1)
}

/** The answers already given, by the seq of the fact that asked. */
export function settledBySeq(facts: readonly Fact[]): Map<number, FactOf<'settled'>> {
  return new Map(factsOf(facts, 'settled').map((fact) => [fact.body.of, fact]))
}
