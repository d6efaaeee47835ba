/** A small GitHub around an environment, and what observe would read of it. */
import type { Account, Role } from '../../src/core/account.ts'
import type { ObservedCheckRun } from '../../src/core/checkRun.ts'
import type { CommitBody, EvidenceRequest, EvidenceResult } from '../../src/core/evidence.ts'
import type { Fact, FactBody } from '../../src/core/facts.ts'
import type { WorkflowRun } from '../../src/core/snapshot/pull.ts'
import type { DeploymentReading, RangeStep, RolloutSnapshot } from '../../src/core/snapshot/rollout.ts'
import { requestsName } from '../../src/core/watch.ts'
import type { Policy } from '../../src/policy/schema.ts'
import { stepsOf } from '../../src/rollout/range.ts'
import { settingsOf } from '../../src/rollout/settings.ts'
import { openDeployments } from '../../src/rollout/state.ts'
import { wayTo } from '../../src/rollout/way.ts'
import { startOf } from '../../src/subjects/rollout/needs.ts'
import * as fixture from '../support/snapshots.ts'

/** A commit of the default branch, by a short name. `parent` is its first. */
export interface Commit {
  parent: string | null
  message?: string
  /** Commits that it really takes back, whatever its message says. */
  undoes?: string[]
  paths?: string[]
  /** The pull request that brought it; null for a push past pull requests by `pusher`. */
  pull: { number: number; facts: { actor?: Account | null; body: FactBody; atMs?: number }[] } | null
  pusher?: Account | null
  /** The commit as which its pull request was merged, where it is another: then this one is only on the way. */
  mergedAs?: string
}

/** What does not change while a story goes on. */
export interface Setting {
  policy: Policy
  commits: Readonly<Record<string, Commit>>
  /** Environments whose jobs ask for our word. */
  ruled: readonly string[]
  /** Where deployments of an environment say they are; null where they say nothing. */
  url: string | null
}

export interface Entry {
  by: Account | null
  atMs: number
  body: FactBody
  /** The message that it came with, where messages are counted: the same one is recorded once. */
  message?: number
}

/** A deployment as GitHub has it, beside the commit that really runs: a dispatched workflow deploys what it was told. */
export interface Deployed {
  id: number
  sha: string
  real: string
  /** The App behind it, where it is another than one would think. */
  viaApp?: null
  /** When its job began to deploy, where a test says so. */
  beganMs?: number
  /** Started by hand, with the workflow that is told its commit. */
  told?: true
  state: DeploymentReading['state']
  succeeded: boolean
  marker: string | null
  runId: number | null
  bot: boolean
  /** Of ours, what it is for; null for anybody else's. */
  purpose: 'forward' | 'rollback' | null
  /** Deleted on GitHub with its environment; what it deployed runs on. */
  deleted?: true
}

export interface Place {
  facts: readonly Entry[]
  /** Oldest first. */
  deployments: readonly Deployed[]
  /** Runs whose job waits for the rule of this environment. */
  waiting: readonly number[]
  /** Deployments in the order in which they succeeded: the last one stands, whatever anybody thinks. */
  stood: readonly number[]
  wakeMs: number | null
}

export interface Town {
  nowMs: number
  /** Name of the newest commit. */
  tip: string
  places: Readonly<Record<string, Place>>
  runs: readonly ObservedCheckRun[]
  /** What samples, baselines and probes showed: a letter or a list of figures by the name of the request. */
  readings: Readonly<Record<string, Reading>>
  /** Rows that say that a workflow was started. */
  intents: readonly string[]
  nextId: number
  roles: Readonly<Record<number, Role | 'unknown'>>
  policyBroken: boolean
  missing: readonly string[]
  deploymentsUnknown: boolean
  smoke: Readonly<Record<number, 'success' | 'failure'>>
}

/** Figures by monitor; a string is the reason why there is none. */
export type Reading = Readonly<Record<string, number | string>>

const repository = fixture.repository.name
export const keyOf = (environment: string) => `rollout:${repository}@${environment}`
export const shaOf = (name: string) => fixture.sha(name)
export const commitOf = ({ commits }: Setting, sha: string) =>
  Object.keys(commits).find((name) => shaOf(name) === sha) ?? '?'
const emptyPlace: Place = { facts: [], deployments: [], waiting: [], stood: [], wakeMs: null }
export const placeOf = (town: Town, environment: string): Place =>
  Object.hasOwn(town.places, environment) ? (town.places[environment] ?? emptyPlace) : emptyPlace

