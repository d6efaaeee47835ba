/** Observing a merge queue's group: what would land, read from git, and each of its pull requests as in its own round (T10). */
import { type EvidenceResult, viewOf } from '../core/evidence.ts'
import { lastFact } from '../core/facts.ts'
import { type Digest, formatKey, parseKey, type SubjectKey } from '../core/ids.ts'
import { type GroupStep, groupSteps, hintedNumber } from '../core/mergeGroup.ts'
import type { GroupEntry, GroupSnapshot } from '../core/snapshot/group.ts'
import type { Policy } from '../policy/schema.ts'
import { loadNeeds } from './evidence.ts'
import { readGround } from './ground.ts'
import { type ObservePorts, tryRead } from './ports.ts'
import { observePull } from './pull.ts'

/**
 * Read a group's snapshot.
 *
 * @param key `group:owner/repo@<sha of the group's head>`.
 * @returns null when nobody asked for it, or when the repository or the base branch cannot be seen.
 * @throws RetryLater when GitHub is limited or out for the base branch or the policy; failures of anything else become
 *   `unknown` with a sentence in `missing`.
 */
export async function observeGroup(
  key: SubjectKey,
  ports: ObservePorts,
): Promise<GroupSnapshot<Policy> | null> {
  const subject = parseKey(key)
  if (subject?.kind !== 'group') return null
  const { forge, ledger } = ports
  const { repository: name, head } = subject
  const missing: string[] = []

  const facts = await ledger.facts(key)
  const requested = lastFact(facts, 'group.requested')
  if (!requested) return null
  const destroyed = (lastFact(facts, 'group.destroyed')?.seq ?? -1) > requested.seq
  const ground = await readGround(ports, name, requested.body.baseRef)
  if (!ground) return null
  const { app, repository, base, policy } = ground

  const results = new Map<Digest, EvidenceResult>()
  const snapshot: GroupSnapshot<Policy> = {
    key,
    nowMs: ports.clock.nowMs(),
    missing,
    app,
    repository,
    policy,
    head,
    requested,
    destroyed,
    base,
    entries: [],
    runs: [],
    ci: [],
    facts,
    evidence: viewOf(name, results),
  }
  // Nobody looks at a group that GitHub has given up.
  if (destroyed) return snapshot
  const checks = await tryRead(missing, `The checks of ${head.slice(0, 7)}`, () => forge.checks(name, head))
  await loadNeeds(name, results, ledger, () => ports.needs.group(snapshot))
  const entries = await tryRead(missing, "The group's pull requests", () => readEntries(snapshot, ports))
  const whole: GroupSnapshot<Policy> = {
    ...snapshot,
    entries,
    runs: checks === 'unknown' ? 'unknown' : checks.own,
    ci: checks === 'unknown' ? 'unknown' : checks.ci,
  }
  await loadNeeds(name, results, ledger, () => ports.needs.group(whole))
  return whole
}

async function readEntries(
  { evidence, base, head, ...snapshot }: GroupSnapshot<Policy>,
  ports: ObservePorts,
): Promise<GroupEntry<Policy>[]> {
  const commits = evidence.get({ kind: 'commits', base: base.tip, head })
  const walked = commits?.ok ? groupSteps(commits.body.commits, base.tip, head) : null
  const entries: GroupEntry<Policy>[] = []
  for (const step of walked?.ok ? walked.steps : [])
    entries.push(await readEntry(step, { ...snapshot, base, head, evidence }, ports))
  return entries
}

/** The pull requests that a step may bring in: those whose head it merges, or whom a squash's title names. */
async function readEntry(
  step: GroupStep,
  { repository, requested, base }: GroupSnapshot<Policy>,
  ports: ObservePorts,
): Promise<GroupEntry<Policy>> {
  const { name } = repository
  const hint = hintedNumber(step, requested.body)
  const hinted = hint === null ? [] : [hint]
  const numbers = step.merges === null ? hinted : await ports.forge.pullsWithHead(name, step.merges)
  const pulls = []
  let landed = false
  for (const number of numbers) {
    const pull = await observePull(formatKey({ kind: 'pull', repository: name, number }), ports)
    if (!pull || pull.pull.base.ref !== base.ref) continue
    if (pull.pull.state === 'open') pulls.push(pull)
    else landed ||= pull.pull.state === 'merged'
  }
  if (pulls.length === 0 && step.merges !== null)
    landed ||= (await ports.forge.mergedPulls(name, step.merges)).length > 0
  return { step, pulls, landed }
}
