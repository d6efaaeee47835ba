/** When people were asked to look at an agent's pull request, and what came of it, as the chain was told (O2). */
import { type FactOf, factsOf, lastFact } from '../core/facts.ts'
import { type Chain, type Chains, isAgents } from './chains.ts'

export interface Reviewed {
  pull: Chain<'pull'>
  /** The first time that `countersign/review` waited for a person; null where the chain does not tell. */
  asked: FactOf<'review.told'> | null
  /** The first that is told of a review at all: some people answer before they are asked. */
  looked: FactOf<'review.told'> | null
  merged: FactOf<'merged'> | null
}

/** Agents' pull requests. */
export function reviewed(chains: Chains): Reviewed[] {
  return chains.pulls
    .filter((pull) => isAgents(pull, chains))
    .map((pull) => {
      const told = factsOf(pull.facts, 'review.told')
      return {
        pull,
        asked: told.find(({ body }) => body.state === 'asked') ?? null,
        looked: told[0] ?? null,
        merged: lastFact(pull.facts, 'merged') ?? null,
      }
    })
}
