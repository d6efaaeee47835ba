/** The `gates:` part of policy: minimums, the repository's own CI, and which paths count as what. */
import { z } from 'zod'
import { RepositoryPath } from '../core/citation.ts'
import { ReportFormat } from '../core/reports.ts'

const globs = z.array(z.string().min(1).max(300)).max(100)

const workflowFile = z
  .string()
  .max(300)
  .regex(/^\.github\/workflows\/[^/]+\.ya?ml$/, 'a workflow file such as .github/workflows/ci.yml')

export const CiWorkflow = z.strictObject({
  path: workflowFile.describe('The workflow file, as GitHub reports it; a name alone proves nothing (T15).'),
  event: z.string().min(1).max(60).default('pull_request').describe('The event that must have started it.'),
  jobs: z
    .array(z.string().min(1).max(200))
    .max(50)
    .default([])
    .describe('Jobs that must each succeed; empty: every job that ran.'),
})
export type CiWorkflow = z.infer<typeof CiWorkflow>

export const CiReport = z.strictObject({
  workflow: workflowFile.describe('The workflow file whose run uploads the report.'),
  event: z.string().min(1).max(60).default('pull_request').describe('The event of the run at the head.'),
  base_event: z
    .string()
    .min(1)
    .max(60)
    .default('push')
    .describe('The event of the run at the merge base, where nothing is a pull request any more.'),
  artifact: z.string().min(1).max(300).describe('The name under which the run uploads it.'),
  path: RepositoryPath.describe("The report's path inside the artifact."),
  format: ReportFormat,
})
export type CiReport = z.infer<typeof CiReport>

const consequence = z.enum(['fail', 'flag', 'pass'])

export const GatesSettings = z.strictObject({
  coverage: z
    .strictObject({ minimum: z.number().min(0).max(100).default(80).describe('Per cent of lines (G2).') })
    .prefault({}),
  ci: z
    .strictObject({
      enabled: z.boolean().default(true).describe('Switch off only where the repository has no CI at all.'),
      app_id: z
        .number()
        .int()
        .positive()
        .default(15_368)
        .describe('The App that runs the workflows; 15368 is GitHub Actions.'),
      workflows: z
        .array(CiWorkflow)
        .max(30)
        .default([])
        .describe('Workflows that must succeed. Empty: every check seen at the head must.'),
      deadline_minutes: z
        .number()
        .int()
        .min(1)
        .max(1440)
        .default(120)
        .describe('CI that has not reported by then fails (T16).'),
    })
    .prefault({}),
  audit: z
    .strictObject({
      minimum: z
        .enum(['low', 'moderate', 'high', 'critical'])
        .default('moderate')
        .describe('The least severity of a known weakness that blocks (G4).'),
    })
    .prefault({}),
  bundle: z
    .strictObject({
      max_growth_percent: z
        .number()
        .min(0)
        .max(1000)
        .default(10)
        .describe('How much a bundle may grow against the merge base (G8).'),
    })
    .prefault({}),
  performance: z
    .strictObject({
      max_growth_percent: z
        .number()
        .min(0)
        .max(1000)
        .default(20)
        .describe('How much slower the slow tail of a load test may be than at the merge base (G9).'),
      min_samples: z
        .number()
        .int()
        .min(1)
        .max(1_000_000_000)
        .default(100)
        .describe('A load test with fewer requests proves nothing.'),
      max_failed_percent: z
        .number()
        .min(0)
        .max(100)
        .default(1)
        .describe('A load test with more failed requests is for a person to look at.'),
    })
    .prefault({}),
  analysis: z
    .strictObject({
      error: consequence.default('fail'),
      warning: consequence.default('flag'),
      note: consequence.default('pass'),
    })
    .prefault({})
    .describe(
      'What becomes of results of static analysis that the merge base does not have, by their level.',
    ),
  reports: z
    .array(CiReport)
    .max(20)
    .default([])
    .describe(
      "Reports that the repository's own CI uploads as artifacts, at the head and at the base (G18).",
    ),
  tests_with_code: z.boolean().default(true),
  docs_with_code: z.boolean().default(true),
  paths: z
    .strictObject({
      test: globs.optional(),
      documentation: globs.optional(),
      configuration: globs.optional(),
    })
    .prefault({})
    .describe(
      'What counts as test, documentation and configuration; a kind that is named replaces its defaults.',
    ),
  references: z
    .strictObject({
      enabled: z.boolean().default(true),
      known: globs
        .default([])
        .describe('Imports, packages and names that resolve in a way the gate cannot see, as globs (G14).'),
    })
    .prefault({}),
  secrets: z
    .strictObject({
      ignore_paths: globs.default([]).describe('Paths of made-up secrets, such as test fixtures.'),
    })
    .prefault({}),
})
export type GatesSettings = z.infer<typeof GatesSettings>
