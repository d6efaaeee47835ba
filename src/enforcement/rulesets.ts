/** The rulesets that each mode needs, as GitHub's API takes them: what `countersign doctor --fix` shows and applies (A5). */
import { type Mode, requiredNames } from './weaknesses.ts'

export interface BypassActor {
  actor_id: number | null
  actor_type: string
  bypass_mode: string
}

export interface WantedRuleset {
  name: string
  target: 'branch'
  enforcement: 'active'
  conditions: { ref_name: { include: string[]; exclude: string[] } }
  bypass_actors: BypassActor[]
  rules: { type: string; parameters?: Record<string, unknown> }[]
}

const checksName = 'Countersign: required checks'
const updatesName = 'Countersign: only the App updates'

/**
 * The rulesets for some branches, by name. The right to update is a ruleset of its own, because the App bypasses it by
 * pull request, and must not bypass the checks with it (design: Merge mode).
 *
 * @param include ref patterns as rulesets take them: `~DEFAULT_BRANCH`, `refs/heads/release/*`.
 */
export function wantedRulesets(mode: Mode, appId: number, include: readonly string[]): WantedRuleset[] {
  const common: Pick<WantedRuleset, 'target' | 'enforcement' | 'conditions'> = {
    target: 'branch',
    enforcement: 'active',
    conditions: { ref_name: { include: [...include], exclude: [] } },
  }
  const checks: WantedRuleset = {
    ...common,
    name: checksName,
    bypass_actors: [],
    rules: [
      { type: 'deletion' },
      { type: 'non_fast_forward' },
      {
        type: 'required_status_checks',
        parameters: {
          strict_required_status_checks_policy: false,
          required_status_checks: requiredNames.map((context) => ({ context, integration_id: appId })),
        },
      },
    ],
  }
  if (mode === 'checks') return [checks]
  const updates: WantedRuleset = {
    ...common,
    name: updatesName,
    bypass_actors: [{ actor_id: appId, actor_type: 'Integration', bypass_mode: 'pull_request' }],
    rules: [{ type: 'update' }],
  }
  return [checks, updates]
}
