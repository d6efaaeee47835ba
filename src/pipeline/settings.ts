/** The `pipeline:`, `models:` and `budgets:` parts of policy: attempts, caps, routes, which model does what, limits. */
import { z } from 'zod'
import { InstructionFile } from '../core/agentProfile.ts'

/** Every phase that has a model session; `validate` is the checker of the others (P3). */
export const phaseIds = [
  'draft',
  'route',
  'discovery',
  'spec',
  'plan',
  'diagnosis',
  'split',
  'tests',
  'implementation',
  'documentation',
  'review',
  'repair',
  'validate',
] as const
export const PhaseId = z.enum(phaseIds)
export type PhaseId = z.infer<typeof PhaseId>

/** Caps that a profile may set for itself. */
export const caps = {
  attempts: z.number().int().min(1).max(10),
  max_files: z.number().int().min(1).max(300),
  max_lines: z.number().int().min(1).max(50_000),
}

const names = z.array(z.string().trim().min(1).max(50)).max(20)

export const PipelineSettings = z.strictObject({
  attempts: caps.attempts
    .default(3)
    .describe(
      'How often a phase may try before a person takes over. The metric countersign_attempts_total says how often a further attempt helped.',
    ),
  max_files: caps.max_files.default(40).describe('Most files that a plan and its diff may touch.'),
  max_lines: caps.max_lines.default(1500).describe('Most lines that a diff may add and delete.'),
  instructions: z
    .array(InstructionFile)
    .max(10)
    .default(['AGENTS.md', 'CLAUDE.md', 'GEMINI.md', '.github/copilot-instructions.md'])
    .describe(
      'Instruction files for agents. The first that is on the base branch is given to every session, as are those of the folders that its plan changes.',
    ),
  routes: z
    .strictObject({
      by_model: z
        .boolean()
        .default(true)
        .describe(
          'Whether the cheapest model chooses when neither label nor issue type does; otherwise it is a feature.',
        ),
      hotfix: z.strictObject({ labels: names.default(['hotfix']), types: names.default([]) }).prefault({}),
      epic: z.strictObject({ labels: names.default(['epic']), types: names.default(['Epic']) }).prefault({}),
    })
    .prefault({})
    .describe('Issue labels and issue types that choose a route (D5).'),
  epic: z
    .strictObject({
      max_children: z
        .number()
        .int()
        .min(2)
        .max(50)
        .default(12)
        .describe('Most child issues that an epic may be split into.'),
    })
    .prefault({}),
  rerun_flaky_ci: z
    .boolean()
    .default(false)
    .describe(
      'Whether failed CI jobs are run once more before a repair; the App then needs the permission actions: write.',
    ),
  red_runs: z
    .number()
    .int()
    .min(1)
    .max(10)
    .default(3)
    .describe(
      'How often new tests run on the base before they are trusted; one that is not red every time is named and goes back.',
    ),
  validate: z.boolean().default(true).describe('Whether a second model checks each deliverable.'),
})
export type PipelineSettings = z.infer<typeof PipelineSettings>

const usd = z.number().nonnegative().max(1_000_000)
/** US dollars per million tokens. */
const Price = z.strictObject({
  input: usd,
  output: usd,
  cache_read: usd.optional(),
  cache_write: usd.optional(),
})
export type Price = z.infer<typeof Price>

const Endpoint = z.strictObject({
  prices: z
    .record(z.string().max(120), Price)
    .default({})
    .describe("Prices by model, US dollars per million tokens; the operator's own prices win."),
})
/**
 * List prices of the default models (platform.claude.com, models and pricing; autumn 2026). The cheapest has a higher
 * band for long prompts: that band stands here, so that a budget errs towards stopping early. A policy that runs other
 * models names their prices, or its money limits cannot hold.
 */
const defaultEndpoint = {
  prices: {
    'claude-opus-5-5': { input: 4, output: 20, cache_read: 0.2, cache_write: 5 },
    'claude-sonnet-5-5': { input: 2, output: 10, cache_read: 0.1, cache_write: 2.5 },
    'claude-haiku-5-5': { input: 0.5, output: 2.5, cache_read: 0.05, cache_write: 0.625 },
  },
}

