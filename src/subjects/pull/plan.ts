/** `countersign/plan`: the approval of the plan's digest, its commit in base..head, and the diff inside the plan. */
import { quorum, quorumSentence } from '../../approvals/profiles.ts'
import { type Question, type Voice, voices } from '../../approvals/standing.ts'
import { digestOf } from '../../core/digest.ts'
import type { Digest } from '../../core/ids.ts'
import { code, listed } from '../../core/sentences.ts'
import { fail, pass, type Verdict, wait } from '../../core/verdict.ts'
import { outsidePlan } from '../../gates/scope.ts'
import type { PullContext } from './context.ts'
import { planCommits } from './planCommits.ts'
import type { PlanVerdict } from './verdicts.ts'

const noCheck = { shown: null, buttons: [], lines: [], needed: [] }

/** What the plan approval binds to: the issued plan, or for other agents title, body and the whole diff (A2). */
export function planBinding(context: PullContext): Digest | null {
  const { pull } = context.snapshot
  if (context.issued) return context.issued.body.digest
  return (
    context.diff &&
    digestOf({ pullId: pull.id, textDigest: pull.textDigest, diffDigest: context.diff.digest })
  )
}

/** What the plan's page shows: the plan for this pull request and base, so that an old page is known as such (T3, T39). */
export function planShown(context: PullContext, digest: Digest): Digest {
  const { pull } = context.snapshot
  return digestOf({ plan: digest, pullId: pull.id, baseRef: pull.base.ref })
}

export function planQuestion(context: PullContext, digest: Digest): Question {
  const { snapshot, policy, profile } = context
  return {
    check: 'countersign/plan',
    digests: new Set([digest]),
    shas: new Set([snapshot.pull.head.sha]),
    baseRef: snapshot.pull.base.ref,
    reviewsUpTo: null,
    approvers: policy.approvals.approvers.plan,
    by: policy.approvals.by,
    people: snapshot.people,
    writers: context.writers,
    ownCommits: profile === 'solo',
    excluded: profile === 'strict' ? context.delegator : null,
  }
}

/** Judge the plan check. */
export function judgePlan(context: PullContext): PlanVerdict {
  const plan = context.issued?.body.record.plan ?? null
  const none = { ...noCheck, approved: false, digest: null, rejection: null, plan }
  if (context.treatment !== 'full')
    return { ...none, verdict: pass(`A person's pull request needs no plan. ${context.origin.sentence}`) }
  const digest = planBinding(context)
  if (!digest) return { ...none, verdict: unread(context) }
  const heard = voices(planQuestion(context, digest), context.snapshot.facts, [])
  const result = quorum(
    {
      profile: context.profile,
      check: 'countersign/plan',
      delegator: context.delegator,
      writers: context.writers,
      seniors: context.policy.seniors,
      people: context.snapshot.people,
    },
    heard,
  )
  const block = heard.find((voice) => voice.state === 'blocks')
  const approved = result.met && !block
  const check = {
    shown: planShown(context, digest),
    digest,
    approved,
    plan,
    needed: result.needed,
    lines: heard.map((voice) => voice.sentence),
    rejection: rejectionOf(block),
  }
  const broken = brokenPlan(context)
  if (broken) return { ...check, buttons: [], verdict: broken }
  if (block) return { ...check, buttons: ['approve', 'reject'], verdict: fail(block.sentence) }
  if (!approved) return { ...check, buttons: ['approve', 'reject'], verdict: wait(quorumSentence(result)) }
  return {
    ...check,
    shown: null,
    buttons: [],
    verdict: pass(`The plan is approved. ${quorumSentence(result)}`),
  }
}

function rejectionOf(block: Voice | undefined): PlanVerdict['rejection'] {
  return block && block.seq !== null ? { by: block.by, reason: block.reason, seq: block.seq } : null
}

function unread(context: PullContext): Verdict {
  return context.unreadable
    ? fail(`The change could not be read: ${context.unreadable}. Push again, or split the change.`)
    : wait('The change is being read from git; nothing to do.')
}

/** Why the branch does not carry the issued plan as it should, or null (T2, T43). */
function brokenPlan(context: PullContext): Verdict | null {
  if (!context.issued) return null
  if (!context.commits || !context.diff) return unread(context)
  const found = planCommits(context.commits, context.issued.body)
  const restore = 'Put the branch back to a commit that Countersign pushed, or delegate the issue again.'
  if (found.ours !== 1)
    return fail(
      `The plan commit ${code(context.issued.body.commit.slice(0, 8))} is not in this branch exactly once (found ${found.ours} times). ${restore}`,
    )
  if (found.others > 0)
    return fail(
      `The branch holds ${found.others} commit(s) that look like a plan and were not issued for it. ${restore}`,
    )
  const outside = outsidePlan(context.diff, context.issued.body.record.plan)
  if (outside.length > 0)
    return fail(
      `${listed(outside.map((path) => code(path)))} ${outside.length === 1 ? 'is' : 'are'} not in the plan. Take the change out, or reject the plan to get a new one.`,
    )
  return null
}
