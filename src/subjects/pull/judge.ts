/** The verdicts on one pull request, and the conjunction over all that share its head (T3, S5, S9). */
import type { Asked } from '../../approvals/press.ts'
import { listed } from '../../core/sentences.ts'
import type { PullSnapshot } from '../../core/snapshot/pull.ts'
import { fail, pass, type Verdict, wait } from '../../core/verdict.ts'
import type { Policy } from '../../policy/schema.ts'
import { contextOf, type PullContext } from './context.ts'
import { watchedGates } from './enforcement.ts'
import { gatesQuestion, judgeGates } from './gates.ts'
import { judgeMerge } from './mergeReady.ts'
import { nextStep } from './next.ts'
import { judgePlan, planQuestion, planShown } from './plan.ts'
import { withPolicyChange } from './policyChange.ts'
import { judgeReview, reviewQuestion } from './review.ts'
import type { CheckVerdict, GatesVerdict, PlanVerdict, PullVerdicts, ReviewVerdict } from './verdicts.ts'

/** Judge a pull request. Total and pure: everything it says comes from the snapshot. */
export function judge(snapshot: PullSnapshot<Policy>): PullVerdicts {
  const alone = judgeAlone(snapshot)
  const shared = conjunction(snapshot, alone)
  const merge = judgeMerge(snapshot, alone, shared)
  return { ...alone, shared, merge, next: nextStep(snapshot, { ...alone, shared, merge }) }
}

type Alone = Omit<PullVerdicts, 'shared' | 'merge' | 'next'>

const silent = { shown: null, buttons: [], lines: [], needed: [] }

function judgeAlone(snapshot: PullSnapshot<Policy>): Alone {
  if (!snapshot.policy.ok) return closedDown(snapshot, snapshot.policy.sentence)
  const context = contextOf(snapshot, snapshot.policy.policy)
  const plan = judgePlan(context)
  const [gates, review] = judgeLater(context)
  const missing = missingFrom(snapshot)
  return {
    missing,
    origin: context.origin,
    treatment: context.treatment,
    profile: context.profile,
    plan: complete(plan, missing),
    gates: withPolicyChange(context, complete(gates, missing)),
    review: complete(review, missing),
    asked: missing.length > 0 ? new Map() : askedNow(context, plan, gates, review),
  }
}

/** What could not be read: observe's own sentences, and every part that is unknown, whether it said so or not. */
function missingFrom(snapshot: PullSnapshot<Policy>): string[] {
  const parts = {
    commits: 'who wrote the commits',
    pushers: 'who pushed them',
    reviews: 'the reviews',
    runs: 'the check runs of this commit',
    siblings: 'which other pull requests share this commit',
    enforcement: 'the rules in force on the base branch',
  } as const
  const unknown = (Object.keys(parts) as (keyof typeof parts)[]).filter(
    (part) => snapshot[part] === 'unknown',
  )
  return snapshot.missing.length > 0 ? snapshot.missing : unknown.map((part) => parts[part])
}

/** Gates and review wait for the plan until there is something to look at (design: Check runs). */
function judgeLater(context: PullContext): [GatesVerdict, ReviewVerdict] {
  if (context.treatment === 'pass')
    return [
      watchedGates(context, {
        ...silent,
        results: [],
        verdict: pass(`A person's pull request needs no gates. ${context.origin.sentence}`),
      }),
      judgeReview(context, passing),
    ]
  if (context.planning) {
    const verdict = wait('Waiting for the plan: nothing has been implemented yet.')
    return [watchedGates(context, { ...silent, results: [], verdict }), { ...silent, voices: [], verdict }]
  }
  const gates = watchedGates(context, judgeGates(context))
  return [gates, judgeReview(context, gates)]
}

const passing: GatesVerdict = { ...silent, results: [], verdict: pass('') }

/** An incomplete observation turns nothing green, and says what is missing (S3, S9). */
// guard: completeOnly
function complete<C extends CheckVerdict>(check: C, missing: string[]): C {
  if (missing.length === 0 || check.verdict.state === 'fail') return check
  return {
    ...check,
    buttons: [],
    verdict: wait(`Could not be read: ${listed(missing, 3)}. It is asked for again.`),
  }
}

/** A broken policy fails every check, with the mistakes on the gates. */
function closedDown(snapshot: PullSnapshot<Policy>, sentence: string): Alone {
  const mistakes = snapshot.policy.ok ? [] : snapshot.policy.mistakes
  const plan: PlanVerdict = {
    ...silent,
    verdict: fail(sentence),
    approved: false,
    digest: null,
    plan: null,
    rejection: null,
  }
  return {
    missing: snapshot.missing,
    origin: null,
    treatment: 'full',
    profile: null,
    plan,
    gates: { ...silent, verdict: fail(sentence, mistakes), results: [] },
    review: { ...silent, verdict: fail(sentence), voices: [] },
    asked: new Map(),
  }
}

function askedNow(
  context: PullContext,
  plan: PlanVerdict,
  gates: GatesVerdict,
  review: ReviewVerdict,
): Map<string, Asked> {
  const common = { head: context.snapshot.pull.head.sha, seniors: context.policy.seniors, seniorsOnly: false }
  const open = gates.results.filter((result) => result.verdict.state === 'flag' && result.accepted === null)
  const asked = new Map<string, Asked>()
  if (plan.digest)
    asked.set('countersign/plan', {
      ...common,
      question: planQuestion(context, plan.digest),
      shown: planShown(context, plan.digest),
      bound: plan.digest,
    })
  asked.set('countersign/gates', {
    ...common,
    question: gatesQuestion(context, []),
    shown: gates.shown,
    bound: gates.shown,
    seniorsOnly: open.every((result) => result.acceptedBy === 'senior'),
  })
  asked.set('countersign/review', {
    ...common,
    question: reviewQuestion(context),
    shown: review.shown,
    bound: review.shown,
  })
  return asked
}

const order = ['fail', 'wait', 'flag', 'pass']

/** All open pull requests with this head must pass; the runs can only say one thing about a commit. */
// guard: siblings
function conjunction(snapshot: PullSnapshot<Policy>, alone: Alone): PullVerdicts['shared'] {
  if (snapshot.siblings === 'unknown' || snapshot.siblings.length === 0) return null
  const members = [
    { number: snapshot.pull.number, verdicts: alone },
    ...snapshot.siblings.map((sibling) => ({ number: sibling.pull.number, verdicts: judgeAlone(sibling) })),
  ].sort((a, b) => a.number - b.number)
  const numbers = members.map(({ number }) => number)
  const close = `Commit shared by ${listed(numbers.map((number) => `#${number}`))}: close all but one of them, so that a decision can be made on it.`
  const worst = (name: 'plan' | 'gates' | 'review'): Verdict => {
    const all = members.map(({ number, verdicts }) => ({ number, verdict: verdicts[name].verdict }))
    const [first] = all.sort(
      (a, b) => order.indexOf(a.verdict.state) - order.indexOf(b.verdict.state) || a.number - b.number,
    )
    const state = first?.verdict.state ?? 'wait'
    return {
      state,
      sentence:
        state === 'pass'
          ? `Passed for each of ${listed(numbers.map((number) => `#${number}`))}.`
          : `${close} #${first?.number}: ${first?.verdict.sentence}`,
    }
  }
  return { numbers, plan: worst('plan'), gates: worst('gates'), review: worst('review') }
}
