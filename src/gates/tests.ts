/** G2: unit tests with coverage, read from the report at the head; where the base is below, nothing may fall. */
import { classify } from '../core/classify.ts'
import { commandRequest } from '../core/commandSettings.ts'
import type { CommandBody, CoverageReport, DiffBody, EvidenceRequest } from '../core/evidence.ts'
import { code, count, listed } from '../core/sentences.ts'
import { fail, pass, type Verdict, wait } from '../core/verdict.ts'
import { commandAt, judgeExit } from './command.ts'
import { diffRequest, type Gate, type GateInput, withDiff } from './gate.ts'

const coverageFormats = new Set(['lcov', 'istanbul', 'cobertura'])

/** Per cent of lines; a report that found no line proves nothing and counts as 0. */
const percent = (report: CoverageReport) =>
  report.linesFound === 0 ? 0 : (100 * report.linesHit) / report.linesFound
const shown = (value: number) => `${(Math.floor(value * 10) / 10).toFixed(1)} %`

export const tests: Gate = {
  id: 'tests',
  requirement: 'G2',
  title: 'Unit tests with coverage',
  about:
    'Unit tests succeed and cover enough lines; where the base is below, the total may not fall and the changed lines must reach it.',
  reads: 'command',
  acceptedBy: 'senior',
  off: (input) =>
    input.commands.test
      ? null
      : 'Not configured: name `commands.test` with a coverage report in the policy file to switch it on.',
  needs: (input) => {
    const atHead = commandRequest(input.commands, 'test', input.head)
    if (!atHead) return []
    const requests: EvidenceRequest[] = [atHead, diffRequest(input)]
    const head = headCoverage(input)
    const diff = input.evidence.get(diffRequest(input))
    // The base is measured only when the head is below the minimum: most pull requests need one run.
    if (head && diff?.ok && percent(head) < input.settings.coverage.minimum) {
      const atBase = commandRequest(input.commands, 'test', diff.body.mergeBase)
      if (atBase) requests.push(atBase)
    }
    return requests
  },
  evaluate: (input) => {
    const result = commandAt(input, 'test')
    if ('verdict' in result) return result.verdict
    const exit = judgeExit(input, 'test', result.body)
    if (exit.state !== 'pass') return failedTests(result.body) ?? exit
    if (Array.isArray(result.body.tests) && result.body.tests.every((test) => test.status === 'skipped'))
      return fail('The test command succeeded, but its report holds no test that ran. Make it run the tests.')
    if (result.body.tests && 'problem' in result.body.tests)
      return fail(
        `The test report cannot be used: ${result.body.tests.problem}. Correct the report's path or format in policy.`,
      )
    return judgeCoverage(input, result.body)
  },
}

function headCoverage(input: GateInput): CoverageReport | null {
  const result = commandAt(input, 'test')
  if ('verdict' in result || !result.body.coverage || 'problem' in result.body.coverage) return null
  return result.body.coverage
}

function failedTests(body: CommandBody): Verdict | null {
  if (!Array.isArray(body.tests)) return null
  const failed = body.tests.filter((test) => test.status === 'failed')
  if (failed.length === 0) return null
  const names = listed(
    failed.map((test) => code(test.name)),
    3,
  )
  return fail(`${count(failed.length, 'test')} failed: ${names}. Fix them and push.`)
}

function judgeCoverage(input: GateInput, body: CommandBody): Verdict {
  const minimum = input.settings.coverage.minimum
  const wanted = input.commands.test?.reports.some((report) => coverageFormats.has(report.format)) ?? false
  if (!body.coverage) {
    if (minimum === 0) return pass('The tests succeeded; policy asks for no coverage.')
    const why = wanted
      ? 'The coverage report that policy names was not written'
      : 'Policy names no coverage report for the test command'
    return fail(
      `${why}, and a missing report does not pass. Name an lcov, istanbul or cobertura report under \`commands.test.reports\`.`,
    )
  }
  if ('problem' in body.coverage)
    return fail(
      `The coverage report cannot be used: ${body.coverage.problem}. Correct its path or format in policy.`,
    )
  const head = body.coverage
  if (percent(head) >= minimum)
    return pass(
      `The tests succeeded and cover ${shown(percent(head))} of lines; ${shown(minimum)} is asked for.`,
    )
  return withDiff(input, (diff) => againstBase(input, head, diff))
}

/** Below the minimum: allowed only where the base is below too, the total does not fall and the changed lines reach it. */
function againstBase(input: GateInput, head: CoverageReport, diff: DiffBody): Verdict {
  const minimum = input.settings.coverage.minimum
  const low = `The tests cover ${shown(percent(head))} of lines and policy asks for ${shown(minimum)}`
  const result = commandAt(input, 'test', diff.mergeBase)
  if ('verdict' in result)
    return result.verdict.state === 'wait'
      ? wait(`${low}; the base is being measured to compare.`)
      : fail(`${low}, and the base could not be measured. Add tests.`)
  const base = result.body.coverage
  if (!base || 'problem' in base)
    return fail(`${low}, and the base has no usable report to compare with. Add tests.`)
  if (percent(base) >= minimum)
    return fail(`${low}; the base had ${shown(percent(base))}. Add tests for what was changed.`)
  if (percent(head) < percent(base))
    return fail(`${low}; the base had ${shown(percent(base))}, and the total may not fall. Add tests.`)
  const changed = changedLines(input, head, diff)
  if (!changed)
    return fail(
      `${low}, and the report does not tell lines, so the changed lines cannot be judged. Use lcov, or raise the total.`,
    )
  if (changed.found > 0 && (100 * changed.hit) / changed.found < minimum)
    return fail(
      `${low}. The base is below too, so the changed lines must reach it: ${changed.hit} of ${changed.found} are covered. Add tests for them.`,
    )
  return pass(
    `${low}, but the base is below too, the total did not fall, and ${changed.hit} of ${changed.found} changed lines are covered.`,
  )
}

/** How many of the added code lines that the report knows are covered; code files it does not know count as missed. */
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
  }
  return { hit, found }
}
