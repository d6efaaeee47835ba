/** What people write on the merged pull request of a commit, as its own round has accepted it. */
import type { Account } from '../../src/core/account.ts'
import type { FactBody } from '../../src/core/facts.ts'
import type { RolloutStory } from './rolloutStory.ts'
import type { Commit } from './rolloutWorld.ts'

/** A command of a person on the pull request of `b`, or of another commit, accepted there. */
export function says(
  story: RolloutStory,
  by: Account,
  verb: 'reject' | 'accept' | 'stop' | 'resume' | 'retry',
  rest: string,
  on = 'b',
): void {
  const commit = story.setting.commits[on] as Commit
  const facts = commit.pull?.facts ?? []
  const command: FactBody = {
    kind: 'comment.command',
    commentId: facts.length,
    on: 'pull',
    verb,
    rest,
    bodyDigest: '0'.repeat(64),
    viaApp: null,
  }
  const pull = {
    number: commit.pull?.number ?? 0,
    facts: [
      ...facts,
      { actor: by, body: command, atMs: story.town.nowMs },
      { body: { kind: 'settled', of: facts.length, outcome: 'accepted', sentence: 'Yes.' } as const },
    ],
  }
  story.setting = { ...story.setting, commits: { ...story.setting.commits, [on]: { ...commit, pull } } }
  story.settle()
}
