/** `countersign doctor --fix`: shows the rulesets of the mode, then creates or restores them with the operator's token (A5). */
import { z } from 'zod'
import { wantedRulesets } from '../enforcement/rulesets.ts'
import type { Target } from './doctorTarget.ts'
import type { Operator } from './operator.ts'

const Listed = z.object({
  id: z.number().int(),
  name: z.string(),
  source_type: z.string().default('Repository'),
})

const wanted = (target: Target, appId: number) =>
  wantedRulesets(target.mode, appId, [
    '~DEFAULT_BRANCH',
    ...target.patterns.map((pattern) => `refs/heads/${pattern}`),
  ])

/** The rulesets as they will be sent, to be read before they are. */
export function describeRulesets(target: Target, appId: number): string {
  const shown = wanted(target, appId).map((one) => JSON.stringify(one, null, 2))
  return [`Applying to ${target.repository}:`, ...shown].join('\n')
}

/** Create what is missing and restore what was changed; found by name, so that doing it twice changes nothing (S7). */
export async function applyRulesets(operator: Operator, target: Target, appId: number): Promise<string[]> {
  const [owner, repo] = target.repository.split('/')
  const standing = await operator.all('GET /repos/{owner}/{repo}/rulesets', { owner, repo }, Listed)
  const done: string[] = []
  for (const ruleset of wanted(target, appId)) {
    const found = standing.find((one) => one.name === ruleset.name && one.source_type === 'Repository')
    const route = found
      ? 'PUT /repos/{owner}/{repo}/rulesets/{ruleset_id}'
      : 'POST /repos/{owner}/{repo}/rulesets'
    const parameters = { owner, repo, ...ruleset, ...(found ? { ruleset_id: found.id } : {}) }
    await operator.ask(route, parameters, z.object({ id: z.number().int() }))
    done.push(`${found ? 'Restored' : 'Created'} the ruleset "${ruleset.name}".`)
  }
  return done
}
