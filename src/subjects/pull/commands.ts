/** Commands on pull requests: who may, what each does here, and the sentence when it does nothing (A1, A4, O4). */
import { judgeDecision } from '../../approvals/press.ts'
import { type Account, hasRole } from '../../core/account.ts'
import { type FactOf, factsOf } from '../../core/facts.ts'
import { code, listed, person, short } from '../../core/sentences.ts'
import type { PullSnapshot } from '../../core/snapshot/pull.ts'
import { openFixes } from '../../fix/state.ts'
import type { Policy } from '../../policy/schema.ts'
import { contextOf } from './context.ts'
import { judgeDeployCommand } from './deployCommands.ts'
import { judgeFixCommand, judgeRework } from './fixes.ts'
import { flagDigest, gatesQuestion } from './gates.ts'
import { helpText, statusText, whyText } from './texts.ts'
import type { Answer, PullVerdicts } from './verdicts.ts'

type Command = FactOf<'comment.command'>
const refused = (sentence: string): Answer => ({ kind: 'refused', sentence })
const accepted = (sentence: string): Answer => ({ kind: 'accepted', sentence })

/** Judge one command against the snapshot. */
export function judgeCommand(
  snapshot: PullSnapshot<Policy>,
  verdicts: PullVerdicts,
  command: Command,
): Answer {
  const { verb } = command.body
  if (verb === 'help') return accepted(helpText())
  if (verb === 'status') return accepted(statusText(snapshot, verdicts))
  if (verb === 'why') return accepted(whyText(snapshot, verdicts))
  const stopped = mayCommand(snapshot, command)
  if (stopped) return stopped
  if (!snapshot.policy.ok && verb !== 'stop') return refused(snapshot.policy.sentence)
  const deployed = judgeDeployCommand(snapshot, command)
  if (deployed) return deployed
  switch (verb) {
    case 'stop':
    case 'resume':
    case 'retry':
      if (!snapshot.task && verb === 'stop' && openFixes(snapshot.facts).length > 0)
        return accepted('The fix that is in work stops; nothing of it is pushed.')
      if (!snapshot.task)
        return refused(`No task of Countersign belongs to this pull request, so there is nothing to ${verb}.`)
      return accepted(
        `${code(`/agent ${verb}`)} by ${person(command.actor ?? { login: 'nobody' })} is passed on to the task of issue #${snapshot.task.issue}.`,
      )
    case 'approve':
    case 'reject':
      return decide(snapshot, verdicts, command, verb)
    case 'accept':
      return acceptFlag(snapshot, verdicts, command)
    case 'allow':
      return refused(
        'Protected paths of a finished diff are allowed by a senior with the Accept button on countersign/gates; there is no comment form (D3).',
      )
    case 'merge':
      if (viaOther(command))
        return refused(
          `A comment made through another App never merges. ${person(command.actor ?? { login: 'nobody' })} comments ${code('/agent merge')} in the browser, or presses Merge.`,
        )
      if (snapshot.pull.state !== 'open') return refused(`This pull request is ${snapshot.pull.state}.`)
      return {
        kind: 'merge',
        sentence: `${person(command.actor ?? { login: 'nobody' })} asked for the merge.`,
      }
    case 'fix':
      return judgeFixCommand(snapshot, command)
    case 'rework':
      return judgeRework(command)
    case 'start':
    case 'route':
    case 'draft':
    case 'answer':
    case 'budget':
      return refused(
        `${code(`/agent ${verb}`)} belongs on the delegated issue${snapshot.task ? ` #${snapshot.task.issue}` : ''}, not on a pull request.`,
      )
    default:
      return verb satisfies never
  }
}

const viaOther = (command: Command) => command.body.viaApp !== null

/** Every command that changes something needs a person with write, in an untouched comment. */
function mayCommand(snapshot: PullSnapshot<Policy>, command: Command): Answer | null {
  const { actor, body } = command
  if (actor?.type !== 'User')
    return refused('Only people give commands; an account of a bot or App does not.')
  const touched = factsOf(snapshot.facts, 'comment.touched').some(
    (fact) => fact.body.commentId === body.commentId,
  )
  // A stop or a rejection only ever holds things back, so a later edit does not undo it (A4).
  if (touched && body.verb !== 'reject' && body.verb !== 'stop')
    return refused('The comment was edited or deleted, so its command does not count. Write a new comment.')
  return mayAsk(snapshot, actor, code(`/agent ${body.verb}`))
}

/** A person with write at this moment; `what` is what was asked for, in words. */
export function mayAsk(snapshot: PullSnapshot<Policy>, actor: Account | null, what: string): Answer | null {
  if (actor?.type !== 'User')
    return refused(`Only people ask for ${what}; an account of a bot or App does not.`)
  const standing = snapshot.people.get(actor.id)
  if (!standing || standing.role === 'unknown')
    return { kind: 'wait', sentence: `The access of ${person(actor)} could not be read yet.` }
  if (!hasRole(standing, 'write'))
    return refused(`${person(actor)} has no write access, and ${what} needs it. Ask somebody who has.`)
  return null
}

