/** Features per engineer per week: what was delegated and merged, by whom, over the people who delegated (O2). */
import type { Account } from '../core/account.ts'
import { factsOf, lastFact } from '../core/facts.ts'
import type { Chains } from './chains.ts'
import type { Share } from './numbers.ts'
import { type Period, weeksIn, weeksOf, within } from './period.ts'

export interface Merged {
  features: number
  hotfixes: number
}

export interface Features extends Merged {
  /** Merged pull requests of tasks whose delegation is not among the facts: in no other number here. */
  unknown: number
  /** Features over engineers times weeks. Hotfixes are not in it. */
  perEngineerWeek: Share
  /** Who had a bundle accepted in the period, or a delegated change merged in it. */
  engineers: number
  /** Oldest first. */
  weeks: (Period & Merged)[]
  /** Most features first. `delegated`: bundles that were accepted in the period, merged or not. */
  people: (Pick<Account, 'id' | 'login'> & Merged & { delegated: number })[]
}

/**
 * A feature is a delegated issue whose pull request was merged in the period: counted when it was merged, for the person
 * who delegated it, by the last bundle that was frozen before. The children of an epic count one by one; the epic itself
 * has no pull request. Left out: other agents' and people's own pull requests, which nobody delegated here.
 */
export function features(chains: Chains): Features {
  const { period, pulls, tasks, taskOf } = chains
  const isIn = within(period)
  const delegations = tasks.flatMap(({ facts }) => factsOf(facts, 'bundle.frozen').filter(isIn))
  const merges = pulls.flatMap(({ facts, subject }) => {
    const task = taskOf.get(subject.number)
    const merged = lastFact(facts, 'merged')
    if (!task || !merged || !isIn(merged)) return []
    const frozen = factsOf(task.facts, 'bundle.frozen').findLast(({ atMs }) => atMs <= merged.atMs)
    const route = factsOf(task.facts, 'route.chosen').findLast(
      ({ seq, atMs }) => seq > (frozen?.seq ?? 0) && atMs <= merged.atMs,
    )
    const hotfix = route?.body.route === 'hotfix'
    return [{ atMs: merged.atMs, by: frozen?.body.delegator ?? null, hotfix }]
  })
  const known = merges.filter((merge) => merge.by !== null)
  const people = new Map<number, Features['people'][number]>()
  const person = ({ id, login }: Account) => {
    const found = people.get(id) ?? { id, login, features: 0, hotfixes: 0, delegated: 0 }
    people.set(id, found)
    return found
  }
  for (const { body } of delegations) person(body.delegator).delegated += 1
  for (const { by, hotfix } of known) if (by) person(by)[hotfix ? 'hotfixes' : 'features'] += 1
  const total = count(known)
  return {
    ...total,
    unknown: merges.length - known.length,
    engineers: people.size,
    perEngineerWeek: { part: total.features, of: people.size * weeksIn(period) },
    weeks: weeksOf(period).map((week) => ({ ...week, ...count(known.filter(within(week))) })),
    people: [...people.values()].sort(
      (a, b) =>
        b.features - a.features || b.hotfixes - a.hotfixes || b.delegated - a.delegated || a.id - b.id,
    ),
  }
}

function count(merges: readonly { hotfix: boolean }[]): Merged {
  const hotfixes = merges.filter(({ hotfix }) => hotfix).length
  return { features: merges.length - hotfixes, hotfixes }
}
