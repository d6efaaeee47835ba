/** What every snapshot carries: the repository, the policy as read, and the marks of what could not be read. */
import type { Account } from '../account.ts'
import type { RepositoryName, Sha } from '../ids.ts'
import type { Annotation } from '../verdict.ts'

/** A value that was read, or `'unknown'` when reading failed. Unknown never moves a verdict towards pass (S9). */
export type Known<T> = T | 'unknown'

export interface RepositoryReading {
  id: number
  name: RepositoryName
  defaultBranch: string
  private: boolean
}

/** Policy read at the tip of the base branch (S14), or the mistakes that make it unusable: it then fails closed. */
export type PolicyReading<P> =
  | { ok: true; policy: P; sha: Sha; source: 'repository' | 'organisation' | 'default' }
  | { ok: false; mistakes: Annotation[]; sentence: string; sha: Sha | null }

/** The Apps that act as Countersign: the judging one, and the drafting one when there is one. */
export interface AppIdentity {
  appId: number
  slug: string
  /** The bot account under which the App comments and pushes. */
  bot: Account
  drafterAppId: number | null
  drafterBot: Account | null
}

/** A comment of ours, found by the marker in its first line. */
export interface OwnComment {
  id: number
  marker: string
  body: string
}
