/** Who wrote the change: nobody among them may approve it (A3, S6, T6). */
import type { Account } from '../core/account.ts'
import type { Sha } from '../core/ids.ts'
import type { CommitPeople, PullReading } from '../core/snapshot/pull.ts'
import { neutralCommitters } from './wellKnown.ts'

export interface WritersInput {
  pull: PullReading
  commits: readonly CommitPeople[]
  pushers: readonly { sha: Sha; by: Account }[]
  /** Every commit of base..head, from git. */
  range: ReadonlySet<Sha>
  cleanMerges: ReadonlySet<Sha>
}

/** Account id → what that account did, as the end of a sentence. Clean update merges are left aside. */
export function writersOf(input: WritersInput): Map<number, string> {
  const writers = new Map<number, string>()
  const note = (account: Account | null, words: string) => {
    if (account && !neutralCommitters.has(account.id) && !writers.has(account.id))
      writers.set(account.id, words)
  }
  note(input.pull.author, 'opened this pull request')
  for (const commit of input.commits) {
    if (input.cleanMerges.has(commit.sha)) continue
    const [author, ...others] = commit.authors
    note(author ?? null, `authored commit ${commit.sha.slice(0, 8)}`)
    for (const other of others) note(other, `co-authored commit ${commit.sha.slice(0, 8)}`)
    note(commit.committer, `committed ${commit.sha.slice(0, 8)}`)
  }
  for (const { sha, by } of input.pushers) {
    if (input.range.has(sha) && !input.cleanMerges.has(sha)) note(by, `pushed commit ${sha.slice(0, 8)}`)
  }
  return writers
}
