/** Reading policy: at the tip of a branch that the pull request cannot write, extending the organisation's (S14, T44, T45). */
import { Terminal } from '../core/errors.ts'
import type { RepositoryName, Sha } from '../core/ids.ts'
import { misnamedPolicyPath, policyPath } from '../core/policyFiles.ts'
import type { ForgeReads, Ledger } from '../core/ports.ts'
import type { PolicyReading, RepositoryReading } from '../core/snapshot/common.ts'
import { namesBranch } from '../policy/branches.ts'
import { raiseToFloor } from '../policy/floor.ts'
import { misnamedPolicy, parsePolicy } from '../policy/parse.ts'
import { defaultPolicy, type Policy } from '../policy/schema.ts'

export interface PolicyPorts {
  forge: Pick<ForgeReads, 'repository' | 'branchTip' | 'file'>
  ledger: Pick<Ledger, 'setting' | 'putSetting'>
}
type Ports = PolicyPorts

/**
 * The policy for work on one branch.
 *
 * It is the branch's own file only when that is the default branch, or when the default branch's policy lists it under
 * `branches.protected` (T45): a stacked pull request's base is an agent's branch, and must not set its own rules. A
 * listed branch without a file follows the default branch.
 *
 * @throws RetryLater when GitHub is limited or out: without policy nothing can be judged.
 */
export async function readPolicy(
  ports: Ports,
  repository: RepositoryReading,
  base: { ref: string; tip: Sha },
): Promise<PolicyReading<Policy>> {
  try {
    const organisation = await readOrganisation(ports, repository.name)
    if (!organisation.ok) return organisation
    // guard: policyFromBase
    if (base.ref === repository.defaultBranch)
      return (await readAt(ports, repository.name, base.tip, organisation)).reading
    const tip = await ports.forge.branchTip(repository.name, repository.defaultBranch)
    if (!tip.found) return unreadable(`The default branch ${repository.defaultBranch} cannot be read`)
    const { reading } = await readAt(ports, repository.name, tip.value, organisation)
    const listed =
      reading.ok && reading.policy.branches.protected.some((pattern) => namesBranch(pattern, base.ref))
    if (!listed) return reading
    const own = await readAt(ports, repository.name, base.tip, organisation)
    return own.written ? own.reading : reading
  } catch (error) {
    if (!(error instanceof Terminal)) throw error
    return unreadable(error.forUser)
  }
}

/** The policy as it stands at any commit: what a pull request proposes, to be told about and never to be followed (S14). */
export async function readProposedPolicy(
  ports: Ports,
  repository: RepositoryReading,
  sha: Sha,
): Promise<PolicyReading<Policy>> {
  const organisation = await readOrganisation(ports, repository.name)
  return organisation.ok ? (await readAt(ports, repository.name, sha, organisation)).reading : organisation
}

type Organisation = Extract<PolicyReading<Policy>, { ok: true }>

async function readAt(
  ports: Ports,
  name: RepositoryName,
  sha: Sha,
  organisation: Organisation,
): Promise<{ written: boolean; reading: PolicyReading<Policy> }> {
  const [file, misnamed] = await Promise.all([
    ports.forge.file(name, sha, policyPath),
    ports.forge.file(name, sha, misnamedPolicyPath),
  ])
  if (misnamed.found) return { written: true, reading: { ...misnamedPolicy(file.found), sha } }
  if (!file.found) return { written: false, reading: { ...organisation, sha } }
  // The effective policy of the organisation is valid input too, so that what the repository leaves out comes from it.
  const parsed = parsePolicy(file.value, policyPath, organisation.policy)
  if (!parsed.ok) return { written: true, reading: { ...parsed, sha } }
  // The floor that the organisation's repository writes holds for it as well, and a change to it is told (T14).
  const floor = isShared(name) ? parsed.policy.floor : organisation.policy.floor
  const policy = raiseToFloor(parsed.policy, floor)
  return { written: true, reading: { ok: true, policy, sha, source: 'repository' } }
}

/** Whether this is the repository with the organisation's policy. */
const isShared = (name: RepositoryName) => /^[^/]+\/\.github$/i.test(name)

/**
 * The policy in the organisation's `.github` repository, or the built-in one. Once it was seen it must stay readable:
 * a repository that the App lost sight of looks exactly like one that never was (T44).
 */
async function readOrganisation(ports: Ports, name: RepositoryName): Promise<PolicyReading<Policy>> {
  const none: Organisation = { ok: true, policy: defaultPolicy, sha: '0'.repeat(40), source: 'default' }
  const [owner = ''] = name.split('/')
  const shared = `${owner}/.github`
  if (isShared(name)) return none
  const setting = `organisation-policy:${owner.toLowerCase()}`
  const wasKnown = (await ports.ledger.setting(setting)) === 'known'
  const lost = () =>
    unreadable(
      `The organisation's policy in ${shared} was in force and can no longer be read. An owner must give the App access ` +
        `to ${shared} again; Countersign does not go on with less than it knew (T44)`,
    )

  const repository = await ports.forge.repository(shared)
  if (!repository.found) return wasKnown ? lost() : none
  const tip = await ports.forge.branchTip(shared, repository.value.defaultBranch)
  if (!tip.found) return wasKnown ? lost() : none
  const [file, misnamed] = await Promise.all([
    ports.forge.file(shared, tip.value, policyPath),
    ports.forge.file(shared, tip.value, misnamedPolicyPath),
  ])
  // As below, without a place: it would point into the wrong repository.
  if (misnamed.found)
    return {
      ok: false,
      mistakes: [],
      sentence: `${shared}: ${misnamedPolicy(file.found).sentence}`,
      sha: tip.value,
    }
  // The branch was readable with the same permission, so here absence is absence: the owner took the file away.
  if (!file.found) {
    if (wasKnown) await ports.ledger.putSetting(setting, 'removed')
    return none
  }
  if (!wasKnown) await ports.ledger.putSetting(setting, 'known')
  const parsed = parsePolicy(file.value, `${shared}:${policyPath}`)
  if (parsed.ok) {
    const policy = raiseToFloor(parsed.policy, parsed.policy.floor)
    return { ok: true, policy, sha: tip.value, source: 'organisation' }
  }
  // The lines are in another repository: they would point at the wrong file as annotations here.
  return { ok: false, mistakes: [], sentence: parsed.sentence, sha: tip.value }
}

function unreadable(why: string): PolicyReading<Policy> {
  const sentence = `${why.replace(/\.$/, '')}. Nothing passes until the policy can be read.`
  return { ok: false, mistakes: [], sentence, sha: null }
}
