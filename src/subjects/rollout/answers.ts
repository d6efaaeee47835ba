/** Presses on countersign/deploy: who may, on which page, and what each comes to (A1, A3, T39). */

import { hasRole } from '../../core/account.ts'
import type { Action } from '../../core/action.ts'
import { parseButton, parseExternalId } from '../../core/checkRun.ts'
import { type FactBody, type FactOf, factsOf, settledBySeq } from '../../core/facts.ts'
import { person } from '../../core/sentences.ts'
import type { RolloutSnapshot } from '../../core/snapshot/rollout.ts'
import type { Policy } from '../../policy/schema.ts'
import { mayApprove } from './approval.ts'
import { awaitsPerson, heldDigest } from './failure.ts'
import type { RolloutVerdicts } from './verdicts.ts'

type Answer =
  | { kind: 'wait' }
  | { kind: 'refused'; sentence: string }
  | { kind: 'decided'; body: Extract<FactBody, { kind: 'deploy.decided' }>; sentence: string }

const refused = (sentence: string): Answer => ({ kind: 'refused', sentence })

/** The records of presses that nobody has answered yet. Nothing is granted on an incomplete reading. */
export function answerPresses(
  snapshot: RolloutSnapshot<Policy>,
  verdicts: RolloutVerdicts,
): Extract<Action, { kind: 'record' }>[] {
  const settled = settledBySeq(snapshot.facts)
  const record = (body: FactBody, actor: FactOf<'button.pressed'>['actor']) =>
    ({ kind: 'record', subject: snapshot.key, actor, body }) as const
  return factsOf(snapshot.facts, 'button.pressed')
    .filter(({ seq }) => !settled.has(seq))
    .flatMap((press) => {
      const answer = judgePress(snapshot, verdicts, press)
      if (answer.kind === 'wait') return []
      const outcome = answer.kind === 'refused' ? 'refused' : 'accepted'
      return [
        ...(answer.kind === 'decided' ? [record(answer.body, press.actor)] : []),
        record({ kind: 'settled', of: press.seq, outcome, sentence: answer.sentence.slice(0, 4000) }, null),
      ]
    })
}

function judgePress(
  snapshot: RolloutSnapshot<Policy>,
  verdicts: RolloutVerdicts,
  press: FactOf<'button.pressed'>,
): Answer {
  const by = press.actor
  const button = parseButton(press.body.identifier)
  const page = parseExternalId(press.body.externalId)
  if (!by || !button || !page || page.subject !== snapshot.key)
    return refused(
      'This button does not belong to what is asked for here. Reload the page and press the button shown there.',
    )
  if (!snapshot.policy.ok) return refused(snapshot.policy.sentence)
  if (snapshot.missing.length > 0) return { kind: 'wait' }
  const { policy } = snapshot.policy
  const decision = (
    verdict: Extract<FactBody, { kind: 'deploy.decided' }>['verdict'],
    bound: string,
    sentence: string,
  ): Answer => ({
    kind: 'decided',
    body: {
      kind: 'deploy.decided',
      verdict,
      sha: press.body.sha,
      bound,
      generation: page.generation,
      by,
      request: press.seq,
    },
    sentence: `${person(by)} ${sentence}`,
  })
  if (by.type !== 'User') return refused(`${person(by)} is not a person, so its press changes nothing.`)
  const standing = snapshot.people.get(by.id)
  if (!standing || standing.role === 'unknown') return { kind: 'wait' }
  // What holds things back needs write, and an older page does for it (S8).
  if (button.intent === 'reject' && verdicts.approval?.bound === page.shown) {
    return hasRole(standing, 'write')
      ? decision('reject', page.shown, 'said no.')
      : refused(`${person(by)} has no write access, so the no is not binding.`)
  }
  const may = mayApprove(snapshot, policy, by)
  if (may.kind === 'wait') return { kind: 'wait' }
  if (may.kind === 'no') return refused(may.sentence)
  const held = verdicts.watched?.seen
  // guard: pageShown
  if (!page.shown.startsWith(button.shownPrefix))
    return refused('The button and its page do not belong together.')
  if (held && awaitsPerson(verdicts.state, held) && page.shown === heldDigest(snapshot.environment, held)) {
    if (button.intent === 'accept') return decision('healthy', page.shown, 'counted it as healthy.')
    if (button.intent === 'reject') return decision('rollback', page.shown, 'asked for the rollback.')
  }
  if (button.intent === 'approve' && verdicts.askable && verdicts.approval?.asked) {
    // What comes along is part of what was shown, and is not known yet.
    if (verdicts.range.verdict.state === 'wait') return { kind: 'wait' }
    if (verdicts.approval.bound === page.shown)
      return decision('approve', page.shown, `approved the deployment to ${snapshot.environment}.`)
    return refused(
      `${person(by)} pressed on an older state: what stands in ${snapshot.environment}, or what comes along, has changed since. Reload the page, look, and press again.`,
    )
  }
  return refused(
    'countersign/deploy asks for nothing like that now, so the press changed nothing. Reload the page.',
  )
}
