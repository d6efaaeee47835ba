/** What is asked of branches in GraphQL: where one points, and what its rules say of signatures. */
import { z } from 'zod'

const rulesAsked = 100
/** For a `Ref`: rulesets by kind, and classic protection as anybody may see it. */
export const ruleFields = `rules(first: ${rulesAsked}) { totalCount nodes { type } } refUpdateRule { pattern requiresSignatures }`

const ruleParts = z.object({
  rules: z
    .object({ totalCount: z.number(), nodes: z.array(z.object({ type: z.string() }).nullable()).nullish() })
    .nullish(),
  refUpdateRule: z.object({ pattern: z.string(), requiresSignatures: z.boolean().nullish() }).nullish(),
})
const signatures = 'REQUIRED_SIGNATURES'

/** A branch's rules as Countersign judges them from afar. */
export const RefRules = ruleParts.transform(({ rules, refUpdateRule }) => {
  const types = (rules?.nodes ?? []).map((rule) => rule?.type ?? '')
  return {
    /** Some rule holds. */
    any: (rules?.totalCount ?? 0) > 0 || !!refUpdateRule,
    /** Some rule holds beside that every commit be signed; what was not listed may be one. */
    beside:
      (rules?.totalCount ?? 0) > types.length || types.some((type) => type !== signatures) || !!refUpdateRule,
    signatures: types.includes(signatures) || refUpdateRule?.requiresSignatures === true,
  }
})

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
