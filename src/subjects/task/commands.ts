/** Commands on a delegated issue: who may, what each does, and the sentence when it does nothing (O4, T7, T23). */
import { hasRole } from '../../core/account.ts'
import { type Fact, factsOf } from '../../core/facts.ts'
import { Route } from '../../core/plan.ts'
import { code, person } from '../../core/sentences.ts'
import { isSenior } from '../../delegation/protectedSurfaces.ts'
import { redOf, routeOf, stateOf } from '../../pipeline/taskState.ts'
import { judge as judgePull } from '../pull.ts'
import { judgeBudget } from './budgetStep.ts'
import type { TaskContext } from './context.ts'
import { draft } from './draftCommands.ts'
import { confirmableDigest } from './issueText.ts'
import { accepted, type Command, type Judged, refused } from './judged.ts'
import { reject } from './reject.ts'
import { refusedByProfile } from './routeStep.ts'
import { splitStarted, startSplit } from './startSplit.ts'
import { helpText } from './texts.ts'
import type { Answer } from './verdicts.ts'

/**
 * Judge one unsettled command or unknown word. `explain` gives status and why, which read the step.
 *
 * @returns null while the asker's access could not be read.
 */
export function judgeRequest(context: TaskContext, fact: Fact, explain: () => string): Answer | null {
  const answer = (outcome: Answer['outcome'], sentence: string, records: Answer['records'] = []): Answer => ({
    of: fact.seq,
    actor: fact.actor,
    outcome,
    sentence,
    records,
  })
  if (fact.body.kind === 'comment.unknown') {
    const hint = fact.body.nearest ? ` Did you mean ${code(`/agent ${fact.body.nearest}`)}?` : ''
    return answer(
      'refused',
      `${code(fact.body.word)} is not a command.${hint} ${code('/agent help')} lists them all.`,
    )
  }
  const command = fact as Command
  const { verb } = command.body
  if (verb === 'help') return answer('accepted', helpText())
  if (verb === 'status' || verb === 'why') return answer('accepted', explain())
  const { actor } = command
  if (actor?.type !== 'User')
    return answer('refused', 'Only people give commands; an account of a bot or App does not.')
  const touched = factsOf(context.facts, 'comment.touched').some(
    (one) => one.body.commentId === command.body.commentId,
  )
  // A stop or a rejection only ever holds things back, so a later edit does not undo it (A4).
  if (touched && verb !== 'stop' && verb !== 'reject')
    return answer(
      'refused',
      'The comment was edited or deleted, so its command does not count. Write a new comment.',
    )
  const standing = context.snapshot.people.get(actor.id)
  if (!standing || standing.role === 'unknown') return null
  if (!hasRole(standing, 'write'))
    return answer(
      'refused',
      `${person(actor)} has no write access, and ${code(`/agent ${verb}`)} needs it. Ask somebody who has.`,
    )
  const judged = judgeVerb(context, command)
  return judged && { ...answer(judged.outcome, judged.sentence), records: judged.records ?? [] }
}

function judgeVerb(context: TaskContext, command: Command): Judged | null {
  const { verb, rest } = command.body
  if (!context.delegation && verb !== 'stop')
    return refused(
      `This issue is not delegated. Someone with write access sets the label ${code(context.policy.delegation.label)}.`,
    )
  switch (verb) {
    case 'stop':
      return accepted('The work stops now. `/agent resume` goes on where it was.')
    case 'resume':
      // Accepted even when nothing is stopped: a stop that is settled in the same round must not outlive its resume.
      return accepted('The work goes on.')
    case 'retry':
      return accepted('Trying again, with a fresh count of attempts.')
    case 'start':
      return start(context, command)
    case 'answer':
      return answerQuestions(context, rest)
    case 'route':
      return route(context, rest)
    case 'reject':
      return reject(context, command)
    case 'allow':
      return allow(context, command)
    case 'approve':
      if (context.route?.body.route === 'epic')
        return refused('An epic has no plan of its own: the comment with the split says what starts it.')
      return onPull(context, verb)
    case 'accept':
    case 'merge':
    case 'fix':
    case 'rework':
      return onPull(context, verb)
    case 'budget':
      return judgeBudget(context, command)
    case 'draft':
      return draft(context, command)
    case 'help':
    case 'status':
    case 'why':
      return null
    default:
      return verb satisfies never
  }
}

