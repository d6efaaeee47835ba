/** What a round of a rollout knows after judging: read by its decide, the check run and its texts alike. */
import type { Account } from '../../core/account.ts'
import type { Digest, Sha } from '../../core/ids.ts'
import type { Verdict } from '../../core/verdict.ts'
import type { Questions } from '../../rollout/candidate.ts'
import type { RangeVerdict } from '../../rollout/range.ts'
import type { EnvironmentSettings } from '../../rollout/settings.ts'
import type { RolloutState, Seen } from '../../rollout/state.ts'
import type { WindowVerdict } from '../../rollout/window.ts'

export interface Approval {
  /** Policy asks nobody for this environment. */
  asked: boolean
  verdict: Verdict
  /** Digest over environment, range and the agents' pull requests in it (A2). */
  bound: Digest
  lines: string[]
  /** When the first approval that counts lapses, in milliseconds since 1970. */
  expiresMs: number | null
  by: Account[]
}

/** The deployment that is looked after now. */
export interface Watched {
  seen: Seen
  canary: Verdict
  /** Null until the window is open. */
  window: WindowVerdict | null
  /** The same as far as the check run tells it: a page that is written with every sample would use up GitHub's writes. */
  told: WindowVerdict | null
}

export interface RolloutVerdicts {
  /** Null when policy does not name the environment, or cannot be used. */
  settings: EnvironmentSettings | null
  state: RolloutState
  questions: Questions
  range: RangeVerdict
  approval: Approval | null
  /** Whether the candidate may be deployed now. */
  go: Verdict
  /** True once the candidate has come so far that a person is, or was, to be asked. */
  askable: boolean
  frozenUntilMs: number | null
  /** The deployment that stands. */
  watched: Watched | null
  /** What was deployed last, where it came without our word, with its own way here. */
  stranger: { seen: Seen; range: RangeVerdict } | null
  /** What was deployed last on purpose: the same, unless it was taken back. */
  last: Watched | null
  /** The commits whose check run is ours to write: the candidate, and what was deployed last. */
  focus: Sha[]
}
