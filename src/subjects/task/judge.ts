/** Judging a task: answers to what people asked, then the one next step, in the order of the work. Pure. */

import { goneSentence } from '../../core/agentProfile.ts'
import type { EvidenceRequest } from '../../core/evidence.ts'
import { type Fact, type FactBody, lastFact, settledBySeq } from '../../core/facts.ts'
import type { TaskSnapshot } from '../../core/snapshot/task.ts'
import { routeOf } from '../../pipeline/taskState.ts'
import type { Policy } from '../../policy/schema.ts'
import { judge as judgePull } from '../pull.ts'
import { budgeted } from './budgetStep.ts'
import { heardFromEpic, heldStep, stateOfChild, stateRecords, unheard } from './childStep.ts'
import { judgeRequest } from './commands.ts'
import { contextOf, type TaskContext } from './context.ts'
import { bundleStep, frozenComments, judgeDelegation } from './delegation.ts'
import { pushedStep, readyStep } from './delivery.ts'
import { draftStep } from './draftStep.ts'
import { epicStep, wakeChildren } from './epicStep.ts'
import { phaseStep } from './phaseStep.ts'
import { approvalStep, issueStep, protectedBundleStep } from './planStep.ts'
import { objectionStep } from './reviewStep.ts'
import { markedRouteStep, modelRouteStep } from './routeStep.ts'
import { sensitiveStep } from './sensitiveStep.ts'
import { statusText } from './texts.ts'
import { type Answer, type Step, step, type TaskVerdicts } from './verdicts.ts'

/** Most requests that one round answers; the rest wait for the next, which follows at once. */
const maximumAnswers = 50

/** Evidence that the next step reads. */
export function needs(snapshot: TaskSnapshot<Policy>): EvidenceRequest[] {
  return judge(snapshot).step.needs
}

/** Judge a task's snapshot. An incomplete one settles nothing and starts nothing (S3). */
export function judge(snapshot: TaskSnapshot<Policy>): TaskVerdicts {
  const none = { answers: [], copied: [] }
  if (snapshot.missing.length > 0)
    return { ...none, step: step('machine', `Not everything could be read: ${snapshot.missing[0]}`) }
  if (!snapshot.issue) {
    const records = stateRecords(snapshot, 'closed')
    return { ...none, step: step('nothing', 'The issue is gone.', { over: true, records }) }
  }
  if (!snapshot.policy.ok) {
    const { sentence } = snapshot.policy
    const asked = snapshot.facts.some(({ body }) => /^(?:issue|child)\.delegated$/.test(body.kind))
    return {
      ...none,
      step: step('person', sentence, { comments: asked ? [{ marker: 'policy', body: sentence }] : [] }),
    }
  }
  const context = contextOf(snapshot, snapshot.policy.policy)
  const due = nextStep(context)
  const next = {
    ...due,
    records: [...due.records, ...stateRecords(snapshot, stateOfChild(context, due))],
    comments: [...due.comments, ...frozenComments(context)],
    effects: [...due.effects, ...wakeChildren(context)],
  }
  return { answers: answersOf(context, next), copied: copiedCommands(context), step: next }
}

/** The answers of one round, up to the first that changes something: what comes after it is judged on what it changed. */
function answersOf(context: TaskContext, next: Step): Answer[] {
  const settled = settledBySeq(context.facts)
  const answers = context.facts
    .filter((fact) => !settled.has(fact.seq))
    .filter(
      ({ body }) =>
        body.kind === 'issue.delegated' || body.kind === 'comment.command' || body.kind === 'comment.unknown',
    )
    .slice(0, maximumAnswers)
    .flatMap((fact: Fact) => {
      const answer =
        fact.body.kind === 'issue.delegated'
          ? judgeDelegation(context, fact)
          : judgeRequest(context, fact, () => statusText(context, next))
      return answer ? [answer] : []
    })
  const changing = answers.findIndex((answer) => answer.records.length > 0)
  return changing === -1 ? answers : answers.slice(0, changing + 1)
}

