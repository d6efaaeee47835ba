/** The snapshot of a task: a delegated issue, its facts, and the pull request it led to. */
import type { Account, Standing } from '../account.ts'
import type { EvidenceView } from '../evidence.ts'
import type { ChildState } from '../facts/epic.ts'
import type { Fact } from '../facts.ts'
import type { Digest, Sha, SubjectKey } from '../ids.ts'
import type { ChildKey } from '../split.ts'
import type { Amount } from '../usage.ts'
import type { AppIdentity, Known, OwnComment, PolicyReading, RepositoryReading } from './common.ts'
import type { PullSnapshot } from './pull.ts'

export interface IssueReading {
  id: number
  number: number
  title: string
  body: string
  bodyDigest: Digest
  state: 'open' | 'closed'
  labels: string[]
  /** GitHub's issue type, if the organisation uses them. */
  type: string | null
  author: Account | null
  /** Who last edited the body; null when it was never edited. */
  lastEditor: Account | null
}

/** A child issue as its own facts tell. */
export interface ChildReading {
  child: ChildKey
  issue: number
  key: SubjectKey
  state: ChildState
  pull: number | null
  /** Comments whose commands the child knows already. */
  commands: number[]
}

export interface TaskSnapshot<P = unknown> {
  key: SubjectKey
  nowMs: number
  missing: string[]
  app: AppIdentity
  repository: RepositoryReading
  policy: PolicyReading<P>
  /** Null when the issue was deleted or transferred. */
  issue: IssueReading | null
  /** The default branch: what the work is based on. */
  base: { ref: string; tip: Sha }
  people: ReadonlyMap<number, Standing>
  /** Whether each prior-art reference of the bundle resolves (a file on the base, an issue, a pull request). */
  priorArt: Known<ReadonlyMap<string, boolean>>
  ownComments: OwnComment[]
  facts: Fact[]
  evidence: EvidenceView
  pull: PullSnapshot<P> | null
  /** The epic that this issue is a child of; its facts release, stop and resume the child. */
  parent: { key: SubjectKey; facts: Fact[] } | null
  /** The child issues of the split that was started last, once they are made and delegated. */
  children: ChildReading[]
  /** What all tasks of the repository have spent in the last 24 hours and the last 30 days, this one included (P11). */
  spending: { day: Amount; repository: Amount }
}
