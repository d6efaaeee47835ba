/** Observing a pull request: everything that may be known of it in one round, with marks where reading failed. */
import type { Account } from '../core/account.ts'
import { type EvidenceResult, viewOf } from '../core/evidence.ts'
import { type Fact, factsOf } from '../core/facts.ts'
import { type Digest, formatKey, parseKey, type RepositoryName, type SubjectKey } from '../core/ids.ts'
import { policyPath } from '../core/policyFiles.ts'
import type { PullObservation } from '../core/ports.ts'
import type { Known, PolicyReading } from '../core/snapshot/common.ts'
import type { PullReading, PullSnapshot } from '../core/snapshot/pull.ts'
import type { Policy } from '../policy/schema.ts'
import { readEnforcement } from './enforcement.ts'
import { loadNeeds } from './evidence.ts'
import { actingIn, lookUp, teamsIn, writingIn } from './people.ts'
import { readPolicy, readProposedPolicy } from './policy.ts'
import { type PullPorts, tryRead, underName } from './ports.ts'

/**
 * Read a pull request's snapshot.
 *
 * @param key `pull:owner/repo#34`.
 * @param options.depth 1 leaves the siblings out: that is how siblings themselves are observed.
 * @param options.policy judged by in place of the one in force, to ask what another one would have said (O7).
 * @returns null when the pull request, or the repository, does not exist or cannot be seen.
 * @throws RetryLater when GitHub is limited or out for the pull request or the policy itself; failures of anything else
 *   become `unknown` with a sentence in `missing`.
 * @throws Terminal over GitHub's limits (T18).
 */
export async function observePull(
  key: SubjectKey,
  ports: PullPorts,
  { depth = 0, policy: given }: { depth?: 0 | 1; policy?: PolicyReading<Policy> } = {},
): Promise<PullSnapshot<Policy> | null> {
  const subject = parseKey(key)
  if (subject?.kind !== 'pull') return null
  const { forge, ledger } = ports
  const name = subject.repository
  const missing: string[] = []

  const app = await forge.identity()
  // Facts first: one that arrives while GitHub is read makes the chain longer, and the round runs again (S7).
  const facts = await ledger.facts(key)
  const observed = await forge.pull(name, subject.number)
  if (!observed.found) return null
  const { pull } = observed.value
  const repository = underName(name, observed.value.repository)
  if (!repository) return null
  const policy = given ?? (await readPolicy(ports, repository, pull.base))
  const task = await taskOf(ports, name, pull)

  const [checks, headRuns, pushers, siblings, enforcement] = await Promise.all([
    tryRead(missing, `The checks of ${pull.head.sha.slice(0, 7)}`, () => forge.checks(name, pull.head.sha)),
    tryRead(missing, `The workflow runs of ${pull.head.sha.slice(0, 7)}`, async () =>
      readsReports(policy) ? forge.workflowRuns(name, pull.head.sha) : [],
    ),
    tryRead(missing, `Who pushed ${pull.head.ref}`, () => pushersOf(ports, name, pull, facts)),
    readSiblings(ports, name, observed.value, depth, missing),
    tryRead(missing, `The rules in force on ${pull.base.ref}`, () =>
      readEnforcement(ports, repository, policy, pull.base.ref),
    ),
  ])
  const people = await lookUp(
    forge,
    name,
    peopleOf(observed.value, pushers, facts, task),
    teamsIn(policy),
    missing,
  )

  const results = new Map<Digest, EvidenceResult>()
  const snapshot: PullSnapshot<Policy> = {
    key,
    nowMs: ports.clock.nowMs(),
    missing,
    app,
    repository,
    policy,
    pull,
    people,
    commits: observed.value.commits,
    pushers,
    reviews: observed.value.reviews,
    threads: observed.value.threads,
    runs: checks === 'unknown' ? 'unknown' : checks.own,
    ci: checks === 'unknown' ? 'unknown' : checks.ci,
    workflowRuns: { head: headRuns, base: [] },
    siblings,
    enforcement,
    proposedPolicy: null,
    ownComments: observed.value.ownComments,
    facts,
    task,
    environments: await environmentsOf(ports, name, pull, policy),
    evidence: viewOf(name, results),
  }
  await loadNeeds(name, results, ledger, () => ports.needs.pull(snapshot))
  const compared = await withBaseRuns(ports, snapshot, results)
  return { ...compared, proposedPolicy: await proposedPolicy(ports, compared) }
}

/** Only reports that CI uploads ask for more of a workflow run than its checks tell. */
const readsReports = (policy: PolicyReading<Policy>) => policy.ok && policy.policy.gates.reports.length > 0

