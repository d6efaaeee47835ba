/** The fix loop in a pull request's rounds: which requests count, the work that is due, replies and progress (F1, F4). */
import type { Action } from '../../core/action.ts'
import { sha256 } from '../../core/digest.ts'
import type { FactOf } from '../../core/facts.ts'
import { code, count, person } from '../../core/sentences.ts'
import type { PullSnapshot, ReviewThread } from '../../core/snapshot/pull.ts'
import {
  type FixPlace,
  type FixWords,
  parseFix,
  parseRework,
  reworkHelp,
  selectThreads,
} from '../../fix/request.ts'
import { fixesOf, fixMarker, openFixes } from '../../fix/state.ts'
import { progressText } from '../../fix/texts.ts'
import type { Policy } from '../../policy/schema.ts'
import { contextOf } from './context.ts'
import type { Answer } from './verdicts.ts'

type Request = FactOf<'comment.command'> | FactOf<'button.pressed'>
const refused = (sentence: string): Answer => ({ kind: 'refused', sentence })
const progressMarker = 'fix'
/** Replies are restored for this many of the latest requests. */
const maximumRestored = 10

/** `/agent fix ...`, wherever it was said. Who may is settled before. */
export function judgeFixCommand(snapshot: PullSnapshot<Policy>, command: FactOf<'comment.command'>): Answer {
  const words = parseFix(command.body.rest)
  if (!words.ok) return refused(words.sentence)
  const { on, commentId } = command.body
  const place: FixPlace =
    on === 'review_comment'
      ? { on: 'thread', commentId }
      : on === 'review'
        ? { on: 'review', reviewId: commentId }
        : { on: 'pull' }
  return judgeFix(snapshot, command, place, words)
}

/** The Fix button of `countersign/review`: every unresolved thread. */
export function judgeFixPress(snapshot: PullSnapshot<Policy>, press: FactOf<'button.pressed'>): Answer {
  return judgeFix(snapshot, press, { on: 'pull' }, { ok: true, scope: { kind: 'cited' }, reviewer: null })
}

function judgeFix(
  snapshot: PullSnapshot<Policy>,
  request: Request,
  place: FixPlace,
  words: Extract<FixWords, { ok: true }>,
): Answer {
  const closed = notHere(snapshot)
  if (closed) return refused(closed)
  if (snapshot.policy.ok && !snapshot.policy.policy.fix.people) {
    const { origin } = contextOf(snapshot, snapshot.policy.policy)
    if (origin.kind === 'unclear') return { kind: 'wait', sentence: origin.sentence }
  }
  if (!snapshot.policy.ok) return refused(snapshot.policy.sentence)
  const { fix } = snapshot.policy.policy
  const selection = selectThreads(place, words, snapshot.threads, fix.max_threads)
  if (!selection.ok) return refused(selection.sentence)
  const busy = busyThreads(snapshot)
  const free =
    words.scope.kind === 'cited' ? selection.threads.filter((one) => !busy.has(one.id)) : selection.threads
  const [first] = selection.threads
  if (free.length === 0)
    return refused(
      `${count(selection.threads.length, 'thread is', 'threads are')} being fixed already, asked by ${person(busy.get(first?.id ?? '') ?? { login: 'somebody else' })}. The reply comes in the thread; nothing more is to be done.`,
    )
  return {
    kind: 'fix',
    sentence: `${count(free.length, 'review thread')} will be worked on; the replies come in the threads.`,
    body: {
      kind: 'fix.accepted',
      request: request.seq,
      head: snapshot.pull.head.sha,
      scope: words.scope,
      threads: free.map((thread) => ({
        thread: thread.id,
        root: thread.comments[0]?.id ?? 0,
        comments: thread.comments.map(({ id, body }) => ({ id, digest: sha256(body) })),
      })),
    },
  }
}