/** An environment with these parts replaced. */
export function within(town: Town, environment: string, parts: Partial<Place>): Town {
  return {
    ...town,
    places: { ...town.places, [environment]: { ...placeOf(town, environment), ...parts } },
  }
}

export function recorded(town: Town, environment: string, body: FactBody, by: Account | null = null): Town {
  const { facts } = placeOf(town, environment)
  return within(town, environment, { facts: [...facts, { by, atMs: town.nowMs, body }] })
}

export const freshTown = (tip: string): Town => ({
  nowMs: Date.UTC(2026, 0, 5, 12),
  tip,
  places: {},
  runs: [],
  readings: {},
  intents: [],
  nextId: 1,
  roles: { 1: 'admin', 2: 'write', 3: 'write', 4: 'write', 5: 'read' },
  policyBroken: false,
  missing: [],
  deploymentsUnknown: false,
  smoke: {},
})

/** The name under which a measurement is kept. */
export function readingName(request: EvidenceRequest): string | null {
  switch (request.kind) {
    case 'sample':
      return `sample ${request.deployment} ${request.atMs}`
    case 'baseline':
      return `baseline ${request.deployment}`
    case 'probes':
      return `probes ${request.deployment}`
    default:
      return null
  }
}

/** The names of a commit and of all before it, newest first. */
function historyOf({ commits }: Setting, head: string): string[] {
  const names: string[] = []
  for (let at: string | null = head; at !== null; at = commits[at]?.parent ?? null) names.push(at)
  return names
}

/** What `head` holds and `base` does not, newest first: nothing where `head` is the older one, as in git. */
function wayBetween(setting: Setting, base: string, head: string): string[] {
  const before = new Set(historyOf(setting, commitOf(setting, base)))
  return historyOf(setting, head).filter((name) => !before.has(name))
}

function collected(setting: Setting, town: Town, request: EvidenceRequest): EvidenceResult | undefined {
  if (request.kind === 'commits' || request.kind === 'diff') {
    const way = wayBetween(setting, request.base, commitOf(setting, request.head))
    if (request.kind === 'commits') return { ok: true, body: { commits: way.map(bodyOf(setting)) } }
    const paths = way.flatMap((name) => setting.commits[name]?.paths ?? [`src/${name}.ts`])
    return { ok: true, body: fixture.diffOf(paths.map((path) => fixture.file(path))) }
  }
  if (request.kind === 'revert') {
    const undone = setting.commits[commitOf(setting, request.commit)]?.undoes ?? []
    const isTrue = request.of.every((sha) => undone.includes(commitOf(setting, sha)))
    return { ok: true, body: { strangers: [], settled: [], other: isTrue ? [] : ['src/left.ts'] } }
  }
  const name = readingName(request)
  const reading = name === null ? undefined : town.readings[name]
  if (!reading) return undefined
  if (request.kind === 'probes') {
    const results = request.checks.map(({ name: probe }) => ({
      name: probe,
      ok: reading['ok'] === 1,
      sentence: `${probe} was asked.`,
    }))
    return { ok: true, body: { results } }
  }
  if (typeof reading['failed'] === 'string') return { ok: false, reason: reading['failed'] }
  const readings = ('sources' in request ? request.sources : []).map(({ name: monitor }) => {
    const value = reading[monitor] ?? (monitor === requestsName ? 1000 : 'no answer')
    return typeof value === 'number'
      ? { name: monitor, reading: { ok: true as const, value } }
      : { name: monitor, reading: { ok: false as const, reason: value } }
  })
  return { ok: true, body: { readings } }
}

const bodyOf =
  ({ commits }: Setting) =>
  (name: string): CommitBody => {
    const { parent, message = name } = commits[name] ?? { parent: null }
    return fixture.commit(name, { parents: parent === null ? [] : [shaOf(parent)], message })
  }

function factsOf(town: Town, environment: string): Fact[] {
  return placeOf(town, environment).facts.map(({ by, atMs, body }, seq) => ({
    subject: keyOf(environment),
    seq,
    actor: by,
    atMs,
    delivery: null,
    body,
    previousHash: '',
    hash: '',
  }))
}

function stepOf({ commits }: Setting, name: string): RangeStep {
  const { pull, pusher = null, mergedAs = name } = commits[name] ?? { pull: null }
  if (!pull) return { sha: shaOf(name), pulls: [], pusher }
  const key = `pull:${repository}#${pull.number}`
  const told = pull.facts.map((fact) =>
    fact.body.kind === 'merged' ? { ...fact, body: { ...fact.body, merge: shaOf(mergedAs) } } : fact,
  )
  const pulls = [{ number: pull.number, key, facts: fixture.factsFrom(key, told) }]
  return { sha: shaOf(name), pulls, pusher: null }
}

