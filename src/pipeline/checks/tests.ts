/** Tests first: red on the base, frozen afterwards, green on the result, each proven by a run (P5). */
import { classify } from '../../core/classify.ts'
import type { CommandBody } from '../../core/evidence.ts'
import type { Plan } from '../../core/plan.ts'
import { Tests } from '../phases/tests.ts'
import {
  type Check,
  type CheckContext,
  type CheckResult,
  commandAt,
  objects,
  satisfied,
  together,
  withEvidence,
} from './check.ts'
import { casesNamed, onlyNewIsMissing } from './namedTests.ts'

const noTestCommand =
  "Policy names no `test` command with a junit report, so the plan's tests cannot be proven. A maintainer adds `commands.test` to the policy, or the plan says that it needs no tests and why."

/**
 * The tests' commit sits on the base with nothing but tests added: every named test must fail there, and must do so in
 * each of policy's runs. A test that fails by chance would later pass by chance.
 */
export const redOnBase: Check = (context) => {
  const { plan, candidate, settings } = context
  if (!plan || plan.tests.kind === 'none') return satisfied
  const { names } = plan.tests
  const handedIn = Tests.safeParse(context.deliverable)
  const written = handedIn.success ? handedIn.data.tests.map((one) => one.name) : []
  const missing = names.filter((name) => !written.includes(name))
  const named = missing.map((name) => `The plan names the test "${name}", which was not handed in.`)
  if (named.length > 0) return objects(...named)
  const bodies: CommandBody[] = []
  const keep = (body: CommandBody) => {
    bodies.push(body)
    return []
  }
  const runs = Array.from({ length: settings.red_runs }, (_, index) =>
    onReport(context, candidate, keep, index + 1),
  )
  const all = together(runs)
  // One run that could not be read says the same as all of them.
  if (all.waiting || all.objections.length > 0) return { ...all, objections: [...new Set(all.objections)] }
  return { ...all, objections: names.flatMap((name) => objectionsToRed(name, bodies, plan)) }
}

function objectionsToRed(name: string, bodies: readonly CommandBody[], plan: Plan): string[] {
  const ends = bodies.map((body) => redEnd(name, body, plan))
  const count = (end: RedEnd) => ends.filter((one) => one === end).length
  const red = count('red')
  if (red === ends.length) return []
  if (red > 0 || (count('passed') > 0 && count('passed') < ends.length))
    return [
      `The test "${name}" is flaky: of ${ends.length} runs on the base it failed in ${red}, passed in ${count('passed')} and did not run in ${count('skipped') + count('absent')}. A test that is not red every time proves nothing; take out what depends on time, order or chance.`,
    ]
  switch (ends[0]) {
    case 'passed':
      return [
        `The test "${name}" passes before the change, so it proves nothing. Make it fail for the missing behaviour.`,
      ]
    case 'skipped':
      return [`The test "${name}" was skipped. It must run and fail.`]
    default:
      return [
        `The test "${name}" did not run. Only a symbol that the plan lists as new may keep a test from loading. The end of the output: ${bodies[0] ? tail(bodies[0]) : ''}`,
      ]
  }
}

type RedEnd = 'red' | 'passed' | 'skipped' | 'absent'

/** How one run ended for a test; a file that could not load for want of a planned symbol is red. */
function redEnd(name: string, body: CommandBody, plan: Plan): RedEnd {
  const found = casesNamed(Array.isArray(body.tests) ? body.tests : [], name)
  if (found.some((one) => one.status === 'passed')) return 'passed'
  if (found.some((one) => one.status === 'failed')) return 'red'
  if (found.length > 0) return 'skipped'
  return body.exitCode !== 0 && onlyNewIsMissing(body, plan) ? 'red' : 'absent'
}

/** The named tests pass on the result. */
export const greenOnResult: Check = (context) => {
  const { plan, candidate } = context
  if (!plan || plan.tests.kind === 'none' || !candidate) return satisfied
  const { names } = plan.tests
  return onReport(context, candidate, (body) => {
    const cases = Array.isArray(body.tests) ? body.tests : []
    return names.flatMap((name) => {
      const found = casesNamed(cases, name)
      if (found.length === 0)
        return [`The test "${name}" did not run on the result. The end of the output: ${tail(body)}`]
      const bad = found.find((one) => one.status !== 'passed')
      return bad
        ? [`The test "${name}" ${bad.status} on the result: ${(bad.message ?? '').slice(0, 800)}`]
        : []
    })
  })
}

/** After the red run the test files stay as they are, byte for byte. */
export const testsFrozen: Check = (context) => {
  const { testsCommit, candidate } = context
  if (!testsCommit || !candidate || candidate === testsCommit) return satisfied
  return withEvidence(
    context,
    { kind: 'diff', base: testsCommit, head: candidate },
    'Whether the tests stayed as they were',
    ({ files }) =>
      files
        .filter(
          (file) =>
            classify(file.path) === 'test' ||
            (file.renamedFrom !== null && classify(file.renamedFrom) === 'test'),
        )
        .map(
          (file) =>
            `${file.path} is a test file and frozen since the tests were shown to fail. Undo that change; if the test is wrong, say so by asking.`,
        ),
  )
}

function onReport(
  context: CheckContext,
  sha: string | null,
  judge: (body: CommandBody) => string[],
  run = 1,
): CheckResult {
  if (!sha) return objects('No file was changed, so there is nothing to run the tests on.')
  const command = commandAt(context, 'test', sha)
  const request = command && run > 1 ? { ...command, again: run } : command
  if (!request?.spec.reports.some((report) => report.format === 'junit')) return objects(noTestCommand)
  return withEvidence(context, request, 'The result of the test command', (body) => {
    if (body.stoppedBy) return [`The test command was stopped by its limit on ${body.stoppedBy}.`]
    // Files that do not load leave no report with some runners: then only the output can say what is missing.
    if (body.tests === undefined || (!Array.isArray(body.tests) && body.exitCode === 0))
      return [
        `The test command wrote no readable report: ${Array.isArray(body.tests) ? '' : (body.tests?.problem ?? 'missing')}`,
      ]
    return judge(body)
  })
}

function tail(body: CommandBody): string {
  return body.outputTail.slice(-600).trim()
}
