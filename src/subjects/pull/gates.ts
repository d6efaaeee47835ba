/** `countersign/gates`: every gate's verdict, and which flags somebody who may has accepted (D3, G12). */
import { isSenior } from '../../approvals/eligible.ts'
import { type Question, voices } from '../../approvals/standing.ts'
import { digestOf } from '../../core/digest.ts'
import { factsOf } from '../../core/facts.ts'
import type { Digest } from '../../core/ids.ts'
import { count, listed, person } from '../../core/sentences.ts'
import { fail, flag, pass, type Verdict, wait } from '../../core/verdict.ts'
import { allGates } from '../../gates/all.ts'
import type { GateInput } from '../../gates/gate.ts'
import { agentOf, surfacesOf } from '../../policy/profiles.ts'
import { isRetargeted, type PullContext } from './context.ts'
import type { GateResult, GatesVerdict } from './verdicts.ts'

/** What the gates read of a pull request. */
export function gateInput(context: PullContext): GateInput {
  const { snapshot, policy, issued } = context
  const { pull, app } = snapshot
  const agent = agentOf(policy, issued?.body.record.profile)
  const seen = factsOf(snapshot.facts, 'head.pushed').find((fact) => fact.body.sha === pull.head.sha)
  return {
    settings: policy.gates,
    commands: policy.commands,
    protectedRules: surfacesOf(policy),
    caps: { files: agent.policy.pipeline.max_files, lines: agent.policy.pipeline.max_lines },
    allowed: agent.allowed,
    head: pull.head.sha,
    base: pull.base.tip,
    title: pull.title,
    body: pull.body,
    plan: issued?.body.record.plan ?? null,
    ci: snapshot.ci,
    retargeted: isRetargeted(snapshot),
    workflowRuns: snapshot.workflowRuns,
    ownAppIds: app.drafterAppId === null ? [app.appId] : [app.appId, app.drafterAppId],
    headSinceMs: seen?.atMs ?? null,
    nowMs: snapshot.nowMs,
    evidence: snapshot.evidence,
  }
}

type Flag = Pick<GateResult, 'gate'> & { sentence: string }

/** What an acceptance binds to: the pull request, the commit, the base and the very flags that were shown. */
function flagsDigest(context: PullContext, flags: Flag[]): Digest {
  const { pull } = context.snapshot
  return digestOf({ pullId: pull.id, head: pull.head.sha, baseRef: pull.base.ref, flags })
}

/** The digest of a single flag, for `/agent accept <gate>`. */
export function flagDigest(context: PullContext, result: GateResult): Digest {
  return flagsDigest(context, [{ gate: result.gate, sentence: result.verdict.sentence }])
}

/** The question that acceptances of these flags answer. */
export function gatesQuestion(context: PullContext, digests: Digest[]): Question {
  const { snapshot, policy, profile } = context
  return {
    check: 'countersign/gates',
    digests: new Set(digests),
    shas: new Set([snapshot.pull.head.sha]),
    baseRef: snapshot.pull.base.ref,
    reviewsUpTo: null,
    approvers: policy.approvals.approvers.review,
    by: policy.approvals.by,
    people: snapshot.people,
    writers: context.writers,
    ownCommits: profile === 'solo',
    excluded: profile === 'strict' ? context.delegator : null,
  }
}

/** Evaluate every gate and settle its flags. */
export function judgeGates(context: PullContext): GatesVerdict {
  const input = gateInput(context)
  const raw = allGates.map((gate): GateResult => {
    const off = gate.off(input)
    const { id, requirement, title, acceptedBy } = gate
    return {
      gate: id,
      requirement,
      title,
      acceptedBy,
      configured: off === null,
      verdict: off === null ? gate.evaluate(input) : pass(off),
      accepted: null,
    }
  })
  const flagged = raw.filter((result) => result.verdict.state === 'flag')
  const flags = flagged.map(({ gate, verdict }) => ({ gate, sentence: verdict.sentence }))
  const all = flags.length > 0 ? flagsDigest(context, flags) : null
  const digests = all ? [all, ...flagged.map((result) => flagDigest(context, result))] : []
  const heard = all ? voices(gatesQuestion(context, digests), context.snapshot.facts, []) : []
  const results = raw.map((result): GateResult => {
    if (result.verdict.state !== 'flag') return result
    const bounds = [all, flagDigest(context, result)]
    const voice = heard.find(
      (one) =>
        one.verdict === 'accept' &&
        one.state === 'counts' &&
        bounds.includes(one.bound) &&
        (result.acceptedBy === 'approver' ||
          isSenior(one.by, context.snapshot.people, context.policy.seniors).kind === 'yes'),
    )
    return voice
      ? { ...result, accepted: `accepted by ${person(voice.by)}${voice.reason ? `: ${voice.reason}` : ''}` }
      : result
  })
  const verdict = summarise(results)
  const open = results.filter((result) => result.verdict.state === 'flag' && result.accepted === null)
  return {
    verdict,
    shown: open.length > 0 ? all : null,
    buttons: open.length > 0 ? ['accept'] : [],
    lines: heard.filter((voice) => voice.state !== 'counts').map((voice) => voice.sentence),
    needed:
      open.length === 0
        ? []
        : [open.every((result) => result.acceptedBy === 'senior') ? 'a senior' : 'a person who may approve'],
    results,
  }
}

function summarise(results: GateResult[]): Verdict {
  const on = results.filter((result) => result.configured)
  const of = (state: Verdict['state']) =>
    on.filter((result) => result.verdict.state === state && result.accepted === null)
  const annotations = on.flatMap((result) =>
    result.accepted === null ? (result.verdict.annotations ?? []) : [],
  )
  const names = (some: GateResult[]) =>
    listed(
      some.map((result) => result.title.toLowerCase()),
      3,
    )
  const failed = of('fail')
  if (failed.length > 0) return fail(`${count(failed.length, 'gate')} failed: ${names(failed)}.`, annotations)
  const waiting = of('wait')
  if (waiting.length > 0) return wait(`Waiting for ${names(waiting)}.`)
  const flagged = of('flag')
  if (flagged.length > 0) return flag(`A person must look at ${names(flagged)} and accept.`, annotations)
  return pass(`${count(on.length, 'gate')} passed.`)
}
