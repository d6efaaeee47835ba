/** What a fix command asks for: its scope from its words, and the threads it means (F1). */
import { type FixScope, ReworkCause, reworkCauses } from '../core/facts/fix.ts'
import { code, listed } from '../core/sentences.ts'
import type { ReviewThread } from '../core/snapshot/pull.ts'

/** Where the command stood: in a thread, under the pull request (or on a button), or in the text of a review. */
export type FixPlace =
  | { on: 'thread'; commentId: number }
  | { on: 'pull' }
  | { on: 'review'; reviewId: number }

export type FixWords =
  | { ok: true; scope: FixScope; reviewer: string | null }
  | { ok: false; sentence: string }

const grammar = `Write ${code('/agent fix')}, ${code('/agent fix lines 10-24')}, ${code('/agent fix file')} or ${code('/agent fix @reviewer')}.`

/** Read the words after `/agent fix`. */
export function parseFix(rest: string): FixWords {
  const words = rest.trim()
  if (words === '') return { ok: true, scope: { kind: 'cited' }, reviewer: null }
  if (words === 'file') return { ok: true, scope: { kind: 'file' }, reviewer: null }
  const lines = /^lines? +(\d{1,7})(?: *[-–] *(\d{1,7}))?$/.exec(words)
  if (lines) {
    const from = Number(lines[1])
    const to = Number(lines[2] ?? lines[1])
    if (from < 1 || to < from)
      return {
        ok: false,
        sentence: `Lines ${from}-${to} are no range: the first line is 1, the smaller number comes first.`,
      }
    return { ok: true, scope: { kind: 'lines', from, to }, reviewer: null }
  }
  const reviewer = /^@([A-Za-z0-9][A-Za-z0-9_-]{0,38}(?:\[bot\])?)$/.exec(words)
  if (reviewer) return { ok: true, scope: { kind: 'cited' }, reviewer: reviewer[1] as string }
  return {
    ok: false,
    sentence: `${code(words, 60)} is not understood after ${code('/agent fix')}. ${grammar}`,
  }
}

/** Read the words after `/agent rework`: a cause, and optionally more words, which people may add. */
export function parseRework(rest: string): ReworkCause | null {
  const word = rest.trim().split(/\s+/, 1)[0]?.toLowerCase().replaceAll('_', '-')
  return ReworkCause.safeParse(word).data ?? null
}

export const reworkHelp = `Write ${code('/agent rework <cause>')} with one of ${listed(
  reworkCauses.map((one) => code(one)),
  9,
  'or',
)}.`

export type Selection = { ok: true; threads: ReviewThread[] } | { ok: false; sentence: string }

const none = (sentence: string): Selection => ({ ok: false, sentence })

/** The threads that a request means, in the order in which they stand on the page; resolved ones are left alone. */
export function selectThreads(
  place: FixPlace,
  words: Extract<FixWords, { ok: true }>,
  threads: readonly ReviewThread[],
  most: number,
): Selection {
  const open = threads.filter((thread) => !thread.resolved && thread.comments.length > 0)
  if (place.on === 'thread') {
    const thread = threads.find((one) => one.comments.some((comment) => comment.id === place.commentId))
    if (!thread)
      return none('The thread of this comment cannot be found any more. Comment on the lines again.')
    if (words.reviewer !== null)
      return none(
        `${code(`/agent fix @${words.reviewer}`)} belongs in a comment on the pull request; in a thread, ${code('/agent fix')} means that thread.`,
      )
    if (thread.resolved)
      return none(`This thread is resolved. Unresolve it, then comment ${code('/agent fix')} again.`)
    return { ok: true, threads: [thread] }
  }
  if (words.scope.kind !== 'cited')
    return none(
      `Lines and files are widened where they are cited: reply ${code(`/agent fix ${words.scope.kind === 'file' ? 'file' : `lines ${words.scope.from}-${words.scope.to}`}`)} in the thread on that file.`,
    )
  const started = (thread: ReviewThread, login: string) =>
    thread.comments[0]?.author?.login.toLowerCase() === login.toLowerCase()
  const ofReview = (id: number) =>
    open.filter((thread) => thread.comments.some((comment) => comment.reviewId === id))
  let chosen = open
  if (words.reviewer !== null) chosen = open.filter((thread) => started(thread, words.reviewer ?? ''))
  else if (place.on === 'review' && ofReview(place.reviewId).length > 0) chosen = ofReview(place.reviewId)
  if (chosen.length === 0)
    return none(
      words.reviewer === null
        ? `There is no unresolved review thread. Comment on the lines in question, then ${code('/agent fix')}.`
        : `There is no unresolved thread by ${code(words.reviewer)}.`,
    )
  if (chosen.length > most)
    return none(
      `${chosen.length} threads are unresolved and one request covers at most ${most} (policy ${code('fix.max_threads')}). Say ${code('/agent fix')} in single threads, or ${code('/agent fix @reviewer')}.`,
    )
  return { ok: true, threads: chosen }
}
