/** Observing enforcement: the rules in force on a base branch, where they are watched, and the proof on record (A5, T19). */
import type { PolicyReading, RepositoryReading } from '../core/snapshot/common.ts'
import { EnforcementProof, type EnforcementReading, proofSetting } from '../core/snapshot/rules.ts'
import { isWatched } from '../enforcement/watch.ts'
import { isProtectedBranch } from '../policy/branches.ts'
import type { Policy } from '../policy/schema.ts'
import type { PullPorts } from './ports.ts'

/** Nothing is asked of GitHub where nothing is watched, so that a round stays cheap. */
export async function readEnforcement(
  { forge, ledger }: Pick<PullPorts, 'forge' | 'ledger'>,
  repository: RepositoryReading,
  policy: PolicyReading<Policy>,
  branch: string,
): Promise<EnforcementReading> {
  if (!policy.ok || !isProtectedBranch(policy.policy, repository.defaultBranch, branch))
    return { rules: null, proof: null }
  const kept = await ledger.setting(proofSetting(repository.name, branch))
  const proof = kept === null ? null : EnforcementProof.parse(JSON.parse(kept))
  const watched = isWatched(policy.policy.merge.mode, proof)
  return { rules: watched ? await forge.branchRules(repository.name, branch) : null, proof }
}
