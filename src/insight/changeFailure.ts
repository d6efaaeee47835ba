/** Change failure rate: of the deployments whose fate is known, how many failed where they stood (O2, R3, R4). */
import { type Fact, factsOf } from '../core/facts.ts'
import type { Chain, Chains } from './chains.ts'
import type { Share } from './numbers.ts'
import { within } from './period.ts'

export interface EnvironmentFailures {
  environment: string
  /** Whether people are asked before something is deployed there, as its facts tell. */
  asks: boolean
  /** Failed, of those that ended healthy or failed. */
  failed: Share
  /** Of the failed ones, how many were answered by a rollback. */
  rolledBack: number
  /** Never came up, by GitHub's word: nothing is known against the change, so it is in neither number of `failed`. */
  neverStood: number
  /** Another deployment took its place, or a person has yet to decide: in neither number of `failed`. */
  undecided: number
}

export interface ChangeFailure {
  /** Over the environments that ask a person; where none does and there is only one, over that one. Null: over none. */
  failed: Share | null
  environments: EnvironmentFailures[]
}

/**
 * A deployment counts in the period in which its fate was last decided: healthy when its window passed or a person counted
 * it as healthy, failed when its canary or a monitor said so or a person rolled it back. Rollbacks themselves, what stood
 * before Countersign looked, and deployments that are still watched are left out.
 */
export function changeFailure(chains: Chains): ChangeFailure {
  const environments = chains.rollouts
    .map((rollout) => failuresIn(rollout, within(chains.period)))
    .filter((one) => one.failed.of + one.neverStood + one.undecided > 0)
  const asking = environments.filter(({ asks }) => asks)
  const counted = asking.length === 0 && environments.length === 1 ? environments : asking
  return {
    failed:
      counted.length === 0
        ? null
        : {
            part: counted.reduce((total, { failed }) => total + failed.part, 0),
            of: counted.reduce((total, { failed }) => total + failed.of, 0),
          },
    environments,
  }
}

type Fate = 'healthy' | 'failed' | 'neverStood' | 'undecided'

function failuresIn(
  { facts, subject }: Chain<'rollout'>,
  isIn: (fact: Fact) => boolean,
): EnvironmentFailures {
  const last = new Map<number, Fate>()
  for (const fact of facts) {
    const fate = fateOf(fact)
    // A window that ends as failed is followed by the failure that says whether it stood.
    if (fate && isIn(fact)) last.set(fate.deployment, fate.fate)
  }
  const of = (fate: Fate) => [...last].filter(([, one]) => one === fate).map(([deployment]) => deployment)
  const failed = of('failed')
  const replaced = new Set(factsOf(facts, 'deploy.intended').map(({ body }) => body.replaces))
  return {
    environment: subject.environment,
    asks: facts.some(
      ({ body }) =>
        (body.kind === 'deploy.decided' && (body.verdict === 'approve' || body.verdict === 'reject')) ||
        (body.kind === 'deploy.intended' && body.bound !== null),
    ),
    failed: { part: failed.length, of: failed.length + of('healthy').length },
    rolledBack: failed.filter((deployment) => replaced.has(deployment)).length,
    neverStood: of('neverStood').length,
    undecided: of('undecided').length,
  }
}

function fateOf({ body }: Fact): { deployment: number; fate: Fate } | null {
  if (body.kind === 'rollout.failed')
    return { deployment: body.deployment, fate: body.stood === false ? 'neverStood' : 'failed' }
  if (body.kind !== 'window.ended') return null
  const { deployment, outcome } = body
  return {
    deployment,
    fate: outcome === 'held' || outcome === 'superseded' ? 'undecided' : outcome,
  }
}
