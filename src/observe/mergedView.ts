/** What observing asks of GitHub and of the ledger, answered by the past of a merged pull request (O7). */
import type { Account } from '../core/account.ts'
import { checkNames } from '../core/checkRun.ts'
import { Bug } from '../core/errors.ts'
import { type EvidenceRequest, type EvidenceResult, evidenceKey } from '../core/evidence.ts'
import type { Fact } from '../core/facts.ts'
import type { Digest, RepositoryName, Sha } from '../core/ids.ts'
import type { PullObservation } from '../core/ports.ts'
import type { PullPorts } from './ports.ts'

export interface PastPorts {
  forge: Omit<PullPorts['forge'], 'branchRules'>
  needs: PullPorts['needs']
  /** What git and CI left; undefined where it cannot be known any more. Asked once for each request. */
  collect(request: EvidenceRequest): Promise<EvidenceResult | undefined>
}

/** Nothing is recorded but these facts, and the ledger has collected whatever it is asked for. */
export function viewOfPast(
  name: RepositoryName,
  past: PullObservation,
  pushes: { sha: Sha; by: Account }[],
  facts: Fact[],
  { forge, needs, collect }: PastPorts,
): Omit<PullPorts, 'clock'> {
  const asked = new Map<Digest, EvidenceRequest>()
  return {
    forge: {
      ...forge,
      pull: async () => ({ found: true, value: past }),
      pushes: async () => pushes,
      async checks(repository, sha) {
        const { own, ci } = past.checks ?? (await forge.checks(repository, sha))
        // Without the App's id its own checks would look like somebody's CI; a job of Actions is one, whatever its name.
        return { own, ci: ci.filter((one) => one.workflowPath !== null || !ownNames.has(one.name)) }
      },
      branchRules() {
        throw new Bug('rules are watched in merge mode, and the past is judged in checks mode')
      },
    },
    needs: {
      pull(snapshot) {
        const requests = needs.pull(snapshot)
        for (const request of requests) asked.set(evidenceKey(name, request), request)
        return requests
      },
    },
    ledger: {
      facts: async (subject) => (subject === facts[0]?.subject ? facts : []),
      setting: async () => null,
      putSetting: async () => undefined,
      async evidence(keys) {
        const results = new Map<Digest, EvidenceResult>()
        for (const key of keys) {
          const request = asked.get(key)
          const result = request && (await collect(request))
          if (result) results.set(key, result)
        }
        return results
      },
    },
  }
}

const ownNames: ReadonlySet<string> = new Set(checkNames)
