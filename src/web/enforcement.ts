/** Loads what the page of enforcement shows: the rules in force as the App reads them, the proofs on record, and incidents (A5). */
import { factsOf } from '../core/facts.ts'
import type { RepositoryName } from '../core/ids.ts'
import type { Ledger } from '../core/ports.ts'
import type { AppIdentity, PolicyReading, RepositoryReading } from '../core/snapshot/common.ts'
import { type BranchRules, EnforcementProof, proofSetting } from '../core/snapshot/rules.ts'
import type { AsApp } from '../enforcement/asApp.ts'
import type { Policy } from '../policy/schema.ts'
import type { EnforcementData, Incident } from './pages/enforcement.ts'
import { tell } from './repository.ts'

export interface EnforcementPorts {
  /** Who we are, the repository, and the policy of its default branch, as rounds read them; null when GitHub shows none. */
  ground(
    name: RepositoryName,
  ): Promise<{ app: AppIdentity; repository: RepositoryReading; policy: PolicyReading<Policy> } | null>
  /** The rules in force on a branch now. */
  branchRules(name: RepositoryName, branch: string): Promise<BranchRules>
  ledger: Pick<Ledger, 'setting' | 'factsSince'>
  /** GitHub's pages, such as `https://github.com`. */
  web: string
}

/** Branches beside the default one; doctor looks at as many. */
const mostBranches = 20
const mostIncidents = 20

export async function loadEnforcement(
  ports: EnforcementPorts,
  repository: RepositoryName,
  nowMs: number,
): Promise<EnforcementData> {
  const read = await tell(() => ports.ground(repository))
  const url = `${ports.web}/${repository}`
  const told = await incidents(ports.ledger, repository)
  if (!read?.ok) {
    const why = read?.sentence ?? 'GitHub does not show this repository to the App.'
    return { repository, url, read: { ok: false, why }, ...told }
  }
  const { app, policy, repository: reading } = read.look
  const names = policy.ok ? policy.policy.branches.protected : []
  const exact = names.filter((name) => !name.includes('*') && name !== reading.defaultBranch)
  const branches: AsApp[] = []
  for (const branch of [reading.defaultBranch, ...exact.slice(0, mostBranches)]) {
    const rules = await tell(() => ports.branchRules(repository, branch))
    const kept = await ports.ledger.setting(proofSetting(repository, branch))
    branches.push({
      repository,
      branch,
      url,
      // A policy that cannot be read may ask for the most.
      mode: policy.ok ? policy.policy.merge.mode : 'merge',
      enforce: !policy.ok || policy.policy.enforce,
      appId: app.appId,
      rules: rules?.ok ? rules.look : 'unknown',
      proof: kept === null ? null : EnforcementProof.parse(JSON.parse(kept)),
      nowMs,
    })
  }
  const others = [...names.filter((name) => name.includes('*')), ...exact.slice(mostBranches)]
  return {
    repository,
    url,
    read: { ok: true, policy: policy.ok ? null : policy.sentence, branches, others },
    ...told,
  }
}

/** Incidents of the repository's subjects, newest first, and the issue on which the last one stands. */
async function incidents(
  ledger: Pick<Ledger, 'factsSince'>,
  repository: RepositoryName,
): Promise<{ incidents: Incident[]; more: boolean; issue: number | null }> {
  const wanted = (kind: 'incident' | 'incident.reported') =>
    ledger.factsSince(repository, { kinds: [kind], sinceMs: 0, limit: mostIncidents })
  const { facts, more } = await wanted('incident')
  const reports = factsOf((await wanted('incident.reported')).facts, 'incident.reported')
  return {
    incidents: factsOf(facts, 'incident')
      .map(({ subject, atMs, body }) => ({ subject, atMs, sentence: body.sentence }))
      .toReversed(),
    more,
    issue: reports.at(-1)?.body.issue ?? null,
  }
}
