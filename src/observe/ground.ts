/** Where the observation of a branch begins: who we are, the repository, the branch as it is now, and the policy there. */
import type { RepositoryName, Sha } from '../core/ids.ts'
import type { AppIdentity, PolicyReading, RepositoryReading } from '../core/snapshot/common.ts'
import type { Policy } from '../policy/schema.ts'
import { readPolicy } from './policy.ts'
import { type ObservePorts, readRepository } from './ports.ts'

export interface Ground {
  app: AppIdentity
  repository: RepositoryReading
  base: { ref: string; tip: Sha }
  policy: PolicyReading<Policy>
}

/**
 * @param ref a branch's name; the default branch when it is left out.
 * @returns null when the repository or the branch cannot be seen.
 * @throws RetryLater when GitHub is limited or out.
 */
export async function readGround(
  ports: ObservePorts,
  name: RepositoryName,
  ref?: string,
): Promise<Ground | null> {
  const repository = await readRepository(ports.forge, name)
  return repository && groundOf(ports, repository, ref)
}

/** The same of a repository that was read with something else. */
export async function groundOf(
  ports: ObservePorts,
  repository: RepositoryReading,
  ref = repository.defaultBranch,
): Promise<Ground | null> {
  const { forge } = ports
  const app = await forge.identity()
  const tip = await forge.branchTip(repository.name, ref)
  if (!tip.found) return null
  const base = { ref, tip: tip.value }
  return { app, repository, base, policy: await readPolicy(ports, repository, base) }
}
