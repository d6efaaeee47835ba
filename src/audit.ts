/** The audit: what landed on a protected branch without a pull request that Countersign knows is reported, once (A5, T20). */

import type { Account } from './core/account.ts'
import { formatKey, type RepositoryName, type Sha } from './core/ids.ts'
import type { ForgeReads, Ledger, Log, Metrics, Queue } from './core/ports.ts'
import { person } from './core/sentences.ts'
import { EnforcementProof, proofSetting } from './core/snapshot/rules.ts'
import { isWatched } from './enforcement/watch.ts'
import { type PolicyPorts, readPolicy } from './observe/policy.ts'
import { isProtectedBranch } from './policy/branches.ts'

export interface AuditPorts extends PolicyPorts {
  forge: PolicyPorts['forge'] &
    Pick<ForgeReads, 'pushes' | 'mergedPulls'> & {
      reportIncident(name: RepositoryName, marker: string, sentence: string): Promise<number>
    }
  ledger: Pick<Ledger, 'setting' | 'putSetting' | 'setOpen'>
  queue: Pick<Queue, 'reconcile'>
  metrics: Metrics
  log: Log
}

const positionSetting = (name: RepositoryName, branch: string) => `audit:${name.toLowerCase()}@${branch}`

/**
 * Look at every move of a branch since the last look; the position is kept in the ledger, so that a lost webhook is
 * made up for by the next one (T12). A merge is left to its pull request's own round. A push past pull requests is an
 * incident where rules were promised to prevent it, and always when it was not a person's.
 *
 * @throws RetryLater when GitHub is out; the position stays, and the next look starts there.
 */
export async function auditBranch(name: RepositoryName, branch: string, ports: AuditPorts): Promise<void> {
  const { forge, ledger, queue, metrics, log } = ports
  const repository = await forge.repository(name)
  if (!repository.found) return
  const { defaultBranch } = repository.value
  const tip = await forge.branchTip(name, defaultBranch)
  if (!tip.found) return
  const reading = await readPolicy(ports, repository.value, { ref: defaultBranch, tip: tip.value })
  const listed = reading.ok
    ? isProtectedBranch(reading.policy, defaultBranch, branch)
    : branch === defaultBranch
  if (!listed) return
  const kept = await ledger.setting(proofSetting(name, branch))
  const proof = kept === null ? null : EnforcementProof.parse(JSON.parse(kept))
  // A broken policy may have been merge mode: nothing is promised less for it.
  const promised = !reading.ok || (reading.policy.enforce && isWatched(reading.policy.merge.mode, proof))

  if (branch === defaultBranch && reading.ok)
    for (const environment of Object.keys(reading.policy.rollout.environments))
      await queue.reconcile(formatKey({ kind: 'rollout', repository: name, environment }))

  for (const move of await movesSince(name, branch, ports)) {
    const numbers = await forge.mergedPulls(name, move.sha)
    for (const number of numbers) {
      const key = formatKey({ kind: 'pull', repository: name, number })
      await ledger.setOpen(key, true)
      await queue.reconcile(key)
    }
    if (numbers.length === 0 && (promised || move.by.type !== 'User')) {
      const sentence = `${person(move.by)} pushed ${move.sha} to ${branch} past pull requests and their checks (T20). Look at it, revert it if it does not belong there, and run \`npm run countersign -- doctor ${name}\` to see who may bypass the rules.`
      await forge.reportIncident(name, `push:${branch.replace(/[^\w./-]/g, '_')}:${move.sha}`, sentence)
      metrics.count('incidents_total', { kind: 'push' })
      log.error({ repository: name, branch, sha: move.sha, by: move.by.login }, 'a push bypassed the checks')
    }
    await ledger.putSetting(positionSetting(name, branch), move.sha)
  }
}

/** Oldest first. Without a position only the newest move is looked at: what was there before the App is not its story. */
async function movesSince(
  name: RepositoryName,
  branch: string,
  { forge, ledger }: Pick<AuditPorts, 'forge' | 'ledger'>,
): Promise<{ sha: Sha; by: Account }[]> {
  const moves = await forge.pushes(name, branch)
  const position = await ledger.setting(positionSetting(name, branch))
  const seen = moves.findLastIndex((move) => move.sha === position)
  return position === null ? moves.slice(-1) : moves.slice(seen + 1)
}