/** What observe would read now. */
export function snapshotOf(setting: Setting, town: Town, environment: string): RolloutSnapshot<Policy> {
  const facts = factsOf(town, environment)
  const after = settingsOf(setting.policy.rollout.environments, environment)?.after
  const policy: RolloutSnapshot<Policy>['policy'] = town.policyBroken
    ? { ok: false, mistakes: [], sentence: 'Line 3 of the policy is wrong.', sha: null }
    : { ok: true, policy: setting.policy, sha: shaOf(town.tip), source: 'repository' }
  const snapshot: RolloutSnapshot<Policy> = {
    key: keyOf(environment),
    nowMs: town.nowMs,
    missing: [...town.missing, ...(town.deploymentsUnknown ? ['The deployments'] : [])],
    app: fixture.app,
    repository: fixture.repository,
    policy,
    environment,
    branch: { ref: 'main', tip: shaOf(town.tip) },
    deployments: town.deploymentsUnknown
      ? 'unknown'
      : placeOf(town, environment)
          .deployments.filter(({ deleted }) => !deleted)
          .map((one) => readingOf(setting, environment, one))
          .reverse()
          .filter(({ id }, at) => at < 20 || openDeployments(facts).includes(id)),
    before: after === undefined || !policy.ok ? null : { environment: after, facts: factsOf(town, after) },
    range: [],
    came: [],
    runs: [...town.runs],
    askers: askersOf(setting, town, environment),
    smoke: null,
    people: fixture.peopleOf(
      ...[fixture.dana, fixture.erik, fixture.fay, fixture.gus, fixture.stranger].map((who) =>
        fixture.standing(who, town.roles[who.id] ?? 'unknown'),
      ),
      fixture.standing(fixture.copilot, 'write'),
    ),
    facts,
    evidence: {
      get: <R extends EvidenceRequest>(request: R) =>
        collected(setting, town, request) as EvidenceResult<R['kind']> | undefined,
    },
  }
  const { state, target, stranger } = startOf(snapshot)
  const runId = state.current?.smoke?.body.runId ?? null
  const stepsTo = (sha: string | null): RangeStep[] => {
    const commits = sha === null ? null : wayTo(facts, sha, snapshot.evidence).commits
    const way = sha === null ? [] : state.standing === null ? [sha] : stepsOf(commits ?? [], sha)
    return way.length > 100 ? [] : way.map((one) => stepOf(setting, commitOf(setting, one)))
  }
  return {
    ...snapshot,
    range: stepsTo(target),
    came: stepsTo(stranger && stranger.sha !== target ? stranger.sha : null),
    smoke: runId === null ? null : smokeOf(town, runId),
  }
}

/** Runs of the workflow that is told its commit whose jobs wait, as GitHub shows them: not whose they are. */
function askersOf({ policy }: Setting, town: Town, environment: string): WorkflowRun[] {
  const path = settingsOf(policy.rollout.environments, environment)?.workflow
  const { deployments, waiting } = placeOf(town, environment)
  return deployments.flatMap(({ runId, told, bot, sha }) =>
    path !== undefined && runId !== null && waiting.includes(runId) && (told || bot)
      ? [
          {
            id: runId,
            path,
            event: 'workflow_dispatch',
            sha: shaOf(sha),
            attempt: 1,
            ended: false,
            conclusion: null,
          },
        ]
      : [],
  )
}

function smokeOf({ smoke }: Town, id: number): RolloutSnapshot['smoke'] {
  const conclusion = smoke[id] ?? null
  const path = '.github/workflows/smoke.yml'
  return { id, path, event: 'workflow_dispatch', sha: '', attempt: 1, ended: conclusion !== null, conclusion }
}

function readingOf({ url }: Setting, environment: string, one: Deployed): DeploymentReading {
  return {
    id: one.id,
    sha: shaOf(one.sha),
    environment,
    createdBy: one.bot ? fixture.app.bot : fixture.dana,
    viaApp: one.viaApp === null ? null : one.runId === null ? fixture.app.appId : 15_368,
    marker: one.marker,
    state: one.state,
    succeeded: one.succeeded,
    beganMs: one.beganMs ?? null,
    environmentUrl: one.succeeded ? url : null,
    runId: one.runId,
  }
}
