/** The `profiles:` part of policy: specialised agents, each with a label of its own and what it does differently (P13). */
import { z } from 'zod'
import { InstructionFile, ProfileName } from '../core/agentProfile.ts'
import { isUsableGlob } from '../core/glob.ts'
import { Route } from '../core/plan.ts'
import { BudgetLimits, caps, ModelChoice, PhaseId, SessionLimits, tiers } from './settings.ts'

const mostProfiles = 200

const glob = z
  .string()
  .trim()
  .min(1)
  .max(300)
  .refine(isUsableGlob, 'a glob has at most 64 alternatives in braces')

const ProfileModels = z.strictObject({
  tiers: z
    .strictObject({ strong: ModelChoice, standard: ModelChoice, cheap: ModelChoice })
    .partial()
    .default({})
    .describe('Models of the tiers, instead of those under `models.tiers`.'),
  phases: z
    .partialRecord(PhaseId, z.union([z.enum(tiers), ModelChoice]))
    .default({})
    .describe('A tier or a model for single phases, before those under `models.phases`.'),
})

const ProfileBudgets = z.strictObject({
  session: SessionLimits.partial().default({}).describe('Instead of `budgets.session`, key by key.'),
  task: BudgetLimits.partial().default({}).describe('Instead of `budgets.task`, key by key.'),
})

/** What a profile leaves out is as in the rest of the policy. */
export const AgentProfile = z
  .strictObject({
    label: z
      .string()
      .trim()
      .min(1)
      .max(50)
      .describe(
        'The issue label that delegates to this profile, as `delegation.label` does to the plain one.',
      ),
    description: z
      .string()
      .trim()
      .min(1)
      .max(100)
      .optional()
      .describe('What it is for; shown with its label.'),
    instructions: InstructionFile.optional().describe(
      'A file of this repository with its instructions, read from the base branch only; every one of its sessions gets it.',
    ),
    models: ProfileModels.optional(),
    paths: z
      .array(glob)
      .min(1)
      .max(100)
      .optional()
      .describe(
        'Globs of the only paths that it may change; upper and lower case count. All paths without it.',
      ),
    route: Route.optional().describe(
      'The route that it takes when neither label nor issue type says otherwise.',
    ),
    routes: z.array(Route).min(1).max(3).optional().describe('The only routes that it may take.'),
    attempts: caps.attempts.optional().describe('Instead of `pipeline.attempts`.'),
    max_files: caps.max_files.optional().describe('Instead of `pipeline.max_files`.'),
    max_lines: caps.max_lines.optional().describe('Instead of `pipeline.max_lines`.'),
    budgets: ProfileBudgets.optional(),
  })
  .refine(({ route, routes }) => !route || !routes || routes.includes(route), {
    path: ['route'],
    message: 'it is not among the routes of this profile',
  })
export type AgentProfile = z.infer<typeof AgentProfile>

export const ProfilesSettings = z
  .record(ProfileName, AgentProfile)
  .refine((profiles) => Object.keys(profiles).length <= mostProfiles, `at most ${mostProfiles} profiles`)
  .default({})
  .describe('Specialised agents by name, at most 200. Setting the label of one delegates to it (P13).')
export type ProfilesSettings = z.infer<typeof ProfilesSettings>