/** `/agent approve plan|review <shown>` and `/agent reject plan|review <reason>`. */
function decide(
  snapshot: PullSnapshot<Policy>,
  verdicts: PullVerdicts,
  command: Command,
  verb: 'approve' | 'reject',
): Answer {
  const { actor, body } = command
  const match = /^(plan|review|deploy)(?:\s+(.*))?$/.exec(body.rest)
  const name = match?.[1]
  const rest = match?.[2]?.trim() ?? ''
  if (!actor || !name || name === 'deploy')
    return refused(
      `Write ${code(verb === 'approve' ? '/agent approve plan|review <shown>' : '/agent reject plan|review <reason>')}.`,
    )
  if (snapshot.pull.state !== 'open') return refused(`This pull request is ${snapshot.pull.state}.`)
  const asked = verdicts.asked.get(`countersign/${name}`)
  if (!asked || asked.shown === null)
    return refused(`countersign/${name} asks for nothing now. ${verdicts.next}`)
  const origin = {
    generation: factsOf(snapshot.facts, 'decision').length,
    source: 'command' as const,
    commentId: body.commentId,
    request: command.seq,
  }
  if (verb === 'reject') {
    if (rest === '') return refused(`Say what must change: ${code(`/agent reject ${name} <reason>`)}.`)
    return judgeDecision(actor, 'reject', asked, { ...origin, reason: rest.slice(0, 2000) })
  }
  const notAllowed = noComment(snapshot, command)
  if (notAllowed) return notAllowed
  // A comment names no commit, and what is shown may have changed before it arrived (T1, T39): so it names the digest.
  const named = /^([0-9a-f]{8,64})$/.exec(rest)?.[1]
  if (!named)
    return refused(
      `Name what you looked at, as the check shows it: ${code(`/agent approve ${name} ${short(asked.shown)}`)}.`,
    )
  if (!asked.shown.startsWith(named))
    return refused(
      `${code(named)} is not what countersign/${name} asks for now. Look at the change, then write ${code(`/agent approve ${name} ${short(asked.shown)}`)}.`,
    )
  return judgeDecision(actor, 'approve', asked, { ...origin, reason: null })
}

function noComment(snapshot: PullSnapshot<Policy>, command: Command): Answer | null {
  if (!snapshot.policy.ok || !snapshot.policy.policy.approvals.by.includes('comment'))
    return refused(
      'Policy does not count approvals by comment (`approvals.by`). Press the button on the check instead.',
    )
  // guard: ownHand
  if (viaOther(command))
    return refused(
      'A comment made through another App never approves. Press the button on the check instead.',
    )
  return null
}

/** `/agent accept <gate> <shown> <reason>`: one flag that does not need a senior. */
function acceptFlag(snapshot: PullSnapshot<Policy>, verdicts: PullVerdicts, command: Command): Answer {
  const { actor, body } = command
  const match = /^(\S+)(?:\s+([0-9a-f]{8,64}))?(?:\s+(.+))?$/.exec(body.rest)
  const open = verdicts.gates.results.filter(
    (result) => result.verdict.state === 'flag' && result.accepted === null,
  )
  const result = open.find((one) => one.gate === match?.[1])
  const asked = verdicts.asked.get('countersign/gates')
  if (!actor || !asked || !result || !snapshot.policy.ok || verdicts.shared) {
    const names =
      open.length > 0
        ? `Flagged now: ${listed(open.map((one) => code(one.gate)))}.`
        : 'No gate is flagged now.'
    return refused(`Write ${code('/agent accept <gate> <shown> <reason>')}. ${names}`)
  }
  if (result.acceptedBy === 'senior')
    return refused(
      `${result.title} is accepted by a senior with the button on countersign/gates; there is no comment form (D3).`,
    )
  const notAllowed = noComment(snapshot, command)
  if (notAllowed) return notAllowed
  const context = contextOf(snapshot, snapshot.policy.policy)
  const shown = flagDigest(context, result)
  const [, , named, reason] = match ?? []
  if (!named || !reason || !shown.startsWith(named))
    return refused(
      `Name the flag as it stands and why: ${code(`/agent accept ${result.gate} ${short(shown)} <reason>`)}.`,
    )
  const origin = {
    generation: factsOf(snapshot.facts, 'decision').length,
    source: 'command' as const,
    commentId: body.commentId,
    request: command.seq,
    reason: reason.slice(0, 2000),
  }
  return judgeDecision(
    actor,
    'accept',
    { ...asked, question: gatesQuestion(context, [shown]), shown, bound: shown, seniorsOnly: false },
    origin,
  )
}
