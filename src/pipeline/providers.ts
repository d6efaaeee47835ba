/** Which models may do a phase, in which order, and what pins a task to in-house endpoints (P2, P10, D2). */
import { matchesGlob } from '../core/glob.ts'
import { code } from '../core/sentences.ts'
import { phases } from './phases.ts'
import type { ModelChoice, ModelSettings, PhaseId, SensitiveSettings, Tier } from './settings.ts'

export type Risk = 'low' | 'medium' | 'high'

/**
 * The models of a phase: the main one, then those that take over when it is down, overloaded or refuses.
 *
 * @param sensitive true for a pinned task: then only what `models.sensitive.use` names, whatever tier or phase says. The
 *   worker lets such a session ask none but endpoints that the operator has marked as in-house, so a mistake here stops
 *   the work and sends nothing out.
 * @returns empty when the task is sensitive and policy names no model for that.
 */
export function modelsFor(
  phase: PhaseId,
  models: ModelSettings,
  risk: Risk,
  sensitive: boolean,
): ModelChoice[] {
  if (sensitive) return [...models.sensitive.use]
  const own = models.phases[phase]
  const tier: Tier = risk === 'high' ? 'strong' : typeof own === 'string' ? own : phases[phase].tier
  const main = typeof own === 'object' && risk !== 'high' ? own : models.tiers[tier]
  const rest = models.fallbacks[tier].filter((one) => !same(one, main))
  return [main, ...rest]
}

/** The risk by which the models of a phase are chosen: unsaid risk is high, but nothing is at stake in a proposal. */
export function riskOf(phase: PhaseId, bundle: { riskClass: Risk } | undefined): Risk {
  return bundle?.riskClass ?? (phase === 'draft' ? 'medium' : 'high')
}

/** What a started session may use: the choice that it started with, then the others of its phase. */
export function chainFrom(first: ModelChoice, all: readonly ModelChoice[]): ModelChoice[] {
  return [first, ...all.filter((one) => !same(one, first))]
}

function same(a: ModelChoice, b: ModelChoice): boolean {
  return a.endpoint === b.endpoint && a.model === b.model
}

export interface Traits {
  /** `owner/repo` */
  repository: string
  labels: readonly string[]
  risk: Risk
  /** Paths that the bundle, the plan or the change names. */
  paths: readonly string[]
}

/** Why a task may see in-house endpoints only, or null. */
export function sensitivity(settings: SensitiveSettings, traits: Traits): string | null {
  const { repository, labels, risk, paths } = traits
  if (settings.repositories.some((glob) => matchesGlob(glob, repository)))
    return `the repository ${repository} is sensitive (models.sensitive.repositories)`
  const label = labels.find((one) =>
    settings.labels.some((named) => named.toLowerCase() === one.trim().toLowerCase()),
  )
  if (label !== undefined) return `the issue has the label "${label}" (models.sensitive.labels)`
  if (settings.risk.includes(risk)) return `its risk class is ${risk} (models.sensitive.risk)`
  const path = paths.find((one) => isSensitivePath(settings, one))
  return path === undefined ? null : `it names ${code(path)} (models.sensitive.paths)`
}

/** Whether a path may be shown to in-house endpoints only. */
export function isSensitivePath(settings: SensitiveSettings, path: string): boolean {
  return settings.paths.some((glob) => matchesGlob(glob, path))
}
