/** Istanbul JSON: `coverage-final.json` with statements by file, or `coverage-summary.json` with totals only. */
import { z } from 'zod'
import type { CoverageReport } from '../../../core/reports.ts'
import { createCoverageCounter } from './coverage.ts'
import { type Parsed, type PathResolver, parseJson } from './read.ts'

const count = z.number().int().nonnegative()
const Summary = z.object({ total: z.object({ lines: z.object({ total: count, covered: count }) }) })
const Final = z.record(
  z.string(),
  z.object({
    path: z.string().optional(),
    statementMap: z.record(z.string(), z.object({ start: z.object({ line: z.number().int().positive() }) })),
    s: z.record(z.string(), z.number()),
  }),
)

/** Read either form. A line is as covered as the statements that start on it. */
export function parseIstanbul(text: string, resolve: PathResolver): Parsed<CoverageReport> {
  const read = parseJson(text)
  if (!read.ok) return read
  const json = read.value
  const summary = Summary.safeParse(json)
  if (summary.success) {
    const { total, covered } = summary.data.total.lines
    if (covered > total) return { ok: false, problem: 'it covers more lines than there are' }
    return { ok: true, value: { format: 'istanbul', linesFound: total, linesHit: covered } }
  }
  const final = Final.safeParse(json)
  if (!final.success) {
    return { ok: false, problem: 'it is neither coverage-final.json nor coverage-summary.json of Istanbul' }
  }
  const counter = createCoverageCounter(resolve)
  for (const [name, file] of Object.entries(final.data)) {
    for (const [id, statement] of Object.entries(file.statementMap)) {
      counter.add(file.path ?? name, statement.start.line, file.s[id] ?? 0)
    }
  }
  return counter.finish('istanbul')
}
