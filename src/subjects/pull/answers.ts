/** Answers: every press and command on a pull request is settled once, with one sentence (A1, A4, O4). */
import { judgePress } from '../../approvals/press.ts'
import type { Action } from '../../core/action.ts'
import { parseButton } from '../../core/checkRun.ts'
import { type Fact, type FactBody, type FactOf, settledBySeq } from '../../core/facts.ts'
import { answerTexts } from '../../core/heard.ts'
import { code } from '../../core/sentences.ts'
import type { PullSnapshot } from '../../core/snapshot/pull.ts'
import { fixesOf } from '../../fix/state.ts'
import type { Policy } from '../../policy/schema.ts'
import { judgeCommand, mayAsk } from './commands.ts'
import { judgeFixPress } from './fixes.ts'
import type { Answer, PullVerdicts } from './verdicts.ts'

type RequestBody = Extract<FactBody, { kind: 'button.pressed' | 'comment.command' | 'comment.unknown' }>
export type RequestFact = Fact<RequestBody>

/** Most requests that one round answers; the rest wait for the next, which follows at once. */
const maximumAnswers = 50
/** Comments are restored for this many of the latest answers. */
const maximumComments = 30

export function isRequest(fact: Fact): fact is RequestFact {
  return (
    fact.body.kind === 'button.pressed' ||
    fact.body.kind === 'comment.command' ||
    fact.body.kind === 'comment.unknown'
  )
}

export interface Answers {
  records: Extract<Action, { kind: 'record' }>[]
  /** A request of this round was accepted as the wish to merge. */
  mergeWanted: boolean
  /** A request could not be judged yet: it might have been a rejection, so nothing is merged over it. */
  pending: boolean
}

/** What was asked and is not settled yet: any of it may be somebody's no. */
export function openRequests(facts: readonly Fact[]): RequestFact[] {
  const settled = settledBySeq(facts)
  return facts.filter(isRequest).filter((fact) => !settled.has(fact.seq))
}

/** Judge every unsettled request against the snapshot. An incomplete snapshot settles nothing. */
export function answerRequests(snapshot: PullSnapshot<Policy>, verdicts: PullVerdicts): Answers {
  // guard: answeredOnce
  const open = openRequests(snapshot.facts).slice(0, maximumAnswers)
  const result: Answers = { records: [], mergeWanted: false, pending: false }
  if (verdicts.missing.length > 0) return result
  const judged = open.map((fact) => ({ fact, answer: judge(snapshot, verdicts, fact) }))
  const decided = judged.some(({ answer }) => answer.kind === 'decision')
  result.pending = judged.some(({ answer }) => answer.kind === 'wait')
  let fixing = false
  for (const { fact, answer: first } of judged) {
    // Whether it may be merged depends on what is decided in this very round: the next one tells.
    if (first.kind === 'wait' || (first.kind === 'merge' && (decided || result.pending))) continue
    const answer = settleMerge(first, verdicts)
    if (answer.kind === 'merge') result.mergeWanted = true
    // Two requests of one round would both be judged on threads that neither has taken yet: one a round.
    if (answer.kind === 'fix') {
      if (answer.body.kind === 'fix.accepted') {
        if (fixing) continue
        fixing = true
      }
      result.records.push({ kind: 'record', subject: snapshot.key, actor: fact.actor, body: answer.body })
    }
    if (answer.kind === 'decision')
      result.records.push({ kind: 'record', subject: snapshot.key, actor: fact.actor, body: answer.body })
    const outcome = answer.kind === 'refused' ? 'refused' : 'accepted'
    const body = { kind: 'settled', of: fact.seq, outcome, sentence: answer.sentence.slice(0, 4000) } as const
    result.records.push({ kind: 'record', subject: snapshot.key, actor: null, body })
  }
  return result
}

function judge(snapshot: PullSnapshot<Policy>, verdicts: PullVerdicts, fact: RequestFact): Answer {
  const { body } = fact
  switch (body.kind) {
    case 'comment.unknown': {
      const hint = body.nearest ? ` Did you mean ${code(`/agent ${body.nearest}`)}?` : ''
      return {
        kind: 'refused',
        sentence: `${code(body.word)} is not a command.${hint} ${code('/agent help')} lists them all.`,
      }
    }
    case 'button.pressed':
      if (snapshot.pull.state !== 'open')
        return {
          kind: 'refused',
          sentence: `This pull request is ${snapshot.pull.state}, so the press changed nothing.`,
        }
      if (!snapshot.policy.ok) return { kind: 'refused', sentence: snapshot.policy.sentence }
      return judgeButton(snapshot, verdicts, { ...fact, body })
    case 'comment.command':
      return judgeCommand(snapshot, verdicts, { ...fact, body })
    default:
      return body satisfies never
  }
}

/** Who may press is nowhere written down (github-facts): a fix and a merge need write, decisions what policy asks for. */
function judgeButton(
  snapshot: PullSnapshot<Policy>,
  verdicts: PullVerdicts,
  press: FactOf<'button.pressed'>,
): Answer {
  switch (parseButton(press.body.identifier)?.intent) {
    case 'fix':
      return mayAsk(snapshot, press.actor, 'a fix') ?? judgeFixPress(snapshot, press)
    case 'merge':
      return mayAsk(snapshot, press.actor, 'a merge') ?? judgePress(snapshot.key, press, verdicts.asked)
    default:
      return judgePress(snapshot.key, press, verdicts.asked)
  }
}

/** A wish to merge is granted only when everything is green in this very snapshot. */
function settleMerge(answer: Answer, verdicts: PullVerdicts): Answer {
  if (answer.kind !== 'merge' || verdicts.merge.ready) return answer
  return { kind: 'refused', sentence: `Not merged: ${verdicts.merge.sentence}` }
}

/**
 * The comments that answers need, derived from what is settled, so that a crash between the two loses none. Accepted
 * presses show in the check run; a bot's comment is not answered, so that two bots cannot talk to each other.
 */
export function answerComments(snapshot: PullSnapshot<Policy>): Extract<Action, { kind: 'comment' }>[] {
  if (snapshot.missing.length > 0) return []
  const settled = settledBySeq(snapshot.facts)
  const accepted = new Set(fixesOf(snapshot.facts).map((fix) => fix.accepted.body.request))
  const textOf = answerTexts(snapshot.facts)
  const present = new Set(snapshot.ownComments.map((comment) => comment.marker))
  return snapshot.facts
    .filter(isRequest)
    .slice(-maximumComments)
    .flatMap((fact) => {
      const answer = settled.get(fact.seq)
      const marker = `answer:${fact.seq}`
      if (!answer || present.has(marker)) return []
      // The progress comment and the threads tell it.
      if (accepted.has(fact.seq)) return []
      if (
        fact.body.kind === 'button.pressed' ? answer.body.outcome === 'accepted' : fact.actor?.type !== 'User'
      )
        return []
      const body = textOf(fact)
      if (body === null) return []
      return [
        {
          kind: 'comment' as const,
          repository: snapshot.repository.name,
          number: snapshot.pull.number,
          marker,
          body,
          commentId: null,
        },
      ]
    })
}
