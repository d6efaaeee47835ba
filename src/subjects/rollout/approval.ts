/** The deploy approval: who stands behind a range for an environment, and for how long (A1, A2, A3). */
import { eligible, isSenior } from '../../approvals/eligible.ts'
import type { Account } from '../../core/account.ts'
import { hasRole } from '../../core/account.ts'
import { digestOf } from '../../core/digest.ts'
import { type Fact, type FactOf, factsOf, settledBySeq } from '../../core/facts.ts'
import { type Digest, environmentId, type Sha } from '../../core/ids.ts'
import { code, count, listed, person } from '../../core/sentences.ts'
import type { RangeStep, RolloutSnapshot } from '../../core/snapshot/rollout.ts'
import { fail, pass, wait } from '../../core/verdict.ts'
import type { Policy } from '../../policy/schema.ts'
import { asksPeople, type EnvironmentSettings } from '../../rollout/settings.ts'
import type { Approval } from './verdicts.ts'

/** What an approval binds to: the environment, what stands, what comes, and whose work comes along. */
export function deployDigest(
  environment: string,
  from: Sha | null,
  to: Sha,
  agents: readonly { number: number; head: Sha }[],
): Digest {
  return digestOf({ deploy: environmentId(environment), from, to, agents })
}

type Decided = FactOf<'deploy.decided'>

/** When its button was pressed: a round may have come to it much later. */
function pressedMs(facts: readonly Fact[], { atMs, body }: Decided): number {
  return Math.min(atMs, facts.find(({ seq }) => seq === body.request)?.atMs ?? atMs)
}

/** Judge the approvals of one range. */
export function judgeApproval(
  snapshot: RolloutSnapshot<Policy>,
  policy: Policy,
  settings: EnvironmentSettings,
  bound: Digest,
): Approval {
  const asked = asksPeople(policy.rollout.environments, snapshot.environment)
  if (!asked)
    return {
      asked,
      verdict: pass('Policy asks nobody before this environment.'),
      bound,
      lines: [],
      expiresMs: null,
      by: [],
    }
  const needed = settings.four_eyes || policy.approvals.profile === 'strict' ? 2 : 1
  const expiryMs = settings.expires_hours * 3_600_000
  const all = factsOf(snapshot.facts, 'deploy.decided')
  const lines: string[] = []
  const standing: Decided[] = []
  let waits: string | null = null
  let blocked: string | null = null
  for (const fact of all.filter(({ body }) => body.bound === bound)) {
    const { by, verdict } = fact.body
    const who = person(by)
    if (verdict === 'reject') {
      // Only the same person lifts it, on a page that was written after it was on record (S8).
      const place = all.indexOf(fact)
      const lifted = all.some(
        ({ body }) =>
          body.by.id === by.id &&
          body.verdict === 'approve' &&
          body.bound === bound &&
          body.generation > place,
      )
      // guard: rejections
      if (!lifted) blocked ??= `${who} said no. Only ${who} lifts it, by pressing Approve.`
      continue
    }
    if (verdict !== 'approve' || standing.some(({ body }) => body.by.id === by.id)) continue
    // guard: expiry
    if (pressedMs(snapshot.facts, fact) + expiryMs <= snapshot.nowMs) {
      lines.push(`${who} approved more than ${count(settings.expires_hours, 'hour')} ago; it counts no more.`)
      continue
    }
    const may = mayApprove(snapshot, policy, by)
    if (may.kind === 'yes') {
      standing.push(fact)
      lines.push(`${who} approved.`)
    } else {
      lines.push(may.sentence)
      if (may.kind === 'wait') waits ??= may.sentence
    }
  }
  blocked ??= rejectedByComment(snapshot, all, bound)
  const by = standing.map(({ body }) => body.by)
  const expiresMs =
    standing.length > 0
      ? Math.min(...standing.map((fact) => pressedMs(snapshot.facts, fact) + expiryMs))
      : null
  const missing = needed - by.length
  const approvers = listed(
    policy.approvals.approvers.deploy.map((one) => code(one)),
    5,
    'or',
  )
  const verdict = blocked
    ? fail(blocked)
    : missing <= 0
      ? pass(`Approved by ${listed(by.map(person))}.`)
      : wait(
          waits ??
            `${count(missing, 'approval')} missing, of somebody who has ${approvers}: press Approve on countersign/deploy.`,
        )
  return { asked, verdict, bound, lines, expiresMs, by }
}

