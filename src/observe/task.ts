/** Observing a task: the delegated issue, its facts, whether its references resolve, and the pull request it led to. */
import type { Account } from '../core/account.ts'
import { Terminal } from '../core/errors.ts'
import type { EvidenceResult } from '../core/evidence.ts'
import { type Fact, factsOf, lastFact } from '../core/facts.ts'
import {
  type Digest,
  formatKey,
  parseKey,
  type RepositoryName,
  type Sha,
  type SubjectKey,
} from '../core/ids.ts'
import type { Known } from '../core/snapshot/common.ts'
import type { IssueReading, TaskSnapshot } from '../core/snapshot/task.ts'
import { readBundle } from '../delegation/bundle.ts'
import type { Policy } from '../policy/schema.ts'
import { loadNeeds, viewOf } from './evidence.ts'
import { actingIn, lookUp, teamsIn } from './people.ts'
import { readPolicy } from './policy.ts'
import { type ObservePorts, readRepository, tryRead } from './ports.ts'
import { observePull } from './pull.ts'

const dayMs = 24 * 3_600_000
/** References that a round looks up; a bundle holds at most 50. */
const maximumReferences = 50

/**
 * Read a task's snapshot.
 *
 * @param key `task:owner/repo#12`.
 * @returns null when the repository does not exist or cannot be seen. A missing issue is `issue: null`.
 * @throws RetryLater when GitHub is limited or out for the issue, the default branch, the policy or the task's pull
 *   request; failures of anything else become `unknown` with a sentence in `missing`.
 */
export async function observeTask(
  key: SubjectKey,
  ports: ObservePorts,
): Promise<TaskSnapshot<Policy> | null> {
  const subject = parseKey(key)
  if (subject?.kind !== 'task') return null
  const { forge, ledger } = ports
  const name = subject.repository
  const missing: string[] = []

  const app = await forge.identity()
  const repository = await readRepository(forge, name)
  if (!repository) return null
  const ref = repository.defaultBranch
  const tip = await forge.branchTip(name, ref)
  if (!tip.found) {
    const sentence = `The default branch ${ref} of ${name} has no commit that Countersign can see: push one, then retry.`
    throw new Terminal(`${name} has no readable default branch`, sentence)
  }
  const base = { ref, tip: tip.value }
  const policy = await readPolicy(ports, repository, base)
  const facts = await ledger.facts(key)
  const observed = await forge.issue(name, subject.issue)
  const issue = observed.found ? observed.value.issue : null
  const acting = [...actingIn(facts), ...peopleOf(issue)]
  const people = await lookUp(forge, name, { acting, writing: [] }, teamsIn(policy), missing)
  const priorArt = await tryRead(missing, 'The prior art of the bundle', () =>
    resolveAll(ports, name, base.tip, facts),
  )
  const number = lastFact(facts, 'pull.opened')?.body.number
  const pullKey = number === undefined ? null : formatKey({ kind: 'pull', repository: name, number })
  const pull = pullKey === null ? null : await observePull(pullKey, ports)
  // A task goes on only with what its pull request shows, so a gap there is a gap here (S3).
  missing.push(...(pull?.missing ?? []))

  const results = new Map<Digest, EvidenceResult>()
  const snapshot: TaskSnapshot<Policy> = {
    key,
    nowMs: ports.clock.nowMs(),
    missing,
    app,
    repository,
    policy,
    issue,
    base,
    people,
    priorArt,
    ownComments: observed.found ? observed.value.ownComments : [],
    facts,
    evidence: viewOf(name, results),
    pull,
    spending: {
      day: await ledger.spentSince(name, ports.clock.nowMs() - dayMs),
      repository: await ledger.spentSince(name, ports.clock.nowMs() - 30 * dayMs),
    },
  }
  await loadNeeds(name, results, ledger, () => ports.needs.task(snapshot))
  return snapshot
}

function peopleOf(issue: IssueReading | null): Account[] {
  return [issue?.author, issue?.lastEditor].filter((one): one is Account => one !== null && one !== undefined)
}

/**
 * Whether each reference of the newest bundle text resolves. Only while that text is not frozen: what a person handed
 * over is not judged again because a file was moved later (D4).
 */
async function resolveAll(
  ports: ObservePorts,
  name: RepositoryName,
  sha: Sha,
  facts: readonly Fact[],
): Promise<Known<ReadonlyMap<string, boolean>>> {
  const delegation = lastFact(facts, 'issue.delegated')
  const frozen = factsOf(facts, 'bundle.frozen').some((fact) => fact.body.delegation === delegation?.seq)
  if (!delegation || frozen) return new Map()
  const bodies = [delegation.body.body, lastFact(facts, 'issue.edited')?.body.body ?? '']
  const references = bodies.flatMap((body) => {
    const reading = readBundle(body)
    return reading.ok ? reading.bundle.priorArt : []
  })
  const found = [...new Set(references)].slice(0, maximumReferences)
  const answers = await Promise.all(found.map((reference) => ports.forge.resolves(name, sha, reference)))
  return new Map(found.map((reference, index) => [reference, answers[index] === true]))
}
