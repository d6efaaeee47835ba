/** `countersign/review`: the approvals that the profile asks for, standing on this very commit and base (A1, A2, A3). */
import { quorum, quorumSentence } from '../../approvals/profiles.ts'
import { type Question, voices } from '../../approvals/standing.ts'
import { digestOf } from '../../core/digest.ts'
import type { Digest, Sha } from '../../core/ids.ts'
import { fail, pass, type Verdict, wait } from '../../core/verdict.ts'
import { baseSeenNow, diffOf, type PullContext } from './context.ts'
import { unresolvedThreads } from './fixes.ts'
import type { GatesVerdict, ReviewVerdict } from './verdicts.ts'

/** What a review approval binds to, for one commit; null while its diff is not there. */
function bindingOf(context: PullContext, sha: Sha): Digest | null {
  const { snapshot } = context
  const diff = snapshot.evidence.get(diffOf(snapshot, sha))
  if (!diff?.ok) return null
  return digestOf({
    pullId: snapshot.pull.id,
    head: sha,
    baseRef: snapshot.pull.base.ref,
    diffDigest: diff.body.digest,
  })
}

export function reviewBinding(context: PullContext): Digest | null {
  return bindingOf(context, context.snapshot.pull.head.sha)
}

export function reviewQuestion(context: PullContext): Question {
  const { snapshot, policy, profile, updates } = context
  const covered = updates?.covered ?? [snapshot.pull.head.sha]
  return {
    check: 'countersign/review',
    digests: new Set(covered.map((sha) => bindingOf(context, sha)).filter((digest) => digest !== null)),
    shas: new Set(covered),
    baseRef: snapshot.pull.base.ref,
    reviewsUpTo: baseSeenNow(snapshot)?.reviewsUpTo ?? null,
    approvers: policy.approvals.approvers.review,
    by: policy.approvals.by,
    people: snapshot.people,
    writers: context.writers,
    ownCommits: profile === 'solo',
    excluded: profile === 'strict' ? context.delegator : null,
  }
}

/** Judge the review check; `gates` is what the same snapshot says of the gates. */
export function judgeReview(context: PullContext, gates: GatesVerdict): ReviewVerdict {
  const { snapshot } = context
  const none = { shown: null, buttons: [], lines: [], needed: [], voices: [] }
  if (context.treatment === 'pass')
    return { ...none, verdict: pass(`A person's pull request needs no approval. ${context.origin.sentence}`) }
  if (context.treatment === 'gates')
    return {
      ...none,
      verdict: afterGates(
        gates,
        `A person's pull request needs no approval beside the gates. ${context.origin.sentence}`,
      ),
    }
  if (snapshot.reviews === 'unknown')
    return { ...none, verdict: wait('The reviews could not be read; they are asked for again.') }
  const shown = reviewBinding(context)
  if (!shown)
    return {
      ...none,
      verdict: context.unreadable
        ? fail(`The change could not be read: ${context.unreadable}.`)
        : wait('The change is being read from git; nothing to do.'),
    }
  const heard = voices(reviewQuestion(context), snapshot.facts, snapshot.reviews)
  const result = quorum(
    {
      profile: context.profile,
      check: 'countersign/review',
      delegator: context.delegator,
      writers: context.writers,
      seniors: context.policy.seniors,
      people: snapshot.people,
    },
    heard,
  )
  const block = heard.find((voice) => voice.state === 'blocks')
  const check = { shown, lines: heard.map((voice) => voice.sentence), needed: result.needed, voices: heard }
  // Three buttons are the most (github-facts): Fix takes the free place while comments wait.
  const fix = unresolvedThreads(snapshot.threads) > 0 ? (['fix'] as const) : []
  const ask = { ...check, buttons: ['approve', 'reject', ...fix] as const }
  if (block) return { ...ask, buttons: [...ask.buttons], verdict: fail(block.sentence) }
  if (!result.met) return { ...ask, buttons: [...ask.buttons], verdict: wait(quorumSentence(result)) }
  const verdict = afterGates(gates, quorumSentence(result))
  const canMerge = verdict.state === 'pass' && context.policy.merge.mode === 'merge'
  return { ...check, buttons: canMerge ? ['merge', 'reject', ...fix] : ['reject', ...fix], verdict }
}

function afterGates(gates: GatesVerdict, sentence: string): Verdict {
  return gates.verdict.state === 'pass' ? pass(sentence) : wait(`${sentence} Waiting for countersign/gates.`)
}