/** Whether an account may approve this range: policy's people, and nobody who pushed to an agent's change in it (A3). */
export function mayApprove(snapshot: RolloutSnapshot<Policy>, policy: Policy, by: Account) {
  const may = eligible(by, snapshot.people, policy.approvals.approvers.deploy, 'approve the deployment')
  if (may.kind === 'no' || policy.approvals.profile === 'solo') return may
  if (snapshot.range === 'unknown')
    return { kind: 'wait' as const, sentence: 'Who wrote what is on the way is not known yet.' }
  // guard: writers
  const pushed = agentPulls(snapshot.range).find(({ facts }) =>
    factsOf(facts, 'head.pushed').some(({ actor }) => actor?.id === by.id),
  )
  if (pushed)
    return {
      kind: 'no' as const,
      sentence: `${person(by)} pushed commits to #${pushed.number} and does not approve own work (A3).`,
    }
  return may
}

function agentPulls(range: readonly RangeStep[]) {
  return range
    .flatMap(({ pulls }) => pulls)
    .filter(({ facts }) => factsOf(facts, 'origin.evidence').length > 0)
}

/** Commands on the merged pull requests of the range that were accepted there, in order. */
export function wordsIn(
  snapshot: RolloutSnapshot<Policy>,
): (FactOf<'comment.command'> & { number: number })[] {
  if (snapshot.range === 'unknown') return []
  return snapshot.range.flatMap(({ pulls }) =>
    pulls.flatMap(({ number, facts }) => {
      const settled = settledBySeq(facts)
      return factsOf(facts, 'comment.command')
        .filter(({ seq }) => settled.get(seq)?.body.outcome === 'accepted')
        .map((fact) => ({ ...fact, number }))
    }),
  )
}

/** `/agent reject deploy <reason>` on a pull request of the range: lifted by the same person's Approve. */
function rejectedByComment(
  snapshot: RolloutSnapshot<Policy>,
  all: readonly Decided[],
  bound: Digest,
): string | null {
  for (const { actor, body, number, atMs } of wordsIn(snapshot)) {
    const reason = /^deploy(?:\s+(.*))?$/.exec(body.rest)
    if (body.verb !== 'reject' || !reason || !actor) continue
    const standing = snapshot.people.get(actor.id)
    if (standing && standing.role !== 'unknown' && !hasRole(standing, 'write')) continue
    const lifted = all.some(
      (fact) =>
        fact.body.by.id === actor.id &&
        fact.body.verdict === 'approve' &&
        fact.body.bound === bound &&
        pressedMs(snapshot.facts, fact) > atMs,
    )
    if (!lifted)
      return `${person(actor)} said no on #${number}: ${code(reason[1] ?? '')}. Only ${person(actor)} lifts it, by pressing Approve.`
  }
  return null
}

/** A senior's `/agent accept freeze <reason>` on a pull request of the range (R1: freeze windows). */
export function freezeLifted(snapshot: RolloutSnapshot<Policy>, policy: Policy): boolean {
  return wordsIn(snapshot).some(
    ({ actor, body }) =>
      actor !== null &&
      body.verb === 'accept' &&
      /^freeze\s+\S/.test(body.rest) &&
      isSenior(actor, snapshot.people, policy.seniors).kind === 'yes',
  )
}

/** Who said `/agent stop` on a pull request of the range on which nobody has said `/agent resume` since. */
export function stoppedBy(snapshot: RolloutSnapshot<Policy>): Account | null {
  const words = wordsIn(snapshot)
    .filter(({ body }) => body.verb === 'stop' || body.verb === 'resume')
    .sort((a, b) => a.atMs - b.atMs)
  const last = new Map(words.map((word) => [word.number, word]))
  return [...last.values()].find(({ body }) => body.verb === 'stop')?.actor ?? null
}
