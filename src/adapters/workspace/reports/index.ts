/** The reports that policy names, read from a checkout or from an artifact of CI into one piece of evidence. */
import type { ReportFile } from '../../../core/evidence.ts'
import type { Reports } from '../../../core/reports.ts'
import { parseAudit } from './audit.ts'
import { parseAutocannon } from './autocannon.ts'
import { parseCobertura } from './cobertura.ts'
import { parseIstanbul } from './istanbul.ts'
import { parseJunit } from './junit.ts'
import { parseK6 } from './k6.ts'
import { parseLcov } from './lcov.ts'
import type { Parsed, PathResolver } from './read.ts'
import { parseSarif } from './sarif.ts'
import { parseSizeLimit } from './sizeLimit.ts'

/** Where reports lie: a path gives its text or why there is none, and paths written inside are resolved. */
export interface ReportSource {
  read(path: string): Promise<Parsed<string>>
  resolve: PathResolver
}

/** Most entries of the kinds of which several reports are joined. */
const most = { tests: 20_000, latency: 20, analysis: 5000 } as const
const names = { tests: 'test cases', latency: 'load tests', analysis: 'results' } as const

/**
 * Read what policy names. Several reports of tests, load tests and analyses are joined; of several coverage, audit and
 * size reports the first counts, since adding them up would count things twice. One unusable report spoils its kind: it
 * must not look like fewer tests or fewer findings (T16).
 */
export async function readReports(source: ReportSource, files: readonly ReportFile[]): Promise<Reports> {
  const found: Reports = {}
  for (const file of files) {
    const text = await source.read(file.path)
    const parse = <T>(parser: (text: string) => Parsed<T>): Parsed<T> =>
      text.ok ? named(file, parser(text.value)) : text
    switch (file.format) {
      case 'junit':
        found.tests = join('tests', found.tests, parse(parseJunit))
        break
      case 'lcov':
        found.coverage ??= plain(parse((written) => parseLcov(written, source.resolve)))
        break
      case 'istanbul':
        found.coverage ??= plain(parse((written) => parseIstanbul(written, source.resolve)))
        break
      case 'cobertura':
        found.coverage ??= plain(parse((written) => parseCobertura(written, source.resolve)))
        break
      case 'audit':
        found.audit ??= plain(parse(parseAudit))
        break
      case 'size-limit':
        found.sizes ??= plain(parse(parseSizeLimit))
        break
      case 'k6':
        found.latency = join(
          'latency',
          found.latency,
          parse((written) => parseK6(written, file.path)),
        )
        break
      case 'autocannon':
        found.latency = join(
          'latency',
          found.latency,
          parse((written) => parseAutocannon(written, file.path)),
        )
        break
      case 'sarif':
        found.analysis = join(
          'analysis',
          found.analysis,
          parse((written) => parseSarif(written, source.resolve)),
        )
        break
      default:
        return file.format satisfies never
    }
  }
  return found
}

type Problem = { problem: string }

const plain = <T>(parsed: Parsed<T>): T | Problem => (parsed.ok ? parsed.value : { problem: parsed.problem })

function join<T>(
  kind: keyof typeof most,
  before: T[] | Problem | undefined,
  parsed: Parsed<T[]>,
): T[] | Problem {
  if (before !== undefined && !Array.isArray(before)) return before
  if (!parsed.ok) return { problem: parsed.problem }
  const joined = [...(before ?? []), ...parsed.value]
  return joined.length > most[kind]
    ? { problem: `invalid: the reports hold more than ${most[kind]} ${names[kind]}.` }
    : joined
}

function named<T>(file: ReportFile, parsed: Parsed<T>): Parsed<T> {
  return parsed.ok
    ? parsed
    : { ok: false, problem: `invalid: ${file.path} cannot be read as ${file.format}: ${parsed.problem}.` }
}