export const tiers = ['strong', 'standard', 'cheap'] as const
export type Tier = (typeof tiers)[number]
const name = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,39}$/, 'lower-case letters, digits, - and _')
export const ModelChoice = z.strictObject({ endpoint: name, model: z.string().min(1).max(120) })
export type ModelChoice = z.infer<typeof ModelChoice>

const chain = z.array(ModelChoice).max(10).default([])
const patterns = z.array(z.string().trim().min(1).max(300)).max(100).default([])

const SensitiveSettings = z.strictObject({
  repositories: patterns.describe('Repositories (`acme/*`) whose every task is sensitive.'),
  paths: patterns.describe(
    'Paths that only in-house models may see: a task that names one is pinned, and other sessions cannot read them (docs/models.md says what this does not cover).',
  ),
  labels: patterns.describe('Issue labels that pin a task; taking one away later changes nothing.'),
  risk: z
    .array(z.enum(['low', 'medium', 'high']))
    .max(3)
    .default([]),
  use: chain.describe(
    'The models of pinned tasks, the main one first. The operator must have marked their endpoints as in-house.',
  ),
})
export type SensitiveSettings = z.infer<typeof SensitiveSettings>

export const ModelSettings = z.strictObject({
  endpoints: z
    .record(name, Endpoint)
    .default({ anthropic: defaultEndpoint })
    .describe('Endpoints by the names that the operator gave them; address and key are never in a policy.'),
  fallbacks: z
    .strictObject({ strong: chain, standard: chain, cheap: chain })
    .prefault({})
    .describe('Who takes over, by tier, when a model is down, overloaded, late or refuses to answer.'),
  sensitive: SensitiveSettings.prefault({}).describe(
    'What may go to in-house endpoints only, without any fallback outside (P10).',
  ),
  tiers: z
    .strictObject({
      strong: ModelChoice.default({ endpoint: 'anthropic', model: 'claude-opus-5-5' }),
      standard: ModelChoice.default({ endpoint: 'anthropic', model: 'claude-sonnet-5-5' }),
      cheap: ModelChoice.default({ endpoint: 'anthropic', model: 'claude-haiku-5-5' }),
    })
    .prefault({}),
  phases: z
    .partialRecord(PhaseId, z.union([z.enum(tiers), ModelChoice]))
    .default({})
    .describe('A tier or a model for single phases, instead of the default tier.'),
})
export type ModelSettings = z.infer<typeof ModelSettings>

export const BudgetLimits = z.strictObject({
  usd,
  minutes: z.number().positive().max(10_000_000),
  tokens: z.number().int().positive().max(1e13),
})
const limits = (defaults: { usd: number; minutes: number; tokens: number }) => {
  const { shape } = BudgetLimits
  return z
    .strictObject({
      usd: shape.usd.default(defaults.usd),
      minutes: shape.minutes.default(defaults.minutes),
      tokens: shape.tokens.default(defaults.tokens),
    })
    .prefault({})
}

export const SessionLimits = z.strictObject({
  usd,
  minutes: z.number().positive().max(240),
  steps: z.number().int().min(1).max(500),
  output_tokens: z.number().int().min(256).max(2_000_000),
})

export const BudgetSettings = z.strictObject({
  session: z
    .strictObject({
      usd: SessionLimits.shape.usd.default(5),
      minutes: SessionLimits.shape.minutes.default(20),
      steps: SessionLimits.shape.steps.default(60),
      output_tokens: SessionLimits.shape.output_tokens.default(120_000),
    })
    .prefault({}),
  task: limits({ usd: 30, minutes: 240, tokens: 20_000_000 }).describe('What one task may use in all.'),
  day: limits({ usd: 300, minutes: 10_000, tokens: 500_000_000 }).describe(
    'What all tasks of a repository may use in any 24 hours.',
  ),
  repository: limits({ usd: 3000, minutes: 100_000, tokens: 5_000_000_000 }).describe(
    'What all tasks of a repository may use in any 30 days.',
  ),
  raised_by: z
    .enum(['writers', 'seniors'])
    .default('writers')
    .describe('Who may raise the budget of one task with `/agent budget`.'),
  raise_usd: usd.default(100).describe('How much `/agent budget` may add to one task in all, US dollars.'),
})
export type BudgetSettings = z.infer<typeof BudgetSettings>
