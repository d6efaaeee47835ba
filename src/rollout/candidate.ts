/** What wants to be deployed to an environment now, and which waiting jobs ask for it (R1, R2). */

import type { Fact } from '../core/facts.ts'
import { type FactOf, factsOf } from '../core/facts.ts'
import type { Sha } from '../core/ids.ts'
import type { EnvironmentSettings } from './settings.ts'
import { healthyOf, inVain, type RolloutState } from './state.ts'

export interface Candidate {
  sha: Sha
  /** Jobs that wait for our word on it; none where Countersign itself starts the deployment. */
  rules: FactOf<'rule.asked'>[]
}

export interface Questions {
  /** The newest commit that jobs wait with, or that is next by policy. */
  candidate: Candidate | null
  /** Jobs of the rollback that was announced: let through at once (R2). */
  rollback: FactOf<'rule.asked'>[]
  /** Jobs with another commit than the newest: what they would deploy is no longer wanted. */
  outdated: FactOf<'rule.asked'>[]
}

/**
 * @param tip the default branch as it is now: what the first environment is to have.
 * @param before the facts of the environment that policy puts before this one, or null when there is none.
 */
export function questionsOf(
  settings: EnvironmentSettings | null,
  facts: readonly Fact[],
  state: RolloutState,
  tip: Sha,
  before: readonly Fact[] | null,
): Questions {
  // A workflow that we start may ask before we know its run: until then nobody's that was started by hand is answered.
  const unheard = state.pending.some(({ intent, made }) => !made && intent.body.way === 'dispatch')
  const open = openRules(facts).filter(({ body }) => !(unheard && body.event === 'workflow_dispatch'))
  const rollback = rollbackRules(facts, state, open)
  const forward = open.filter((rule) => !rollback.includes(rule))
  const shaOf = (rule: FactOf<'rule.asked'>) => intentOfRun(facts, rule.body.runId)?.body.sha ?? rule.body.sha
  // By GitHub's own order of runs: events arrive in any (S8).
  const newest = forward.toSorted((a, b) => a.body.runId - b.body.runId || a.seq - b.seq).at(-1)
  if (newest) {
    const sha = shaOf(newest)
    const rules = forward.filter((rule) => shaOf(rule) === sha)
    return { candidate: { sha, rules }, rollback, outdated: forward.filter((rule) => !rules.includes(rule)) }
  }
  const none = { candidate: null, rollback, outdated: [] }
  if (!settings || settings.deploy === 'observe') return none
  const sha = before === null ? tip : (healthyOf(before)?.sha ?? null)
  if (sha === null || sha === state.standing) return none
  const tried =
    factsOf(facts, 'deploy.intended').some(({ body }) => body.purpose === 'forward' && body.sha === sha) ||
    state.seen.some((one) => one.sha === sha)
  return tried && !inVain(facts, state, sha)
    ? none
    : { candidate: { sha, rules: [] }, rollback, outdated: [] }
}

/** Jobs that nobody has answered yet, as far as is on record. */
export function openRules(facts: readonly Fact[]): FactOf<'rule.asked'>[] {
  const answered = new Set(factsOf(facts, 'rule.answered').map(({ body }) => body.of))
  return factsOf(facts, 'rule.asked').filter(({ seq }) => !answered.has(seq))
}

/**
 * Jobs of runs that were started with inputs and not by us. Where such a run is of the workflow that is told its commit,
 * the commit that GitHub names says nothing of what it deploys.
 */
export function byHand(facts: readonly Fact[]): FactOf<'rule.asked'>[] {
  return openRules(facts).filter(
    ({ body }) => eventsWithInputs.has(body.event) && intentOfRun(facts, body.runId) === null,
  )
}
const eventsWithInputs: ReadonlySet<string> = new Set(['workflow_dispatch', 'repository_dispatch'])

/** Our intent that started a workflow run, if we did. */
export function intentOfRun(facts: readonly Fact[], runId: number): FactOf<'deploy.intended'> | null {
  const made = factsOf(facts, 'deploy.made').find(({ body }) => body.runId === runId)
  return factsOf(facts, 'deploy.intended').find(({ seq }) => seq === made?.body.intent) ?? null
}

/** What begins when a deployment is created. */
const createdEvents: ReadonlySet<string> = new Set(['deployment', 'deployment_status'])

/**
 * The question of the rollback under way: asked after it was announced, by the run that we started, or, for a created
 * deployment, about the very commit that is rolled back to. One run, and none once it has ended (R2).
 */
function rollbackRules(
  facts: readonly Fact[],
  { rollingBack, seen }: RolloutState,
  open: readonly FactOf<'rule.asked'>[],
): FactOf<'rule.asked'>[] {
  if (!rollingBack) return []
  const own = new Set(seen.filter(({ intent }) => intent?.seq === rollingBack.seq).map(({ id }) => id))
  // guard: rollbackBound
  const fits = (rule: FactOf<'rule.asked'>) =>
    rule.seq > rollingBack.seq &&
    (rollingBack.body.way === 'dispatch'
      ? intentOfRun(facts, rule.body.runId)?.seq === rollingBack.seq
      : // A run of another event may deploy what its inputs say.
        (createdEvents.has(rule.body.event) && rule.body.sha === rollingBack.body.sha) ||
        (rule.body.deploymentId !== null && own.has(rule.body.deploymentId)))
  const answered = new Set(
    factsOf(facts, 'rule.answered').flatMap(({ body }) => (body.state === 'approved' ? [body.of] : [])),
  )
  const already = factsOf(facts, 'rule.asked').some((rule) => answered.has(rule.seq) && fits(rule))
  return already ? [] : open.filter(fits).slice(0, 1)
}
