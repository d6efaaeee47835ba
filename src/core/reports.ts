/** Reports: what test runners, coverage, bundle, load and analysis tools say, as the readers of their formats give it. */
import { z } from 'zod'

/** What a command, or CI's artifact, may hold for the host to read. */
export const ReportFormat = z.enum([
  'junit',
  'lcov',
  'istanbul',
  'cobertura',
  'audit',
  'size-limit',
  'k6',
  'autocannon',
  'sarif',
])
export type ReportFormat = z.infer<typeof ReportFormat>

export const TestCase = z.object({
  /** Suite and test names joined with ` > `. */
  name: z.string().max(1000),
  status: z.enum(['passed', 'failed', 'skipped']),
  message: z.string().max(4000).optional(),
})
export type TestCase = z.infer<typeof TestCase>

export const CoverageReport = z.object({
  format: z.enum(['lcov', 'istanbul', 'cobertura']),
  linesFound: z.number().int().nonnegative(),
  linesHit: z.number().int().nonnegative(),
  /** Lines with a count, by repository path; absent in summary formats. */
  files: z
    .record(z.string(), z.object({ hit: z.array(z.number().int()), missed: z.array(z.number().int()) }))
    .optional(),
})
export type CoverageReport = z.infer<typeof CoverageReport>

/** Known weaknesses of dependencies, at most 1,000, the worst first. */
export const AuditReport = z.object({
  findings: z
    .array(
      z.object({
        name: z.string().max(300),
        /** `unknown`: the report gives none, or a word that is not known. */
        severity: z.enum(['info', 'low', 'moderate', 'high', 'critical', 'unknown']),
        title: z.string().max(300),
      }),
    )
    .max(1000),
  /** Why the registry did not answer; then the empty list says nothing. */
  unreachable: z.string().max(500).nullable(),
})
export type AuditReport = z.infer<typeof AuditReport>

export const SizeReport = z.object({
  entries: z.array(z.object({ name: z.string().max(300), bytes: z.number().int().nonnegative() })).max(1000),
})
export type SizeReport = z.infer<typeof SizeReport>

/** One load test. */
export const LatencyReport = z.object({
  /** The report's path, by which head and base are matched. */
  name: z.string().max(500),
  /** Milliseconds. */
  tailMs: z.number().nonnegative(),
  /** Which quantile `tailMs` is: autocannon has no 95th and gives the 97.5th. */
  quantile: z.enum(['p95', 'p97.5']),
  /** Requests that were measured. */
  samples: z.number().int().nonnegative(),
  /** Requests that failed, of those sent: failing fast is not being fast. */
  failed: z.number().int().nonnegative(),
})
export type LatencyReport = z.infer<typeof LatencyReport>

/** One result of a static analysis. */
export const AnalysisFinding = z.object({
  tool: z.string().max(200),
  rule: z.string().max(300),
  level: z.enum(['error', 'warning', 'note']),
  message: z.string().max(1000),
  /** Null when the result names no file of the repository. */
  path: z.string().max(4096).nullable(),
  line: z.number().int().positive().nullable(),
  /** What tools compute so that a finding is known again when its line moves; empty when there is none. */
  fingerprint: z.string().max(500),
})
export type AnalysisFinding = z.infer<typeof AnalysisFinding>

const problem = z.object({ problem: z.string() })

/**
 * What the named reports said. `problem`: one that policy names is missing, cannot be parsed, or is too large; it says
 * which and why, and never counts as a report without findings (T16). A kind that policy does not name is absent.
 */
export const reportFields = {
  tests: z.union([z.array(TestCase).max(20_000), problem]).optional(),
  coverage: z.union([CoverageReport, problem]).optional(),
  audit: z.union([AuditReport, problem]).optional(),
  sizes: z.union([SizeReport, problem]).optional(),
  latency: z.union([z.array(LatencyReport).max(20), problem]).optional(),
  analysis: z.union([z.array(AnalysisFinding).max(5000), problem]).optional(),
} as const
export const Reports = z.object(reportFields)
export type Reports = z.infer<typeof Reports>
