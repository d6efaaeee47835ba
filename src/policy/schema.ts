/** The policy file: one schema, composed of the slice that each domain owns. It is the documentation (design: Policy). */
import { z } from 'zod'
import { AgentsSettings, ApprovalsSettings, MergeSettings, PeopleSettings } from '../approvals/settings.ts'
import { CommandsSettings } from '../core/commandSettings.ts'
import { ProtectedSettings } from '../core/protectedPaths.ts'
import { DelegationSettings, labelKey } from '../delegation/settings.ts'
import { FixSettings } from '../fix/settings.ts'
import { GatesSettings } from '../gates/settings.ts'
import { ProfilesSettings } from '../pipeline/profileSettings.ts'
import { BudgetSettings, ModelSettings, PipelineSettings } from '../pipeline/settings.ts'
import { RolloutSettings } from '../rollout/settings.ts'
import { FloorSettings } from './floor.ts'

const Written = z.strictObject({
  version: z.literal(1).default(1),
  enforce: z
    .boolean()
    .default(true)
    .describe(
      'false is shadow mode: the checks say what would have happened and hold nothing up (`neutral`).',
    ),
  floor: FloorSettings.optional(),
  seniors: z
    .array(z.string().trim().min(1).max(140))
    .max(100)
    .default([])
    .describe(
      'Logins or teams (org/slug) whose members may allow protected paths and changes to gates (D3, G12).',
    ),
  protected: ProtectedSettings,
  branches: z
    .strictObject({
      protected: z
        .array(z.string().min(1).max(255))
        .max(50)
        .default([])
        .describe('Branches (`release/*`) whose own policy file counts for pull requests into them (T45).'),
    })
    .prefault({}),
  commands: CommandsSettings.prefault({}),
  delegation: DelegationSettings.prefault({}),
  pipeline: PipelineSettings.prefault({}),
  models: ModelSettings.prefault({}),
  profiles: ProfilesSettings,
  budgets: BudgetSettings.prefault({}),
  gates: GatesSettings.prefault({}),
  fix: FixSettings.prefault({}),
  approvals: ApprovalsSettings.prefault({}),
  people: PeopleSettings.optional().describe(
    "What a person's own pull request needs: pass, gates or full (A6).",
  ),
  agents: AgentsSettings.prefault({}),
  merge: MergeSettings.prefault({}),
  rollout: RolloutSettings.prefault({}),
})

/** A label says one thing: who is delegated to, or that a person is needed (P13). */
export const Policy = Written.superRefine(({ profiles, delegation }, context) => {
  const taken = new Map([
    [labelKey(delegation.label), 'the plain label (delegation.label)'],
    [labelKey(delegation.needs_human_label), 'the label for a person (delegation.needs_human_label)'],
  ])
  for (const [name, { label }] of Object.entries(profiles)) {
    const other = taken.get(labelKey(label))
    if (other !== undefined)
      context.addIssue({
        code: 'custom',
        path: ['profiles', name, 'label'],
        message: `it is ${other} already; each profile needs a label of its own`,
      })
    taken.set(labelKey(label), `the label of the profile ${name}`)
  }
})
export type Policy = z.infer<typeof Policy>

/** The policy of an empty file. */
export const defaultPolicy: Policy = Policy.parse({})

/** JSON Schema for editors, describing what people write (before defaults are filled in). */
export function policyJsonSchema(): unknown {
  return z.toJSONSchema(Policy, { io: 'input', target: 'draft-7' })
}
