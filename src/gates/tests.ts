/** G2: unit tests with coverage, read from the reports of a command in the sandbox or of CI, never from what is printed. */
import { commandRequest } from '../core/commandSettings.ts'
import type { CommandBody, EvidenceRequest } from '../core/evidence.ts'
import type { Reports, TestCase } from '../core/reports.ts'
import { code, count, listed } from '../core/sentences.ts'
import { fail, pass, type Verdict } from '../core/verdict.ts'
import { commandAt, judgeExit } from './command.ts'
import { type BaseCoverage, judgeCoverage, percentOf } from './coverage.ts'
import { diffRequest, type Gate, type GateInput, worst } from './gate.ts'
import { notConfigured, readsUploads, uploadAtBase, uploadAtHead, uploadNeeds } from './reports.ts'

const coverageFormats = new Set(['lcov', 'istanbul', 'cobertura'])

export const tests: Gate = {
  id: 'tests',
  requirement: 'G2',
  title: 'Unit tests with coverage',
  about:
    'Unit tests succeed and cover at least 80 % of lines; where the base is below, the total may not fall and the changed lines must reach it.',
  reads: 'command or report',
  acceptedBy: 'senior',
  off: (input) =>
    input.commands.test || readsUploads(input, 'tests') || readsUploads(input, 'coverage')
      ? null
      : notConfigured('tests and coverage', ', or `commands.test`,'),
  needs: (input) => [...commandNeeds(input), ...uploadNeeds(input, 'tests', 'coverage')],
  evaluate: (input) =>
    worst([
      ...(input.commands.test ? ofCommand(input) : []),
      ...(readsUploads(input, 'tests') ? [testsOfCi(input)] : []),
      // CI's coverage counts instead of the command's where policy names it.
      ...(readsUploads(input, 'coverage') ? [coverageOfCi(input)] : []),
      ...(readsUploads(input, 'coverage') || input.commands.test ? [] : [coverageIsMissing(input)]),
    ]),
}

function commandNeeds(input: GateInput): EvidenceRequest[] {
  const atHead = commandRequest(input.commands, 'test', input.head)
  if (!atHead) return []
  const requests: EvidenceRequest[] = [atHead, diffRequest(input)]
  const head = input.evidence.get(atHead)
  const diff = input.evidence.get(diffRequest(input))
  if (readsUploads(input, 'coverage') || !head?.ok || !diff?.ok) return requests
  // The base is measured only when the head is below the minimum: most pull requests need one run.
  const { coverage } = head.body
  if (coverage && !('problem' in coverage) && percentOf(coverage) < input.settings.coverage.minimum) {
    const atBase = commandRequest(input.commands, 'test', diff.body.mergeBase)
    if (atBase) requests.push(atBase)
  }
  return requests
}

function ofCommand(input: GateInput): Verdict[] {
  const result = commandAt(input, 'test')
  if ('verdict' in result) return [result.verdict]
  const { body } = result
  const exit = judgeExit(input, 'test', body)
  if (exit.state !== 'pass') return [(Array.isArray(body.tests) && failedTests(body.tests)) || exit]
  if (body.tests && 'problem' in body.tests)
    return [
      fail(
        `The test report cannot be used: ${body.tests.problem} Correct the report's path or format in policy.`,
      ),
    ]
  const ran = body.tests ? judgeTests(body.tests) : exit
  return readsUploads(input, 'coverage') ? [ran] : [ran, coverageOfCommand(input, body)]
}

function testsOfCi(input: GateInput): Verdict {
  const report = uploadAtHead(input, 'tests')
  return 'verdict' in report ? report.verdict : judgeTests(report.found)
}

function failedTests(cases: readonly TestCase[]): Verdict | null {
  const failed = cases.filter((test) => test.status === 'failed')
  if (failed.length === 0) return null
  const names = listed(
    failed.map((test) => code(test.name)),
    3,
  )
  return fail(`${count(failed.length, 'test')} failed: ${names}. Fix them and push.`)
}

function judgeTests(cases: readonly TestCase[]): Verdict {
  const ran = cases.filter((test) => test.status !== 'skipped').length
  if (ran === 0) return fail('The test report holds no test that ran. Make the tests run.')
  return failedTests(cases) ?? pass(`${count(ran, 'test')} succeeded.`)
}

function coverageIsMissing(input: GateInput): Verdict {
  return input.settings.coverage.minimum === 0
    ? pass('Policy asks for no coverage.')
    : fail(
        'Policy names no coverage report, and a missing report does not pass. Name an lcov, istanbul or cobertura report in `gates.reports`, or under `commands.test.reports`.',
      )
}

function coverageOfCommand(input: GateInput, { coverage: head }: CommandBody): Verdict {
  const wanted = input.commands.test?.reports.some((report) => coverageFormats.has(report.format)) ?? false
  if (!head)
    return wanted
      ? fail('The coverage report that policy names was not written, and a missing report does not pass.')
      : coverageIsMissing(input)
  if ('problem' in head)
    return fail(`The coverage report cannot be used: ${head.problem} Correct its path or format in policy.`)
  return judgeCoverage(input, head, (diff): BaseCoverage => {
    const result = commandAt(input, 'test', diff.mergeBase)
    if ('verdict' in result)
      return result.verdict.state === 'wait'
        ? { waits: 'the base is being measured to compare' }
        : { missing: 'the base could not be measured' }
    return usable(result.body.coverage)
  })
}

function coverageOfCi(input: GateInput): Verdict {
  const head = uploadAtHead(input, 'coverage')
  if ('verdict' in head) return head.verdict
  return judgeCoverage(input, head.found, () => {
    const base = uploadAtBase(input, 'coverage')
    if ('verdict' in base) return { waits: base.verdict.sentence.replace(/\.$/, '') }
    return base
  })
}

const usable = (report: Reports['coverage']): BaseCoverage =>
  !report || 'problem' in report
    ? { missing: 'the base has no usable report to compare with' }
    : { found: report }
