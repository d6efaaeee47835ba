/** Observing an environment: its deployments on GitHub, what is on the way to it and who brought that, and its facts (R1). */
import type { Account } from '../core/account.ts'
import { type EvidenceResult, viewOf } from '../core/evidence.ts'
import { type Fact, type FactOf, factsOf } from '../core/facts.ts'
import {
  type Digest,
  formatKey,
  parseKey,
  type RepositoryName,
  type Sha,
  type SubjectKey,
} from '../core/ids.ts'
import type { RangeStep, RolloutSnapshot } from '../core/snapshot/rollout.ts'
import type { Policy } from '../policy/schema.ts'
import { byHand } from '../rollout/candidate.ts'
import { mostSteps, stepsOf } from '../rollout/range.ts'
import { asksPeople, settingsOf, spelledIn } from '../rollout/settings.ts'
import { type Start, startOf } from '../rollout/start.ts'
import { openDeployments } from '../rollout/state.ts'
import { wayTo } from '../rollout/way.ts'
import { loadNeeds } from './evidence.ts'
import { readGround } from './ground.ts'
import { actingIn, lookUp, teamsIn } from './people.ts'
import { type ObservePorts, tryRead } from './ports.ts'

/**
 * Read a rollout's snapshot.
 *
 * @param key `rollout:owner/repo@environment`.
 * @returns null when the repository or its default branch cannot be seen.
 * @throws RetryLater when GitHub is limited or out for the branch or the policy; failures of anything else become
 *   `unknown` with a sentence in `missing`.
 */
export async function observeRollout(
  key: SubjectKey,
  ports: ObservePorts,
): Promise<RolloutSnapshot<Policy> | null> {
  const subject = parseKey(key)
  if (subject?.kind !== 'rollout') return null
  const { forge, ledger } = ports
  const { repository: name } = subject
  const missing: string[] = []

  const facts = await ledger.facts(key)
  const ground = await readGround(ports, name)
  if (!ground) return null
  const { app, repository, base: branch, policy } = ground
  const environments = policy.ok ? policy.policy.rollout.environments : {}
  const environment = spelledIn(environments, subject.environment)
  const settings = settingsOf(environments, environment)
  const before =
    settings?.after === undefined
      ? null
      : {
          environment: settings.after,
          facts: await ledger.facts(
            formatKey({ kind: 'rollout', repository: name, environment: settings.after }),
          ),
        }
  const deployments = await tryRead(missing, `The deployments to ${environment}`, () =>
    forge.deployments(name, spellingsOf(environment, facts), openDeployments(facts)),
  )
  const start = startOf({ settings, facts, deployments, tip: branch.tip, before: before?.facts ?? null })

  const results = new Map<Digest, EvidenceResult>()
  const snapshot: RolloutSnapshot<Policy> = {
    key,
    nowMs: ports.clock.nowMs(),
    missing,
    app,
    repository,
    policy,
    environment,
    branch,
    deployments,
    before,
    range: [],
    came: [],
    runs: [],
    askers: [],
    smoke: null,
    people: new Map(),
    facts,
    evidence: viewOf(name, results),
  }
  await loadNeeds(name, results, ledger, () => ports.needs.rollout(snapshot))
  const range = await tryRead(missing, 'Who brought the commits on the way', () =>
    readRange(snapshot, start.target, start, ports),
  )
  const came = await tryRead(missing, 'Who brought what was deployed last', () =>
    readRange(
      snapshot,
      start.stranger?.sha === start.target ? null : (start.stranger?.sha ?? null),
      start,
      ports,
    ),
  )
  const asks = settings !== null && asksPeople(environments, environment)
  const runs = await tryRead(missing, 'The checks of the commits on the way', () =>
    // Only where a person is asked is there a check of ours.
    readRuns(name, asks ? start.focus : [], ports),
  )
  const smoke = await tryRead(missing, 'The smoke test', () => readSmoke(name, start, ports))
  const askers = await tryRead(missing, 'The runs that wait for a word', () =>
    readAskers(name, settings?.workflow === undefined ? [] : byHand(facts), ports),
  )
  const acting = [...actingIn(facts), ...speaking(range === 'unknown' ? [] : range)]
  const people = await lookUp(forge, name, { acting, writing: [] }, teamsIn(policy), missing)
  const whole = { ...snapshot, range, came, runs, askers, smoke, people }
  await loadNeeds(name, results, ledger, () => ports.needs.rollout(whole))
  return whole
}

/** The names under which it was deployed to, policy's own first. */
function spellingsOf(environment: string, facts: readonly Fact[]): string[] {
  const seen = factsOf(facts, 'deploy.seen').map(({ body }) => body.environment)
  return [...new Set([environment, ...seen])]
}

/**
 * The first-parent steps of the way, once git has told its commits, each with the merged pull requests that brought it;
 * the commit alone where nothing is known to stand.
 */
async function readRange(
  snapshot: RolloutSnapshot<Policy>,
  target: Sha | null,
  { state }: Start,
  ports: ObservePorts,
): Promise<RangeStep[]> {
  const { name, defaultBranch } = snapshot.repository
  const shas = target === null ? [] : state.standing === null ? [target] : shasTo(target, snapshot)
  // So many are refused, and not looked up.
  if (shas.length > mostSteps) return []
  const steps: RangeStep[] = []
  for (const sha of shas) steps.push({ sha, pulls: await pullsOf(name, sha, ports), pusher: null })
  if (steps.every(({ pulls }) => pulls.length > 0)) return steps
  const pushes = await ports.forge.pushes(name, defaultBranch)
  return steps.map((step) =>
    step.pulls.length > 0
      ? step
      : { ...step, pusher: pushes.find(({ sha }) => sha === step.sha)?.by ?? null },
  )
}

function shasTo(target: Sha, { facts, evidence }: RolloutSnapshot<Policy>): Sha[] {
  return stepsOf(wayTo(facts, target, evidence).commits ?? [], target)
}

async function pullsOf(
  name: RepositoryName,
  sha: Sha,
  { forge, ledger }: ObservePorts,
): Promise<RangeStep['pulls']> {
  const pulls = []
  for (const { number } of await forge.mergedPulls(name, sha)) {
    const key = formatKey({ kind: 'pull', repository: name, number })
    pulls.push({ number, key, facts: await ledger.facts(key) })
  }
  return pulls
}

async function readRuns(name: RepositoryName, focus: readonly Sha[], { forge }: ObservePorts) {
  const runs = []
  for (const sha of focus) runs.push(...(await forge.checks(name, sha)).own)
  return runs
}

async function readAskers(name: RepositoryName, rules: FactOf<'rule.asked'>[], { forge }: ObservePorts) {
  const runs = []
  for (const runId of new Set(rules.map(({ body }) => body.runId))) {
    const run = await forge.workflowRun(name, runId)
    if (run.found) runs.push(run.value)
  }
  return runs
}

/** The run of the smoke test that was started for what stands now; null when none is to be looked at. */
async function readSmoke(name: RepositoryName, { state }: Start, { forge }: ObservePorts) {
  const runId = state.current?.canary ? null : (state.current?.smoke?.body.runId ?? null)
  if (runId === null) return null
  const run = await forge.workflowRun(name, runId)
  return run.found ? run.value : null
}

/** Who gave commands on the pull requests of the way. */
function speaking(range: readonly RangeStep[]): Account[] {
  return range
    .flatMap(({ pulls }) => pulls)
    .flatMap(({ facts }) => factsOf(facts, 'comment.command'))
    .flatMap(({ actor }) => (actor ? [actor] : []))
}
