/** How a fix ends for each of its threads: the reply in words, and the fact that holds them (F3, F4). */

import type { ThreadEnd } from '../core/facts/fix.ts'
import type { FactOf } from '../core/facts.ts'
import type { RepositoryName, Sha } from '../core/ids.ts'
import type { LineRange } from '../fix/lineMap.ts'
import type { FixState } from '../fix/state.ts'
import { cannotReply, fixedReply, suggestionReply } from '../fix/texts.ts'
import type { Policy } from '../policy/schema.ts'
import type { GroupEnd } from './fixGroup.ts'
import type { CitedThread } from './fixLook.ts'

export type Ending = Omit<FactOf<'fix.ended'>['body'], 'kind'>

/** The reply to each thread of one group. `sha` is the commit that is about to be pushed. */
export function repliesOf(
  { group, end }: { group: { path: string; range: LineRange; members: CitedThread[] }; end: GroupEnd },
  at: { repository: RepositoryName; before: Sha; sha: Sha | null; fork: boolean; policy: Policy },
): ThreadEnd[] {
  return group.members.map(({ thread, range }, index) => {
    const common = { thread: thread.id, root: thread.comments[0]?.id ?? 0 }
    if (end.kind === 'refused' || end.kind === 'stopped')
      return {
        ...common,
        outcome: 'refused',
        reply: `Not fixed: ${end.kind === 'refused' ? end.sentence : 'it was stopped.'}`,
      }
    const answer = end.deliverable.answers.find((one) => one.thread === index + 1)
    const said = answer?.answer ?? end.deliverable.summary
    if (end.kind === 'unchanged' || answer?.outcome === 'cannot')
      return { ...common, outcome: 'unchanged', reply: cannotReply(said, group.path, end.deliverable.needs) }
    if (at.fork) {
      // A suggestion replaces the thread's own lines, so it stands for the region only where the two are the same.
      const placed =
        group.members.length === 1 &&
        thread.line !== null &&
        thread.side === 'RIGHT' &&
        thread.subject === 'line' &&
        range.to - 1 === thread.line &&
        range.from ===
          thread.line - ((thread.originalLine ?? 0) - (thread.originalStartLine ?? thread.originalLine ?? 0))
      return { ...common, outcome: 'suggested', reply: suggestionReply(said, end.text, placed) }
    }
    return {
      ...common,
      outcome: 'fixed',
      reply: fixedReply(at.repository, at.before, at.sha ?? end.sha, said, at.policy.fix.resolve),
    }
  })
}

/** Every thread of the request refused for one reason. */
export function refusedAll(fix: FixState, before: Sha, sentence: string): Ending {
  const { request, threads } = fix.accepted.body
  const reply = `Not fixed: ${sentence}`.slice(0, 20_000)
  return {
    request,
    before,
    sha: null,
    cause: null,
    sentence: sentence.slice(0, 4000),
    threads: threads.map(({ thread, root }) => ({ thread, root, outcome: 'refused', reply })),
  }
}
