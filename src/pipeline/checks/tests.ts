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

/** The tests' commit sits on the base with nothing but tests added: every named test must fail there. */
export const redOnBase: Check = (context) => {
  const { plan, candidate } = context
  if (!plan || plan.tests.kind === 'none') return satisfied
  const handedIn = Tests.safeParse(context.deliverable)
  const written = handedIn.success ? handedIn.data.tests.map((one) => one.name) : []
  const missing = plan.tests.names.filter((name) => !written.includes(name))
  const named = missing.map((name) => `The plan names the test "${name}", which was not handed in.`)
  return together([
    objects(...named),
    onReport(context, candidate, (body) =>
      redObjections(body, plan, plan.tests.kind === 'none' ? [] : plan.tests.names),
    ),
  ])
}

function redObjections(body: CommandBody, plan: Plan, names: readonly string[]): string[] {
  const cases = Array.isArray(body.tests) ? body.tests : []
  return names.flatMap((name) => {
    const found = casesNamed(cases, name)
    if (found.some((one) => one.status === 'passed'))
      return [
        `The test "${name}" passes before the change, so it proves nothing. Make it fail for the missing behaviour.`,
      ]
    if (found.some((one) => one.status === 'failed')) return []
    if (found.length > 0) return [`The test "${name}" was skipped. It must run and fail.`]
    if (body.exitCode !== 0 && onlyNewIsMissing(body, plan)) return []
    return [
      `The test "${name}" did not run. Only a symbol that the plan lists as new may keep a test from loading. The end of the output: ${tail(body)}`,
    ]
  })
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
): CheckResult {
  if (!sha) return objects('No file was changed, so there is nothing to run the tests on.')
  const request = commandAt(context, 'test', sha)
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
