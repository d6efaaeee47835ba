/** Reading the rules in force on a branch; anyone who can read the repository may. */
import { z } from 'zod'
import type { RepositoryName } from '../../core/ids.ts'
import type { BranchRules } from '../../core/snapshot/rules.ts'
import { on, parts } from './access.ts'
import type { Client } from './client.ts'

const pagesOfRules = 10

const RequiredChecks = z.object({
  required_status_checks: z.array(
    z.object({ context: z.string(), integration_id: z.number().int().nullish() }),
  ),
})

/** One rule as GitHub lists it; kinds that are not judged are read past. */
export const Rule = z.object({
  type: z.string(),
  ruleset_id: z.number().int(),
  parameters: z.unknown().optional(),
})
export type Rule = z.infer<typeof Rule>

/** @throws GitHubRefusal when the list is longer than 1,000 rules; RetryLater when GitHub is out. */
export async function readBranchRules(
  client: Client,
  name: RepositoryName,
  ref: string,
): Promise<BranchRules> {
  const route = 'GET /repos/{owner}/{repo}/rules/branches/{branch}'
  const rules = await client.pages(
    on(name, 'read'),
    route,
    { ...parts(name), branch: ref },
    {
      schema: z.array(Rule),
      items: (page) => page,
      most: pagesOfRules,
    },
  )
  return branchRulesOf(rules)
}

/** A fork's branch may be open to what its upstream brings, past everybody: then updates are not restricted. */
const OpenToUpstream = z.object({ update_allows_fetch_and_merge: z.literal(true) })

/** The rules as Countersign judges them. Parameters in a form we do not know count as no rule (S9). */
export function branchRulesOf(rules: readonly Pick<Rule, 'type' | 'parameters'>[]): BranchRules {
  const has = (type: string) => rules.some((rule) => rule.type === type)
  return {
    requiredChecks: rules
      .filter((rule) => rule.type === 'required_status_checks')
      .flatMap((rule) => RequiredChecks.safeParse(rule.parameters).data?.required_status_checks ?? [])
      .map((check) => ({ context: check.context, appId: check.integration_id ?? null })),
    updatesRestricted: rules.some(
      ({ type, parameters }) => type === 'update' && !OpenToUpstream.safeParse(parameters).success,
    ),
    forcePushesBlocked: has('non_fast_forward'),
    deletionsBlocked: has('deletion'),
    mergeQueue: has('merge_queue'),
    signaturesRequired: has('required_signatures'),
  }
}
