/** Who may bypass the rulesets that hold the checks: nobody; and the right to update: the App by pull request, alone (A5). */
import { listed } from '../core/sentences.ts'
import type { RulesetReading } from './protection.ts'
import type { BypassActor } from './rulesets.ts'

type Finding = { state: 'green' | 'amber' | 'red'; sentence: string; mend: string | null }

/** Rules that Countersign relies on; a ruleset without any of them may be bypassed by whomever it likes. */
const holding = new Set(['required_status_checks', 'update', 'non_fast_forward', 'deletion'])

export function inspectBypass(all: readonly RulesetReading[], appId: number): Finding {
  const ours = all.filter((one) => one.ruleTypes.some((type) => holding.has(type)))
  const wrong = ours.flatMap((one) => {
    const others = (one.bypass ?? []).filter((actor) => !mayBypass(one, actor, appId))
    return others.length > 0 ? [{ one, others }] : []
  })
  const [first] = wrong
  if (first)
    return {
      state: 'red',
      sentence: `${wrong.map(({ one, others }) => `"${one.name}" can be bypassed by ${listed(others.map(named))}`).join('; ')}.`,
      mend: `Remove them from the bypass list at ${first.one.url}.`,
    }
  const hidden = ours.filter((one) => one.bypass === null)
  if (hidden.length > 0)
    return {
      state: 'amber',
      sentence: `Not visible to this token: who may bypass ${listed(hidden.map((one) => `"${one.name}"`))}.`,
      mend: "Run doctor again with the token of an administrator (an organisation's ruleset: of an owner).",
    }
  return { state: 'green', sentence: 'Nobody can bypass the checks.', mend: null }
}

/** The App may bypass a ruleset that holds nothing but the right to update, and only by merging a pull request. */
function mayBypass(one: RulesetReading, actor: BypassActor, appId: number): boolean {
  return (
    actor.actor_type === 'Integration' &&
    actor.actor_id === appId &&
    actor.bypass_mode === 'pull_request' &&
    one.ruleTypes.every((type) => type === 'update')
  )
}

const roles: Readonly<Record<number, string>> = { 2: 'maintain', 4: 'write', 5: 'admin' }

function named({ actor_type, actor_id, bypass_mode }: BypassActor): string {
  const how =
    bypass_mode === 'exempt' ? ', leaving no trace' : bypass_mode === 'always' ? '' : ' (by pull request)'
  if (actor_type === 'RepositoryRole')
    return `everyone with the role ${roles[actor_id ?? 0] ?? actor_id}${how}`
  if (actor_type === 'OrganizationAdmin') return `owners of the organisation${how}`
  if (actor_type === 'DeployKey') return `deploy keys${how}`
  if (actor_type === 'Integration') return `the App ${actor_id}${how}`
  return `${actor_type.toLowerCase()} ${actor_id}${how}`
}