/** Where the gates read reports, the runs at the merge base are looked up too: which commit that is, only git tells. */
async function withBaseRuns(
  ports: PullPorts,
  snapshot: PullSnapshot<Policy>,
  results: Map<Digest, EvidenceResult>,
): Promise<PullSnapshot<Policy>> {
  const { pull, repository, missing } = snapshot
  const diff = snapshot.evidence.get({ kind: 'diff', base: pull.base.tip, head: pull.head.sha })
  if (!diff?.ok || !ports.needs.pull(snapshot).some((request) => request.kind === 'reports')) return snapshot
  const { mergeBase } = diff.body
  const base = await tryRead(missing, `The workflow runs of ${mergeBase.slice(0, 7)}`, () =>
    ports.forge.workflowRuns(repository.name, mergeBase),
  )
  const compared = { ...snapshot, workflowRuns: { ...snapshot.workflowRuns, base } }
  await loadNeeds(repository.name, results, ports.ledger, () => ports.needs.pull(compared))
  return compared
}

/** Read only where the diff touches the policy file; without it a reviewer reads the diff, and nothing else changes. */
async function proposedPolicy(
  ports: PullPorts,
  { repository, pull, policy, evidence }: PullSnapshot<Policy>,
): Promise<PolicyReading<Policy> | null> {
  const diff = evidence.get({ kind: 'diff', base: pull.base.tip, head: pull.head.sha })
  if (!policy.ok || !diff?.ok) return null
  if (!diff.body.files.some((file) => [file.path, file.renamedFrom].includes(policyPath))) return null
  const reading = await tryRead([], 'The proposed policy', () =>
    readProposedPolicy(ports, repository, pull.head.sha),
  )
  return reading === 'unknown' ? null : reading
}

/** A pull request belongs to a task when its head is the branch that the task's plan was issued for. */
async function taskOf(
  ports: PullPorts,
  name: RepositoryName,
  pull: PullReading,
): Promise<PullSnapshot<Policy>['task']> {
  const match = /^agent\/([1-9]\d{0,9})-/.exec(pull.head.ref)
  if (!match || pull.head.fork) return null
  const issue = Number(match[1])
  const key = formatKey({ kind: 'task', repository: name, issue })
  const facts = await ports.ledger.facts(key)
  const issued = factsOf(facts, 'plan.issued').some((fact) => fact.body.branch === pull.head.ref)
  return issued ? { key, issue, facts } : null
}

/** Where a merged change goes from here, in the order of policy. */
async function environmentsOf(
  { ledger }: PullPorts,
  repository: RepositoryName,
  { state }: PullReading,
  policy: PolicyReading<Policy>,
): Promise<PullSnapshot<Policy>['environments']> {
  const names = policy.ok && state === 'merged' ? Object.keys(policy.policy.rollout.environments) : []
  return Promise.all(
    names.map(async (name) => ({
      name,
      facts: await ledger.facts(formatKey({ kind: 'rollout', repository, environment: name })),
    })),
  )
}

/** GitHub's list of moves and the pushes that webhooks told, GitHub's first; a fork's list cannot be seen. */
async function pushersOf(ports: PullPorts, name: RepositoryName, pull: PullReading, facts: readonly Fact[]) {
  const listed = pull.head.fork ? [] : await ports.forge.pushes(name, pull.head.ref)
  const told = factsOf(facts, 'head.pushed').flatMap(({ actor, body }) =>
    actor ? [{ sha: body.sha, by: actor }] : [],
  )
  const seen = new Set(listed.map(({ sha, by }) => `${sha} ${by.id}`))
  const onlyTold = told.filter(({ sha, by }) => !seen.has(`${sha} ${by.id}`))
  // What only webhooks told comes first, unless it is the present head: the newest stays last.
  const isHead = ({ sha }: { sha: string }) => sha === pull.head.sha
  return [...onlyTold.filter((one) => !isHead(one)), ...listed, ...onlyTold.filter(isHead)]
}

function peopleOf(
  observed: PullObservation,
  pushers: Known<{ by: Account }[]>,
  facts: readonly Fact[],
  task: PullSnapshot['task'],
): { acting: Account[]; writing: Account[] } {
  const reviewers = observed.reviews.flatMap((review) => (review.author ? [review.author] : []))
  return {
    acting: [...actingIn(facts), ...actingIn(task?.facts ?? []), ...reviewers],
    writing: [observed.pull.author, ...writingIn(observed.commits, pushers === 'unknown' ? [] : pushers)],
  }
}

/** The other open pull requests with this head; all of them judge the one check run that they share (T3, S5). */
async function readSiblings(
  ports: PullPorts,
  name: RepositoryName,
  observed: PullObservation,
  depth: 0 | 1,
  missing: string[],
): Promise<Known<PullSnapshot<Policy>[]>> {
  if (depth === 1) return []
  return tryRead(missing, 'The other pull requests with the same head', async () => {
    const siblings: PullSnapshot<Policy>[] = []
    for (const number of observed.siblings) {
      const sibling = await observePull(formatKey({ kind: 'pull', repository: name, number }), ports, {
        depth: 1,
      })
      if (sibling) siblings.push(sibling)
    }
    return siblings
  })
}
