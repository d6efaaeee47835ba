/** LCOV tracefiles: `SF:` names a file, `DA:` counts a line (geninfo's manual page). */
import type { CoverageReport } from '../../../core/reports.ts'
import { createCoverageCounter } from './coverage.ts'
import type { Parsed, PathResolver } from './read.ts'

/** Read a tracefile. A `DA:` outside a file, or one that is no pair of numbers, makes the report invalid. */
export function parseLcov(text: string, resolve: PathResolver): Parsed<CoverageReport> {
  const counter = createCoverageCounter(resolve)
  let file: string | null = null
  let number = 0
  for (const line of text.split(/\r?\n/)) {
    number += 1
    if (line.startsWith('SF:')) file = line.slice(3)
    else if (line === 'end_of_record') file = null
    else if (line.startsWith('DA:')) {
      const match = /^DA:(\d{1,9}),(-?\d{1,18})(?:,.*)?$/.exec(line)
      if (!match || file === null) return { ok: false, problem: `line ${number} is no line count of a file` }
      counter.add(file, Number(match[1]), Number(match[2]))
    }
  }
  return counter.finish('lcov')
}
