/** Coverage against the minimum and, where it is below, against the merge base and on the changed lines (G2). */
import { classify } from '../core/classify.ts'
import type { DiffBody } from '../core/evidence.ts'
import type { CoverageReport } from '../core/reports.ts'
import { fail, pass, type Verdict, wait } from '../core/verdict.ts'
import { type GateInput, withDiff } from './gate.ts'

/** The report at the merge base; the words complete a sentence after a comma. */
export type BaseCoverage = { found: CoverageReport } | { waits: string } | { missing: string }

/** Per cent of lines; a report that found no line proves nothing and counts as 0. */
export const percentOf = (report: CoverageReport): number =>
  report.linesFound === 0 ? 0 : (100 * report.linesHit) / report.linesFound
const shown = (value: number) => `${(Math.floor(value * 10) / 10).toFixed(1)} %`

/**
 * Judge the coverage at the head.
 *
 * @param base asked for only when the head is below the minimum.
 */
export function judgeCoverage(
  input: GateInput,
  head: CoverageReport,
  base: (diff: DiffBody) => BaseCoverage,
): Verdict {
  const { minimum } = input.settings.coverage
  const covered = percentOf(head)
  if (covered >= minimum)
    return pass(`${shown(covered)} of lines are covered; ${shown(minimum)} is asked for.`)
  return withDiff(input, (diff) => againstBase(input, head, base(diff), diff))
}

/** Below the minimum: allowed only where the base is below too, the total does not fall and the changed lines reach it. */
function againstBase(input: GateInput, head: CoverageReport, before: BaseCoverage, diff: DiffBody): Verdict {
  const { minimum } = input.settings.coverage
  const low = `The tests cover ${shown(percentOf(head))} of lines and policy asks for ${shown(minimum)}`
  if ('waits' in before) return wait(`${low}; ${before.waits}.`)
  // That the base is below as well is what excuses it, so a base that is not known excuses nothing.
  if ('missing' in before) return fail(`${low}, and ${before.missing.replace(/\.$/, '')}. Add tests.`)
  const base = before.found
  if (percentOf(base) >= minimum)
    return fail(`${low}; the base had ${shown(percentOf(base))}. Add tests for what was changed.`)
  if (percentOf(head) < percentOf(base))
    return fail(`${low}; the base had ${shown(percentOf(base))}, and the total may not fall. Add tests.`)
  const changed = changedLines(input, head, diff)
  if (!changed)
    return fail(
      `${low}, and the report does not tell lines, so the changed lines cannot be judged. Use lcov or cobertura, or raise the total.`,
    )
  if (changed.found > 0 && (100 * changed.hit) / changed.found < minimum)
    return fail(
      `${low}. The base is below too, so the changed lines must reach it: ${changed.hit} of ${changed.found} are covered. Add tests for them.`,
    )
  return pass(
    `${low}, but the base is below too, the total did not fall, and ${changed.hit} of ${changed.found} changed lines are covered.`,
  )
}

/**
 * How many of the added code lines that the report knows are covered. Code files that it does not know, and lines that
 * the diff was too large to show, count as missed.
 */
function changedLines(
  input: GateInput,
  report: CoverageReport,
  diff: DiffBody,
): { hit: number; found: number } | null {
  if (!report.files) return null
  let hit = 0
  let found = 0
  for (const file of diff.files) {
    if (file.status === 'deleted' || classify(file.path, input.settings.paths) !== 'code') continue
    const known = report.files[file.path]
    if (!known) {
      found += file.additions
      continue
    }
    const hits = new Set(known.hit)
    const missed = new Set(known.missed)
    for (const { line } of file.added) {
      if (hits.has(line)) hit++
      if (hits.has(line) || missed.has(line)) found++
    }
    found += file.additions - file.added.length
  }
  return { hit, found }
}
