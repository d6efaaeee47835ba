/** What is asked of branches in GraphQL: where one points, and what its rules say of signatures. */
import { z } from 'zod'
import type { BranchRules } from '../../core/snapshot/rules.ts'
import { branchRulesOf, type Rule } from './readRules.ts'

const rulesAsked = 100
/** For a `Ref`: rulesets by kind, and classic protection as anybody may see it. */
export const ruleFields = `rules(first: ${rulesAsked}) {
        totalCount
        nodes {
          type
          parameters { ... on RequiredStatusChecksParameters { requiredStatusChecks { context integrationId } } }
        }
      }
      refUpdateRule { pattern requiresSignatures }`

const RuleNode = z.object({
  type: z.string(),
  parameters: z
    .object({
      requiredStatusChecks: z
        .array(z.object({ context: z.string(), integrationId: z.number().int().nullish() }))
        .nullish(),
    })
    .nullish(),
})
const RuleList = z.object({ totalCount: z.number(), nodes: z.array(RuleNode.nullable()).nullish() })
const Classic = z.object({ pattern: z.string(), requiresSignatures: z.boolean().nullish() })

/** A branch's rules as Countersign judges them from afar. */
export const RefRules = z
  .object({ rules: RuleList.nullish(), refUpdateRule: Classic.nullish() })
  .transform(({ rules, refUpdateRule }) => {
    const types = (rules?.nodes ?? []).map((rule) => rule?.type ?? '')
    return {
      /** Some rule holds. */
      any: (rules?.totalCount ?? 0) > 0 || !!refUpdateRule,
      /** Some rule holds beside that every commit be signed; what was not listed may be one. */
      beside:
        (rules?.totalCount ?? 0) > types.length ||
        types.some((type) => type !== 'REQUIRED_SIGNATURES') ||
        !!refUpdateRule,
      signatures: types.includes('REQUIRED_SIGNATURES') || refUpdateRule?.requiresSignatures === true,
      inForce: inForce(rules),
    }
  })

/** The same as REST lists it, where everything was told; null where REST must be asked (S9). */
function inForce(rules: z.infer<typeof RuleList> | null | undefined): BranchRules | null {
  const nodes = rules?.nodes ?? []
  if (!rules || nodes.length < rules.totalCount) return null
  const listed: Pick<Rule, 'type' | 'parameters'>[] = []
  for (const node of nodes) {
    if (!node) return null
    const checks = node.parameters?.requiredStatusChecks
    if (node.type === 'REQUIRED_STATUS_CHECKS' && !checks) return null
    listed.push({
      type: node.type.toLowerCase(),
      parameters: {
        required_status_checks: (checks ?? []).map(({ context, integrationId }) => ({
          context,
          integration_id: integrationId ?? null,
        })),
      },
    })
  }
  return branchRulesOf(listed)
}

const variables = '($owner: String!, $name: String!, $ref: String!)'
export const tipQuery = {
  what: 'read where a branch points',
  writes: false,
  text: `query Tip${variables} {
  repository(owner: $owner, name: $name) { id ref(qualifiedName: $ref) { target { oid } } }
}`,
}
export const TipAnswer = z.object({
  repository: z
    .object({
      id: z.string(),
      ref: z.object({ target: z.object({ oid: z.string() }).nullable() }).nullable(),
    })
    .nullable(),
})

export const signaturesQuery = {
  what: 'read whether a branch wants signed commits',
  writes: false,
  text: `query Signatures${variables} {
  repository(owner: $owner, name: $name) { ref(qualifiedName: $ref) { ${ruleFields} } }
}`,
}
export const SignaturesAnswer = z.object({
  repository: z.object({ ref: RefRules.nullable() }).nullable(),
})
