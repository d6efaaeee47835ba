/** Line counts by file, gathered the same way from every coverage format (G10). */
import { CoverageReport } from '../../../core/reports.ts'
import type { Parsed, PathResolver } from './read.ts'

const maximumLines = 2_000_000

export interface CoverageCounter {
  /** Count of one line (1-based). Files outside the commit's tree are ignored. */
  add(writtenPath: string, line: number, count: number): void
  finish(format: CoverageReport['format']): Parsed<CoverageReport>
}

/** Gather counts; a line that any record hit is hit. */
export function createCoverageCounter(resolve: PathResolver): CoverageCounter {
  const files = new Map<string, Map<number, boolean>>()
  const known = new Map<string, string | null>()
  let total = 0
  return {
    add(written, line, count) {
      let path = known.get(written)
      if (path === undefined) {
        path = resolve(written)
        known.set(written, path)
      }
      if (path === null || !Number.isSafeInteger(line) || line < 1 || total > maximumLines) return
      const lines = files.get(path) ?? new Map<number, boolean>()
      files.set(path, lines)
      if (!lines.has(line)) total += 1
      lines.set(line, (lines.get(line) ?? false) || count > 0)
    },
    finish(format) {
      if (total > maximumLines) return { ok: false, problem: `it counts more than ${maximumLines} lines` }
      if (total === 0) return { ok: false, problem: 'it counts no line of any file of this repository' }
      const report: CoverageReport = { format, linesFound: total, linesHit: 0, files: {} }
      for (const [path, lines] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) {
        const sorted = [...lines].sort(([a], [b]) => a - b)
        const hit = sorted.filter(([, isHit]) => isHit).map(([line]) => line)
        const missed = sorted.filter(([, isHit]) => !isHit).map(([line]) => line)
        report.linesHit += hit.length
        if (report.files) report.files[path] = { hit, missed }
      }
      return { ok: true, value: CoverageReport.parse(report) }
    },
  }
}