function onPull(context: TaskContext, verb: string): Judged {
  const opens = context.previousPlan ? '' : ', which opens with the plan'
  return refused(`${code(`/agent ${verb}`)} belongs on the pull request${opens}.`)
}

function start(context: TaskContext, command: Command): Judged {
  const split = startSplit(context, command)
  if (split) return split
  if (context.frozen)
    return refused('The bundle is frozen and the work has started. `/agent status` says where it stands.')
  const digest = confirmableDigest(context, command.seq)
  if (!digest)
    return refused('The issue still lacks parts of the bundle, so there is nothing to confirm yet (D2).')
  const named = command.body.rest
  if (named !== '' && !(named.length >= 8 && digest.startsWith(named)))
    return refused(
      `${code(named)} is not the text that stands there now; it is ${code(digest.slice(0, 8))}. Read it again before you confirm (D4).`,
    )
  return accepted(`The text ${code(digest.slice(0, 8))} is confirmed.`)
}

function answerQuestions(context: TaskContext, rest: string): Judged {
  const { before, after } = routeOf(context)
  const asked = [...before, ...after, ...(redOf(context) ? (['repair'] as const) : [])].some(
    (phase) => stateOf(context, phase).progress.state === 'asked',
  )
  if (!asked) return refused('No question is open.')
  if (rest === '') return refused('Write the answer on the same line: `/agent answer <text>`.')
  return accepted('The answer goes to the session.')
}

function route(context: TaskContext, rest: string): Judged {
  const chosen = Route.safeParse(rest)
  if (!chosen.success)
    return refused('Write `/agent route feature`, `/agent route hotfix` or `/agent route epic`.')
  if (!context.frozen) return refused('The route is chosen once the bundle is complete.')
  if (context.split) return refused(splitStarted)
  const refusal = refusedByProfile(context, chosen.data)
  if (refusal !== null) return refused(refusal)
  if (isPlanApproved(context))
    return refused(
      'The plan is approved already. Reject it first with `/agent reject plan <reason>`, or delegate the issue again.',
    )
  return accepted(`The route is now ${chosen.data}.`, [
    { kind: 'route.chosen', route: chosen.data, why: 'a person asked for it' },
  ])
}

/** Until then a plan of another route takes the place of the one that waits for approval (D5). */
function isPlanApproved({ issued, snapshot }: TaskContext): boolean {
  if (!issued || !snapshot.pull) return false
  const { approved, digest } = judgePull(snapshot.pull).plan
  return approved && digest === issued.body.digest
}

/** `/agent allow protected <reason>` by a senior, as looked up now (D3). */
function allow(context: TaskContext, command: Command): Judged | null {
  const match = /^protected\s+(.+)$/.exec(command.body.rest)
  if (!match) return refused('Write `/agent allow protected <reason>`.')
  if (!context.frozen) return refused('There is nothing to allow before the bundle is complete.')
  if (command.body.viaApp !== null)
    return refused('A comment made through another App allows nothing. Write it in the browser.')
  const { seniors } = context.policy
  const senior = isSenior(command.actor ? context.snapshot.people.get(command.actor.id) : undefined, seniors)
  if (senior === 'unknown') return null
  if (senior)
    return accepted(
      'Drafting on the protected surfaces is allowed; the finished change still needs a senior on countersign/gates (D3).',
    )
  return refused(
    `${person(command.actor ?? { login: 'nobody' })} is not one of policy's ${code('seniors')}, and only they allow protected surfaces (D3).`,
  )
}
