/** What a session may ask and show: its models in order, in-house only for sensitive work, and the paths it may read (P10). */
import { type Fact, lastFact } from '../core/facts.ts'
import { formatKey, type RepositoryName } from '../core/ids.ts'
import type { ModelChoice } from '../core/ports/model.ts'
import type { Ledger } from '../core/ports.ts'
import { priceOf } from '../pipeline/budget.ts'
import { phaseOf } from '../pipeline/phases.ts'
import { chainFrom, isSensitivePath, modelsFor, sensitivity } from '../pipeline/providers.ts'
import type { Policy } from '../policy/schema.ts'
import type { Due, SessionItem } from './sessionDue.ts'

export interface Providers {
  /** The main model first. */
  chain: [ModelChoice, ...ModelChoice[]]
  inHouseOnly: boolean
  mayRead: (path: string) => boolean
}

/** Judged anew by the worker, on facts and policy: what the item says cannot open a way out. */
export function providersOf(
  item: SessionItem,
  repository: RepositoryName,
  { models }: Policy,
  { state, position }: Pick<Due, 'state' | 'position'>,
): Providers {
  const bundle = state.frozen?.body.bundle
  const risk = bundle?.riskClass ?? 'high'
  const traits = { repository, labels: [], risk, paths: bundle?.priorArt ?? [] }
  const inHouseOnly = state.sensitive !== null || sensitivity(models.sensitive, traits) !== null
  const phase = phaseOf(item.phase)?.phase.id ?? position.phase.id
  return providers(models, inHouseOnly, item, modelsFor(phase, models, risk, inHouseOnly))
}

/**
 * The same for a fix on a pull request: it is pinned by its repository, by the file it works on, and for good when the
 * task behind its branch is.
 *
 * @param usual what a fix uses when nothing is sensitive.
 */
export async function providersOfFix(
  where: { repository: RepositoryName; branch: string; path: string },
  { models }: Policy,
  usual: Pick<ModelChoice, 'endpoint' | 'model'>,
  ledger: Pick<Ledger, 'facts'>,
): Promise<Providers> {
  const { repository, branch, path } = where
  const facts = await factsBehind(repository, branch, ledger)
  const risk = lastFact(facts, 'bundle.frozen')?.body.bundle.riskClass ?? 'medium'
  const inHouseOnly =
    lastFact(facts, 'task.sensitive') !== undefined ||
    sensitivity(models.sensitive, { repository, labels: [], risk, paths: [path] }) !== null
  const all = modelsFor('implementation', models, risk, inHouseOnly)
  // Where policy names no in-house model, the usual one stays first and is refused before anything is sent.
  return providers(models, inHouseOnly, all[0] ?? usual, all)
}

/** The facts of the task that an agent branch belongs to by its name; none for any other branch. */
export async function factsBehind(
  repository: RepositoryName,
  branch: string,
  ledger: Pick<Ledger, 'facts'>,
): Promise<Fact[]> {
  const issue = /^agent\/([1-9]\d{0,9})-/.exec(branch)?.[1]
  return issue ? ledger.facts(formatKey({ kind: 'task', repository, issue: Number(issue) })) : []
}

function providers(
  models: Policy['models'],
  inHouseOnly: boolean,
  { endpoint, model }: Pick<ModelChoice, 'endpoint' | 'model'>,
  all: readonly Pick<ModelChoice, 'endpoint' | 'model'>[],
): Providers {
  const priced = (choice: Pick<ModelChoice, 'endpoint' | 'model'>): ModelChoice => {
    const price = priceOf(choice, models)
    return {
      endpoint: choice.endpoint,
      model: choice.model,
      prices: price && {
        input: price.input,
        output: price.output,
        cacheRead: price.cache_read ?? price.input,
        cacheWrite: price.cache_write ?? price.input,
      },
    }
  }
  const [, ...rest] = chainFrom({ endpoint, model }, all)
  return {
    inHouseOnly,
    chain: [priced({ endpoint, model }), ...rest.map(priced)],
    mayRead: (path) => inHouseOnly || !isSensitivePath(models.sensitive, path),
  }
}
