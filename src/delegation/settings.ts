/** The `delegation:` part of policy: which label delegates, and how strict the bundle is (D1, D2). */
import { z } from 'zod'

export const DelegationSettings = z.strictObject({
  label: z
    .string()
    .trim()
    .min(1)
    .max(50)
    .default('agent')
    .describe('The issue label that delegates the issue to an agent.'),
  needs_human_label: z
    .string()
    .trim()
    .min(1)
    .max(50)
    .default('agent:needs-human')
    .describe('The label put on an issue whose work was handed back to a person.'),
  bundle: z
    .enum(['strict', 'warn'])
    .default('strict')
    .describe(
      'strict: nothing is drafted until the bundle is complete. warn: gaps are named and work starts.',
    ),
})
export type DelegationSettings = z.infer<typeof DelegationSettings>

/** Labels as GitHub compares them: blind to case. */
export function labelKey(label: string): string {
  return label.trim().toLowerCase()
}
