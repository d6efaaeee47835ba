/** Looks: what a round would see and judge of a subject at this moment, for people to read; nothing is done with it. */
import type { SubjectKey } from '../core/ids.ts'
import type { PullSnapshot } from '../core/snapshot/pull.ts'
import type { RolloutSnapshot } from '../core/snapshot/rollout.ts'
import type { TaskSnapshot } from '../core/snapshot/task.ts'
import type { Policy } from '../policy/schema.ts'
import type { PullVerdicts } from '../subjects/pull.ts'
import type { RolloutVerdicts } from '../subjects/rollout.ts'
import type { TaskVerdicts } from '../subjects/task.ts'

export interface Look<Snapshot, Verdicts> {
  snapshot: Snapshot
  verdicts: Verdicts
}
export type TaskLook = Look<TaskSnapshot<Policy>, TaskVerdicts>
export type PullLook = Look<PullSnapshot<Policy>, PullVerdicts>
export type RolloutLook = Look<RolloutSnapshot<Policy>, RolloutVerdicts>

/**
 * Null when GitHub no longer has the subject. Rejects with RetryLater when GitHub or the ledger is out, and with Terminal
 * where a round would give up too, e.g. over GitHub's limits (T18).
 */
export interface Looks {
  task(key: SubjectKey): Promise<TaskLook | null>
  pull(key: SubjectKey): Promise<PullLook | null>
  rollout(key: SubjectKey): Promise<RolloutLook | null>
}
