/** Readings: what one round may reuse of what was read from GitHub a moment ago, and what makes it old. */
import type { RepositoryName, Sha } from '../ids.ts'
import type { ForgeReads } from './forge.ts'

/** What one event makes old. `people` are roles and teams, `branches` are tips and pushes. */
export type ReadingPart = 'repository' | 'pull' | 'issue' | 'checks' | 'people' | 'branches' | 'deployments'

/** The reads of one look at GitHub. */
export interface Reading {
  forge: ForgeReads
  /** True when something that this look gave out had been read before the round began. */
  reused(): boolean
  /**
   * True when it shows every comment and review of ours: it was read by this round, or no other process writes any, and
   * what this one writes is put into what it keeps.
   */
  showsOwn(): boolean
  /**
   * When what this look gave out ends, because an event has told of a change in it: milliseconds of the App's clock, or
   * null. Whoever used it looks again then.
   */
  endsMs(): number | null
  /** True while nothing that this look gave out has been read anew since, or was told to be old: what was seen is still so. */
  stands(): boolean
  /** A further look of the same round: what the round has read itself stands; `fresh`, anything older is read anew. */
  again(options: { fresh: boolean }): Reading
}

/** What an event says of a pull request. */
export interface PullState {
  number: number
  draft: boolean
  state: 'open' | 'closed'
}

export interface Readings {
  /** A look that may reuse what is a few seconds old, or, `fresh`, only what it has read itself. */
  open(options: { fresh: boolean }): Reading
  /** Forget these parts of a repository (all of them unless told): something there has changed. */
  drop(repository: RepositoryName, parts?: readonly ReadingPart[]): void
  /**
   * The checks of a commit have changed: they, and the pull requests that show them, are reused for `withinMs` at most,
   * in which all of a burst can be told.
   */
  checked(repository: RepositoryName, sha: Sha, withinMs: number): void
  /**
   * The open pull requests with this head that what is kept shows; others may have it. Enough to tell whom an event about
   * the commit is for, since one that was opened since has told of itself.
   */
  withHead(repository: RepositoryName, sha: Sha): number[]
  /** A branch moved to a commit: forget what shows it, or a pull request on it, elsewhere, or a pull request otherwise. */
  moved(repository: RepositoryName, ref: string, to: Sha, pull?: PullState): void
}