/** Why nothing is fixed on this pull request, or null. */
function notHere(snapshot: PullSnapshot<Policy>): string | null {
  const { pull, policy } = snapshot
  if (pull.state !== 'open') return `This pull request is ${pull.state}, so nothing is changed in it.`
  if (!policy.ok) return policy.sentence
  const context = contextOf(snapshot, policy.policy)
  if (context.origin.kind === 'person' && !policy.policy.fix.people)
    return `This is a person's pull request, and policy lets the agent change only agents' (${code('fix.people: false')}). Its author makes the change, or somebody with write access changes the policy.`
  if (context.issued && pull.draft)
    return `The agent is still at work on this draft. ${code('/agent fix')} works once it is marked as ready for review; until then ${code('/agent reject plan <reason>')} sends it back.`
  if (pull.head.protected && !pull.head.fork)
    return `The branch ${code(pull.head.ref)} is protected by rules, so nothing is pushed to it. Open the pull request from a branch without rules, or make the change by hand.`
  return null
}

/** Threads in requests that have not ended, and who asked first. */
function busyThreads(snapshot: PullSnapshot<Policy>) {
  const fixes = openFixes(snapshot.facts).flatMap((fix) =>
    fix.accepted.body.threads.map(({ thread }) => [thread, fix.by] as const),
  )
  return new Map([...fixes].reverse())
}

/** `/agent rework <cause>`: why this change had to be reworked, for the team's figures (O2). */
export function judgeRework(command: FactOf<'comment.command'>): Answer {
  const cause = parseRework(command.body.rest)
  if (cause === null) return refused(reworkHelp)
  return {
    kind: 'fix',
    sentence: `Noted: this change had to be reworked because of ${cause}.`,
    body: { kind: 'rework.classified', cause, by: 'person', request: command.seq },
  }
}

/** How many threads the Fix button would work on. */
export const unresolvedThreads = (threads: readonly ReviewThread[]): number =>
  threads.filter((thread) => !thread.resolved && thread.comments.length > 0).length

/** What follows from the facts: the work that is due, the replies that are missing, and the one progress comment. */
export function fixActions(snapshot: PullSnapshot<Policy>): Action[] {
  const fixes = fixesOf(snapshot.facts)
  if (fixes.length === 0 || snapshot.missing.length > 0) return []
  const { name } = snapshot.repository
  const { number } = snapshot.pull
  const actions: Action[] = []
  const [due] = openFixes(snapshot.facts)
  if (due) actions.push({ kind: 'fix', subject: snapshot.key, request: due.accepted.body.request })
  const threads = new Map(snapshot.threads.map((thread) => [thread.id, thread]))
  const resolves = snapshot.policy.ok && snapshot.policy.policy.fix.resolve
  for (const { ended } of fixes.slice(-maximumRestored)) {
    if (!ended) continue
    const marker = fixMarker(ended.body.request)
    for (const end of ended.body.threads) {
      const thread = threads.get(end.thread)
      if (!thread || isAnswered(thread, marker, snapshot)) continue
      // Resolved first: the reply says that both are done, so that what a crash cut off in between is made up for (S7),
      // and a thread that a person opened again afterwards is left open.
      if (resolves && end.outcome === 'fixed' && !thread.resolved)
        actions.push({ kind: 'resolveThread', repository: name, threadId: thread.id })
      actions.push({ kind: 'reply', repository: name, number, commentId: end.root, marker, body: end.reply })
    }
  }
  const body = progressText(name, fixes)
  const standing = snapshot.ownComments.find((comment) => comment.marker === progressMarker)
  if (standing?.body !== body)
    actions.push({
      kind: 'comment',
      repository: name,
      number,
      marker: progressMarker,
      body,
      commentId: standing?.id ?? null,
    })
  return actions
}

/** Whether our account has answered this request in the thread. */
function isAnswered(thread: ReviewThread, marker: string, { app }: PullSnapshot<Policy>): boolean {
  const first = `<!-- countersign:${marker} -->`
  return thread.comments.some(
    (comment) => comment.author?.id === app.bot.id && comment.body.split(/\r?\n/, 1)[0] === first,
  )
}
