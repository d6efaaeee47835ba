/** What intake understands of one webhook: facts that only it can tell, and hints about what to look at. */
import type { RepositoryName, Sha, SubjectKey } from '../core/ids.ts'
import type { NewFact, PullState } from '../core/ports.ts'
import type { Acknowledgement } from '../core/work.ts'

export interface Intake {
  /** Recorded before the webhook is answered. */
  facts: { subject: SubjectKey; entry: NewFact }[]
  /** Subjects whose round must run. */
  keys: SubjectKey[]
  /** Subjects to look at because machines are at work on them; such hints come in bursts, and none is the last word. */
  hints: SubjectKey[]
  acknowledge: Acknowledgement[]
  /** Commits whose pull requests the payload does not name: look up who has this head. */
  shas: { repository: RepositoryName; sha: Sha }[]
  /** Commits whose checks have changed. */
  checked: { repository: RepositoryName; sha: Sha }[]
  /** Branches that moved: pull requests based on them must be looked at again. */
  bases: { repository: RepositoryName; ref: string }[]
  /** Branches that moved, and where to, with what their pull request is now: readings that show it already are not old. */
  moved: { repository: RepositoryName; ref: string; sha: Sha; pull?: PullState }[]
  /** Repositories that this App was just given: scan their open pull requests. */
  installed: RepositoryName[]
  /** What was understood, in a word or a sentence, for the answer and the log. */
  word: string
}

/** Who we are, as far as intake must know. */
export interface IntakeContext {
  /** Numeric id of this App: only presses on its own runs are facts. */
  appId: number
  /** Numeric ids of the accounts under which Countersign acts, as far as they are known yet. */
  own: ReadonlySet<number>
}

/** One event's reader. `payload` is what JSON.parse gave: nothing about it is known. */
export type Reader = (payload: unknown, delivery: string, context: IntakeContext) => Intake

const empty: Intake = {
  facts: [],
  keys: [],
  hints: [],
  acknowledge: [],
  shas: [],
  bases: [],
  checked: [],
  moved: [],
  installed: [],
  word: '',
}

/** A result with the parts that matter. */
export function understood(word: string, parts: Partial<Omit<Intake, 'word'>> = {}): Intake {
  return { ...empty, ...parts, word }
}
