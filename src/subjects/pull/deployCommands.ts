/** Commands on a merged pull request about its way to the environments; the rollouts read them from here (R1, A4, O4). */
import { isSenior } from '../../approvals/eligible.ts'
import type { Action } from '../../core/action.ts'
import type { FactOf } from '../../core/facts.ts'
import { formatKey } from '../../core/ids.ts'
import { code, listed, person } from '../../core/sentences.ts'
import type { PullSnapshot } from '../../core/snapshot/pull.ts'
import type { Policy } from '../../policy/schema.ts'
import type { Answer } from './verdicts.ts'

const refused = (sentence: string): Answer => ({ kind: 'refused', sentence })
const accepted = (sentence: string): Answer => ({ kind: 'accepted', sentence })

/**
 * Judge a command about deployments; null when it is about something else. The person's write access was looked up
 * before; whose word still counts is looked up again in each round of a rollout.
 */
export function judgeDeployCommand(
  snapshot: PullSnapshot<Policy>,
  { actor, body }: FactOf<'comment.command'>,
): Answer | null {
  const names = environmentsOf(snapshot)
  const merged = snapshot.pull.state === 'merged'
  const who = person(actor ?? { login: 'nobody' })
  const where = listed(names.map((name) => code(name)))
  const word = `${body.verb} ${body.rest}`
  if (/^reject deploy\b/.test(word)) {
    if (!merged || names.length === 0)
      return refused(
        'There is no deployment to reject here: policy names no environments, or it is not merged yet.',
      )
    if (!/^deploy\s+\S/.test(body.rest)) return refused(`Say why: ${code('/agent reject deploy <reason>')}.`)
    return accepted(
      `${who} said no to deploying this change to ${where}. Only ${who} lifts it, by pressing Approve on countersign/deploy.`,
    )
  }
  if (/^accept freeze\b/.test(word)) {
    if (!merged || names.length === 0)
      return refused(
        'There is no freeze to lift here: policy names no environments, or it is not merged yet.',
      )
    if (!/^freeze\s+\S/.test(body.rest)) return refused(`Say why: ${code('/agent accept freeze <reason>')}.`)
    const seniors = snapshot.policy.ok ? snapshot.policy.policy.seniors : []
    const senior = actor ? isSenior(actor, snapshot.people, seniors) : null
    if (senior?.kind === 'wait') return { kind: 'wait', sentence: senior.sentence }
    if (senior?.kind !== 'yes')
      return refused(`Only a senior lifts a freeze: ${senior?.sentence ?? 'nobody asked for it.'}`)
    return accepted(
      `${who} lifted the freeze for this change. Its deployment goes on as soon as it is approved.`,
    )
  }
  if ((body.verb === 'stop' || body.verb === 'resume') && merged && names.length > 0)
    return accepted(
      body.verb === 'stop'
        ? `The way of this change to ${where} stops. What is deployed already is still watched, and still rolled back if it fails.`
        : `The way of this change to ${where} goes on.`,
    )
  if (body.verb === 'retry' && merged && names.length > 0)
    return accepted(
      `What was deployed of this change to ${where} in vain is deployed again, once. What stood there and failed is not: it comes back after a revert.`,
    )
  return null
}

/** The rollouts that hear of what was decided or merged here. */
export function rolloutKeys(snapshot: PullSnapshot<Policy>): Extract<Action, { kind: 'queue' }>[] {
  if (snapshot.pull.state !== 'merged') return []
  return environmentsOf(snapshot).map((environment) => ({
    kind: 'queue',
    subject: formatKey({ kind: 'rollout', repository: snapshot.repository.name, environment }),
  }))
}

function environmentsOf({ policy }: PullSnapshot<Policy>): string[] {
  return policy.ok ? Object.keys(policy.policy.rollout.environments) : []
}
