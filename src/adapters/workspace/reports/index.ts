/** The reports of one command, read from its checkout and put into its evidence. */
import type { CommandBody, CommandSpec, CoverageReport, TestCase } from '../../../core/evidence.ts'
import { parseAudit } from './audit.ts'
import { parseCobertura } from './cobertura.ts'
import { parseIstanbul } from './istanbul.ts'
import { parseJunit } from './junit.ts'
import { parseLcov } from './lcov.ts'
import { createPathResolver, type Parsed, type PathResolver, readReport } from './read.ts'
import { parseSizeLimit } from './sizeLimit.ts'

type Reports = Pick<CommandBody, 'tests' | 'coverage' | 'audit' | 'sizes'>
type Report = CommandSpec['reports'][number]

const coverageParsers: Record<
  Exclude<Report['format'], 'junit' | 'audit' | 'size-limit'>,
  (text: string, resolve: PathResolver) => Parsed<CoverageReport>
> = { lcov: parseLcov, istanbul: parseIstanbul, cobertura: parseCobertura }

/**
 * Read what policy names. Several JUnit reports are joined; of several coverage reports the first counts, since adding
 * formats up would count lines twice. One unusable report spoils its kind: it must not look like fewer tests (T16).
 */
export async function readReports(
  directory: string,
  tracked: ReadonlySet<string>,
  reports: readonly Report[],
): Promise<Reports> {
  const resolve = createPathResolver(directory, tracked)
  const found: Reports = {}
  for (const report of reports) {
    const text = await readReport(directory, report.path)
    if (report.format === 'junit') {
      const parsed = text.ok ? named(report, parseJunit(text.value)) : text
      found.tests = joinTests(found.tests, parsed)
    } else if (report.format === 'audit') {
      const parsed = text.ok ? named(report, parseAudit(text.value)) : text
      found.audit ??= parsed.ok ? parsed.value : { problem: parsed.problem }
    } else if (report.format === 'size-limit') {
      const parsed = text.ok ? named(report, parseSizeLimit(text.value)) : text
      found.sizes ??= parsed.ok ? parsed.value : { problem: parsed.problem }
    } else if (found.coverage === undefined) {
      const parsed = text.ok ? named(report, coverageParsers[report.format](text.value, resolve)) : text
      found.coverage = parsed.ok ? parsed.value : { problem: parsed.problem }
    }
  }
  return found
}

function joinTests(before: CommandBody['tests'], parsed: Parsed<TestCase[]>): CommandBody['tests'] {
  if (before !== undefined && !Array.isArray(before)) return before
  if (!parsed.ok) return { problem: parsed.problem }
  const joined = [...(before ?? []), ...parsed.value]
  return joined.length > 20_000
    ? { problem: 'invalid: the reports hold more than 20000 test cases.' }
    : joined
}

function named<T>(report: Report, parsed: Parsed<T>): Parsed<T> {
  return parsed.ok
    ? parsed
    : { ok: false, problem: `invalid: ${report.path} cannot be read as ${report.format}: ${parsed.problem}.` }
}