/** Stops and the like that people gave on the pull request or the epic become facts of the task, so that all have one order (O4). */
function copiedCommands(context: TaskContext): { actor: Fact['actor']; body: FactBody }[] {
  const { pull } = context.snapshot
  return [...(pull ? unheard(context, pull.facts, -1) : []), ...heardFromEpic(context)]
}

/** The first step that is due. Each function answers null when its part of the work is done. */
function nextStep(context: TaskContext): Step {
  const bundle = bundleStep(context)
  if (bundle?.over) return bundle
  const closed = closedStep(context)
  if (closed) return closed
  if (context.stopped) return step('person', 'Stopped. `/agent resume` goes on where it was.')
  if (bundle) return bundle.incomplete ? draftStep(context, bundle) : bundle
  const { agent, snapshot } = context
  // What is merged or closed has come to its end under the profile that it had.
  const ended = snapshot.pull !== null && snapshot.pull.pull.state !== 'open'
  if (agent.name !== undefined && agent.gone && !ended) {
    const sentence = goneSentence(agent.name)
    return step('person', sentence, { comments: [{ marker: 'failed:profile', body: sentence }] })
  }
  const held = heldStep(context)
  if (held) return held
  const verdicts = context.snapshot.pull ? judgePull(context.snapshot.pull) : null
  const { before, after } = context.route ? routeOf(context) : { before: [], after: [] }
  // A list of thunks, so that nothing later is even looked at before what it builds on is done (S2).
  const steps: (() => Step | null)[] = [
    () => failedStep(context),
    () => markedRouteStep(context),
    () => sensitiveStep(context),
    () => protectedBundleStep(context),
    () => modelRouteStep(context),
    ...before.map((phase) => () => budgeted(context, phaseStep(context, phase))),
    ...(context.route?.body.route === 'epic' ? [() => epicStep(context)] : []),
    () => issueStep(context),
    () => approvalStep(context, verdicts),
    ...after.map(
      (phase) => () => pushedStep(context, phase, () => budgeted(context, phaseStep(context, phase))),
    ),
    () => objectionStep(context),
  ]
  for (const due of steps) {
    const found = due()
    if (found) return found
  }
  return readyStep(context, verdicts, () => budgeted(context, phaseStep(context, 'repair')))
}

/**
 * A closed issue asks for nothing more; once its change is merged that is the ordinary end, told by the later steps.
 * Before a bundle is frozen there is no progress comment, so the bundle's own says it.
 */
function closedStep({ snapshot, frozen }: TaskContext): Step | null {
  if (snapshot.issue?.state !== 'closed') return null
  const pull = snapshot.pull?.pull
  if (pull?.state === 'merged') return null
  return pull?.state === 'open'
    ? step(
        'person',
        `The issue is closed, so the work rests; #${pull.number} stays as it is. Reopen it to go on.`,
      )
    : step('nothing', closed, {
        over: true,
        comments: frozen ? [] : [{ marker: 'bundle', body: closed }],
      })
}

const closed = 'The issue is closed. Reopen it to go on.'

/** Work that could not be done, e.g. a refused push: a person looks at it, unless something has happened since. */
function failedStep(context: TaskContext): Step | null {
  const failed = lastFact(context.facts, 'work.failed')
  if (!failed) return null
  const since = context.facts.filter((fact) => fact.seq > failed.seq)
  const moved = since.some(({ body }) =>
    [
      'bundle.frozen',
      'attempt.started',
      'plan.issued',
      'pull.opened',
      'work.pushed',
      'child.opened',
    ].includes(body.kind),
  )
  const retried = context.commands.some((one) => one.verb === 'retry' && one.settledSeq > failed.seq)
  if (moved || retried) return null
  const sentence = `${failed.body.what} failed: ${failed.body.reason} \`/agent retry\` tries again.`
  return step('person', sentence, { comments: [{ marker: 'failed', body: sentence }] })
}
