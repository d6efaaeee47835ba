/** From the accepted plan to its approval: protected surfaces, the plan commit, and waiting for people (D3, A2, A4, S2). */
import { factsOf } from '../../core/facts.ts'
import { outgoingCommitText } from '../../core/outgoingText.ts'
import type { Plan, PlanRecord } from '../../core/plan.ts'
import { planDigest } from '../../core/plan.ts'
import {
  protectedSentence,
  type Surface,
  surfacesOfBundle,
  surfacesOfPlan,
} from '../../delegation/protectedSurfaces.ts'
import { openFixes } from '../../fix/state.ts'
import { acceptedPlan, routeOf, stateOf } from '../../pipeline/taskState.ts'
import type { PullVerdicts } from '../pull.ts'
import { issueOf, nonceOf, type TaskContext } from './context.ts'
import { checkAttempt } from './phaseStep.ts'
import { rejection } from './reject.ts'
import { type Step, step } from './verdicts.ts'

/** Stops a task whose frozen bundle names a protected surface, until a senior allows it. */
export function protectedBundleStep(context: TaskContext): Step | null {
  if (!context.frozen || context.protectedAllowed) return null
  return protectedStep('issue', surfacesOfBundle(context.frozen.body.bundle, context.rules), context)
}

/** Stops for a senior when there are hits (D3). */
export function protectedStep(
  what: 'issue' | 'plan' | 'split',
  hits: readonly Surface[],
  context: TaskContext,
): Step | null {
  if (hits.length === 0) return null
  const sentence = protectedSentence(what, hits, context.policy.seniors)
  return step('person', sentence, { comments: [{ marker: 'protected', body: sentence }] })
}

/** The step from the accepted plan to its plan commit, or null once that is issued. */
export function issueStep(context: TaskContext): Step | null {
  if (context.issued) return null
  const plan = acceptedPlan(context)
  const { planning } = routeOf(context)
  const { progress } = stateOf(context, planning)
  const { frozen, route, snapshot } = context
  if (!plan || !frozen || !route || progress.state !== 'accepted')
    return step('machine', 'The plan is not there yet.')
  const held = context.protectedAllowed
    ? null
    : protectedStep('plan', surfacesOfPlan(plan, context.rules), context)
  if (held) return held
  const { pull } = snapshot
  // The new plan takes the place of what is on the branch, which a fix is about to push to: one after the other.
  if (pull && openFixes(pull.facts).length > 0)
    return step('machine', `A fix is at work on #${pull.pull.number}; the new plan comes after it.`, {
      effects: [{ kind: 'wake', subject: snapshot.key, atMs: snapshot.nowMs + 10_000 }],
    })
  // The base may have moved since the plan was checked: its citations must resolve on the very commit it is issued on.
  const checked = checkAttempt(context, planning, progress.attempt)
  if (checked.waiting)
    return step('machine', 'The plan is checked again on the tip of the base branch.', {
      needs: checked.requests,
    })
  if (checked.objections.length > 0) {
    const objections = checked.objections.map((one) => one.slice(0, 4000))
    return step(
      'machine',
      'The base branch has moved and the plan no longer fits it; the planning session goes on.',
      {
        needs: checked.requests,
        records: [
          {
            kind: 'attempt.judged',
            phase: planning,
            attempt: progress.attempt.attempt,
            by: 'code',
            verdict: 'objections',
            objections,
          },
        ],
      },
    )
  }
  return step('machine', 'The plan commit is written and the draft pull request opened.', {
    needs: checked.requests,
    effects: [issueAction(context, recordOf(context, plan, progress.attempt.attempt), snapshot.base.tip)],
  })
}

/** The same record gives the same commit again, so asking twice is harmless (S7). */
function issueAction(context: TaskContext, record: PlanRecord, base: string): Step['effects'][number] {
  const { snapshot, frozen, previousPlan } = context
  const earlier = factsOf(context.facts, 'plan.issued')
    .filter((fact) => fact.body.digest !== planDigest(record))
    .at(-1)
  return {
    kind: 'issuePlan',
    subject: snapshot.key,
    record,
    base,
    branch: previousPlan?.body.branch ?? branchOf(context),
    title: outgoingCommitText(frozen?.body.title ?? '', { most: 200 }) || `Issue ${issueOf(context)}`,
    replaces: earlier ? (snapshot.pull?.pull.head.sha ?? earlier.body.commit) : null,
  }
}

/** The record that is issued. */
function recordOf(context: TaskContext, plan: Plan, attempt: number): PlanRecord {
  const { frozen, route, snapshot } = context
  return {
    version: 1,
    repositoryId: snapshot.repository.id,
    issue: issueOf(context),
    route: route?.body.route ?? 'feature',
    ...(frozen?.body.profile === undefined ? {} : { profile: frozen.body.profile }),
    delegationDigest: frozen?.body.digest ?? '',
    nonce: nonceOf(context, attempt),
    plan,
  }
}

/** `agent/12-limit-the-parser`; the branch of an earlier plan is used again, so that its pull request goes on. */
function branchOf(context: TaskContext): string {
  if (context.previousPlan) return context.previousPlan.body.branch
  const words = (context.frozen?.body.title ?? '')
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
  const slug = words.slice(0, 40).replace(/^-+|-+$/g, '')
  return `agent/${issueOf(context)}-${slug || 'task'}`
}

/** The step while the issued plan waits for its approval, or null once it is approved for exactly that digest (S2). */
export function approvalStep(context: TaskContext, verdicts: PullVerdicts | null): Step | null {
  const { issued, snapshot } = context
  if (!issued) return step('machine', 'The plan is being issued.')
  const { pull } = snapshot
  // Issued, but not yet pushed and opened: asked again in case the queue was lost (T34).
  if (!factsOf(context.facts, 'pull.opened').some((fact) => fact.seq > issued.seq)) {
    const effects = [issueAction(context, issued.body.record, issued.body.base)]
    return step('machine', 'The plan commit is pushed and the draft pull request opened.', { effects })
  }
  if (!pull || !verdicts || pull.pull.head.ref !== issued.body.branch)
    return step('machine', 'The draft pull request is being opened.')
  if (pull.pull.state !== 'open')
    return step(
      'nothing',
      pull.pull.state === 'merged'
        ? `Merged as #${pull.pull.number}.`
        : `Pull request #${pull.pull.number} was closed, so the work is over. Reopen it to go on there, or set the label again to start over with a new plan.`,
      { over: true },
    )
  const { plan } = verdicts
  if (plan.digest !== planDigest(issued.body.record))
    return step('machine', 'The plan check is being computed.')
  if (plan.rejection) {
    const { by, reason } = plan.rejection
    const records = reason === null ? [] : rejection(context, `${by.login} rejected the plan: ${reason}`)
    return records.length > 0
      ? step('machine', 'The plan was rejected; the planning session goes on with the reason.', { records })
      : step(
          'person',
          `The plan in #${pull.pull.number} was rejected. Say what must change there: \`/agent reject plan <reason>\` (A4).`,
        )
  }
  if (!plan.approved || verdicts.missing.length > 0)
    return step(
      // Until its check asks, nobody has to do anything.
      plan.buttons.includes('approve') ? 'person' : 'machine',
      `The plan in #${pull.pull.number} waits for approval with the button on countersign/plan. ${plan.verdict.sentence}`,
    )
  return null
}
