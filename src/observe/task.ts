/** Observing a task: the delegated issue, its facts, whether its references resolve, and the pull request it led to. */
import { type Account, hasRole, type Standing } from '../core/account.ts'
import { Terminal } from '../core/errors.ts'
import { type EvidenceResult, viewOf } from '../core/evidence.ts'
import { type Fact, factsOf, lastFact, settledBySeq } from '../core/facts.ts'
import {
  type Digest,
  formatKey,
  parseKey,
  type RepositoryName,
  type Sha,
  type SubjectKey,
} from '../core/ids.ts'
import type { ForgeReads, IssueObservation } from '../core/ports.ts'
import type { Known } from '../core/snapshot/common.ts'
import type { IssueReading, TaskSnapshot } from '../core/snapshot/task.ts'
import { mostReferences } from '../core/split.ts'
import type { Policy } from '../policy/schema.ts'
import { readFamily } from './epic.ts'
import { loadNeeds } from './evidence.ts'
import { groundOf } from './ground.ts'
import { actingIn, lookUp, teamsIn } from './people.ts'
import { type ObservePorts, readRepository, tryRead, underName } from './ports.ts'
import { observePull } from './pull.ts'
import { referencesIn } from './references.ts'

const dayMs = 24 * 3_600_000

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

  // Facts first: one that arrives while GitHub is read makes the chain longer, and the round runs again (S7).
  const facts = await ledger.facts(key)
  const observed = await forge.issue(name, subject.issue)
  const repository = observed.found
    ? underName(name, observed.value.repository)
    : await readRepository(forge, name)
  if (!repository) return null
  const ground = await groundOf(ports, repository)
  if (!ground) {
    const sentence = `The default branch ${repository.defaultBranch} of ${name} has no commit that Countersign can see: push one, then retry.`
    throw new Terminal(`${name} has no readable default branch`, sentence)
  }
  const { app, base, policy } = ground
  const issue = observed.found ? await typed(forge, name, observed.value.issue, facts) : null
  const acting = [...actingIn(facts), ...peopleOf(issue)]
  const people = await lookUp(forge, name, { acting, writing: [] }, teamsIn(policy), missing)
  const priorArt = await tryRead(missing, 'The prior art of the bundle', () =>
    resolveAll(ports, name, base.tip, facts, people),
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
    ...(await readFamily(ledger, name, facts)),
    spending: {
      day: await ledger.spentSince(name, ports.clock.nowMs() - dayMs),
      repository: await ledger.spentSince(name, ports.clock.nowMs() - 30 * dayMs),
    },
  }
  await loadNeeds(name, results, ledger, () => ports.needs.task(snapshot))
  return snapshot
}

/** Whether somebody who may has delegated, or is about to be judged as such: for a stranger nothing is looked up. */
function mayCount(facts: readonly Fact[], people: ReadonlyMap<number, Standing>): boolean {
  const delegations = factsOf(facts, 'issue.delegated')
  // Work that has begun, a proposal say, was let begin by somebody else than these.
  if (delegations.length === 0 || lastFact(facts, 'attempt.started')) return true
  const settled = settledBySeq(facts)
  return delegations.some(({ seq, actor }) => {
    const answer = settled.get(seq)
    return answer ? answer.body.outcome === 'accepted' : hasRole(people.get(actor?.id ?? -1), 'write')
  })
}

/** The type says only which route a task takes, so it is asked for from the frozen bundle on until that is chosen. */
async function typed(
  forge: Pick<ForgeReads, 'issueType'>,
  name: RepositoryName,
  issue: IssueObservation['issue'],
  facts: readonly Fact[],
): Promise<IssueReading> {
  const frozen = lastFact(facts, 'bundle.frozen')
  const routed = frozen && factsOf(facts, 'route.chosen').some(({ seq }) => seq > frozen.seq)
  const asked = frozen && !routed && lastFact(facts, 'issue.delegated')
  return { ...issue, type: asked ? await forge.issueType(name, issue.number) : null }
}

function peopleOf(issue: IssueReading | null): Account[] {
  return [issue?.author, issue?.lastEditor].filter((one): one is Account => one !== null && one !== undefined)
}

async function resolveAll(
  ports: ObservePorts,
  name: RepositoryName,
  sha: Sha,
  facts: readonly Fact[],
  people: ReadonlyMap<number, Standing>,
): Promise<Known<ReadonlyMap<string, boolean>>> {
  if (!mayCount(facts, people)) return new Map()
  const found = referencesIn(facts).slice(0, mostReferences)
  return found.length === 0 ? new Map() : ports.forge.resolves(name, sha, found)
}
