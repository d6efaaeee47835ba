/** What people write on the merged pull request of `b`, as its own round has accepted it. */
import type { Account } from '../../src/core/account.ts'
import type { FactBody } from '../../src/core/facts.ts'
import type { RolloutStory } from './rolloutStory.ts'
import type { Commit } from './rolloutWorld.ts'

/** A command of a person on the pull request of `b`, accepted there. */
export function says(
  story: RolloutStory,
  by: Account,
  verb: 'reject' | 'accept' | 'stop' | 'resume' | 'retry',
  rest: string,
): void {
  const b = story.setting.commits['b'] as Commit
  const facts = b.pull?.facts ?? []
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
    number: 2,
    facts: [
      ...facts,
      { actor: by, body: command, atMs: story.town.nowMs },
      { body: { kind: 'settled', of: facts.length, outcome: 'accepted', sentence: 'Yes.' } as const },
    ],
  }
  story.setting = { ...story.setting, commits: { ...story.setting.commits, b: { ...b, pull } } }
  story.settle()
}
