/** Press: judging one button press or approving command that nobody has answered yet (A1, A3, T6, T39). */
import { type Account, hasRole, type Standing } from '../core/account.ts'
import { type ButtonIntent, parseButton, parseExternalId } from '../core/checkRun.ts'
import type { FactBody, FactOf } from '../core/facts.ts'
import type { Digest, Sha, SubjectKey } from '../core/ids.ts'
import { person } from '../core/sentences.ts'
import { eligible, isSenior } from './eligible.ts'
import type { ApprovalCheck, Question } from './standing.ts'

/** What one check asks for now. */
export interface Asked {
  question: Question
  /** The digest its buttons carry: pull request, base and content; null while it asks for nothing. */
  shown: Digest | null
  /** What a decision binds to: the plan's own digest for plans, elsewhere what is shown (A2). */
  bound: Digest | null
  head: Sha
  seniors: readonly string[]
  /** For acceptances: whether any open flag may be accepted by people who are not seniors. */
  seniorsOnly: boolean
}

export type PressJudgement =
  /** A look-up is missing: it is judged again in the next round. */
  | { kind: 'wait'; sentence: string }
  | { kind: 'refused'; sentence: string }
  | { kind: 'decision'; body: Extract<FactBody, { kind: 'decision' }>; sentence: string }
  | { kind: 'merge'; sentence: string }

const refused = (sentence: string): PressJudgement => ({ kind: 'refused', sentence })
const verdictOf = { approve: 'approve', reject: 'reject', accept: 'accept' } as const

/**
 * Judge a press of one of our buttons.
 *
 * @param asked what each check asks for in this very snapshot; a press counts only if that is still what was shown.
 */
export function judgePress(
  subject: SubjectKey,
  press: FactOf<'button.pressed'>,
  asked: ReadonlyMap<string, Asked>,
): PressJudgement {
  const by = press.actor
  const button = parseButton(press.body.identifier)
  const external = parseExternalId(press.body.externalId)
  const now = asked.get(press.body.checkName)
  if (!by || !button || !external || external.subject !== subject || !now)
    return refused(
      'This button does not belong to what is asked for here. Reload the page and press the button shown there.',
    )
  // What asks for changes only ever blocks, so an older page does for it: late or early, it ends in the same state (S8).
  if (button.intent === 'reject' && now.question.check === 'countersign/review')
    return judgeDecision(
      by,
      'reject',
      { ...now, shown: external.shown, bound: external.shown, head: press.body.sha },
      origin(press, external.generation),
    )
  if (now.shown === null)
    return refused(`${press.body.checkName} asks for nothing now, so the press changed nothing.`)
  // guard: pageShown
  if (external.shown !== now.shown || !now.shown.startsWith(button.shownPrefix))
    return refused(
      `${person(by)} pressed on an older state of this pull request, and it has changed since. Reload the page, look at the change, and press again.`,
    )
  if (button.intent === 'merge') return { kind: 'merge', sentence: `${person(by)} asked for the merge.` }
  return judgeDecision(by, button.intent, now, origin(press, external.generation))
}

function origin(press: FactOf<'button.pressed'>, generation: number): Origin {
  return { generation, source: 'button', commentId: null, reason: null, request: press.seq }
}

export type Origin = Pick<
  Extract<FactBody, { kind: 'decision' }>,
  'generation' | 'source' | 'commentId' | 'reason' | 'request'
>

/** The conditions on the person, shared by buttons and commands. Bots and writers hear which rule stops them. */
export function judgeDecision(by: Account, intent: ButtonIntent, asked: Asked, made: Origin): PressJudgement {
  const { question } = asked
  const check: ApprovalCheck = question.check
  if (intent === 'fix' || intent === 'merge' || (intent === 'accept') !== (check === 'countersign/gates'))
    return refused(`${check} has no such button now. Reload the page.`)
  if (asked.bound === null) return refused(`${check} asks for nothing now, so nothing changed.`)
  const verdict = verdictOf[intent]
  const decision: PressJudgement = {
    kind: 'decision',
    body: {
      kind: 'decision',
      check,
      verdict,
      sha: asked.head,
      baseRef: question.baseRef,
      bound: asked.bound,
      by,
      ...made,
    },
    sentence: `${person(by)}: ${verdict === 'approve' ? 'approved' : verdict === 'accept' ? 'accepted the flags' : 'asked for changes'}.`,
  }
  if (verdict === 'reject') return mayReject(by, question.people) ?? decision
  const may = eligible(by, question.people, question.approvers, `approve ${check}`)
  if (may.kind === 'wait') return { kind: 'wait', sentence: may.sentence }
  if (may.kind === 'no') return refused(may.sentence)
  if (question.excluded?.id === by.id)
    return refused(
      `${person(by)} asked for this change, and under these rules the requester does not count. Somebody else approves.`,
    )
  if (!question.writers) return { kind: 'wait', sentence: 'Who wrote the change is not known yet.' }
  const wrote = question.writers.get(by.id)
  if (wrote && !question.ownCommits)
    return refused(
      `${person(by)} ${wrote} and does not approve own work (A3). Somebody who wrote none of it approves.`,
    )
  if (verdict === 'accept' && asked.seniorsOnly) {
    const senior = isSenior(by, question.people, asked.seniors)
    if (senior.kind === 'wait') return { kind: 'wait', sentence: senior.sentence }
    if (senior.kind === 'no') return refused(`Only a senior may accept this: ${senior.sentence}`)
  }
  return decision
}

/** Anybody with write may ask for changes: it only ever blocks. */
function mayReject(by: Account, people: ReadonlyMap<number, Standing>): PressJudgement | null {
  if (by.type !== 'User') return refused(`${person(by)} is not a person, so its press changes nothing.`)
  const standing = people.get(by.id)
  if (!standing || standing.role === 'unknown')
    return { kind: 'wait', sentence: `The access of ${person(by)} could not be read yet.` }
  return hasRole(standing, 'write')
    ? null
    : refused(
        `${person(by)} has no write access, so the request for changes is not binding. Leave it as a comment.`,
      )
}
