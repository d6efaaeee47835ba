/** Agent profiles in force: which label means which, and the policy as each of them has it (P13). */
import type { AllowedPaths } from '../core/agentProfile.ts'
import { type ProtectedRule, protectedRules } from '../core/protectedPaths.ts'
import { labelKey } from '../delegation/settings.ts'
import type { AgentProfile } from '../pipeline/profileSettings.ts'
import type { Policy } from './schema.ts'

/**
 * The profile that a label delegates to.
 *
 * @returns its name, null for the plain label, undefined for a label that does not delegate.
 */
export function profileOfLabel({ delegation, profiles }: Policy, label: string): string | null | undefined {
  if (labelKey(label) === labelKey(delegation.label)) return null
  return Object.entries(profiles).find(([, one]) => labelKey(one.label) === labelKey(label))?.[0]
}

export interface Agent {
  /** Undefined for the profile of the plain label. */
  name: string | undefined
  /** Null for the plain label, and when policy no longer has the profile. */
  profile: AgentProfile | null
  /** True when policy no longer has the profile: such work goes no further. */
  gone: boolean
  /** Null where every path may be changed. */
  allowed: AllowedPaths | null
  /** The policy with what the profile replaces. */
  policy: Policy
}

/** The agent that works under a profile's name, as policy has it now. */
export function agentOf(policy: Policy, name: string | undefined): Agent {
  const plain = { name, profile: null, gone: false, allowed: null, policy }
  if (name === undefined) return plain
  const profile = Object.hasOwn(policy.profiles, name) ? policy.profiles[name] : undefined
  if (!profile) return { ...plain, gone: true, allowed: { profile: name, globs: null } }
  const allowed = profile.paths ? { profile: name, globs: profile.paths } : null
  return { ...plain, profile, allowed, policy: replaced(policy, profile) }
}

function replaced(policy: Policy, profile: AgentProfile): Policy {
  const { pipeline, models, budgets } = policy
  return {
    ...policy,
    pipeline: {
      ...pipeline,
      attempts: profile.attempts ?? pipeline.attempts,
      max_files: profile.max_files ?? pipeline.max_files,
      max_lines: profile.max_lines ?? pipeline.max_lines,
    },
    models: {
      ...models,
      tiers: { ...models.tiers, ...given(profile.models?.tiers) },
      phases: { ...models.phases, ...profile.models?.phases },
    },
    budgets: {
      ...budgets,
      session: { ...budgets.session, ...given(profile.budgets?.session) },
      task: { ...budgets.task, ...given(profile.budgets?.task) },
    },
  }
}

/** The members that were written; a key that is there with nothing in it replaces nothing. */
function given<T extends object>(parts: T | undefined): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const written = Object.entries(parts ?? {}).filter(([, value]) => value !== undefined)
  return Object.fromEntries(written) as { [K in keyof T]?: Exclude<T[K], undefined> }
}

/** The protected surfaces of a policy; the instruction files that it names are such surfaces too (D3, T14). */
export function surfacesOf({ protected: settings, pipeline, profiles }: Policy): ProtectedRule[] {
  const files = [
    ...pipeline.instructions,
    ...Object.values(profiles).flatMap(({ instructions }) => instructions ?? []),
  ]
  const named = files.map((path) => ({ glob: `/${path}`, surface: 'an agent instruction file' }))
  return [...protectedRules(settings), ...named]
}
