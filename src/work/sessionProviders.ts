/** What a session may ask and show: its models in order, in-house only for sensitive work, and the paths it may read (P10). */
import type { RepositoryName } from '../core/ids.ts'
import type { ModelChoice } from '../core/ports/model.ts'
import { priceOf } from '../pipeline/budget.ts'
import { phaseOf } from '../pipeline/phases.ts'
import { chainFrom, isSensitivePath, modelsFor, sensitivity } from '../pipeline/providers.ts'
import type { Policy } from '../policy/schema.ts'
import type { Due, SessionItem } from './sessionDue.ts'

export interface Providers {
  /** Never empty: the item's own choice is the first. */
  chain: ModelChoice[]
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
  const choices = chainFrom(
    { endpoint: item.endpoint, model: item.model },
    modelsFor(phase, models, risk, inHouseOnly),
  )
  return {
    inHouseOnly,
    chain: choices.map((choice) => {
      const price = priceOf(choice, models)
      return {
        ...choice,
        prices: price && {
          input: price.input,
          output: price.output,
          cacheRead: price.cache_read ?? price.input,
          cacheWrite: price.cache_write ?? price.input,
        },
      }
    }),
    mayRead: (path) => inHouseOnly || !isSensitivePath(models.sensitive, path),
  }
}
