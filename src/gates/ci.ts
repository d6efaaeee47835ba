/** G17: the repository's own CI at the head, matched by App, workflow path, event and SHA; never by name alone (T15). */
import { code, count, listed } from '../core/sentences.ts'
import type { CiCheck } from '../core/snapshot/pull.ts'
import { fail, pass, type Verdict, wait } from '../core/verdict.ts'
import { type Gate, type GateInput, worst } from './gate.ts'
import type { CiWorkflow } from './settings.ts'

const rerun = 'Run it again, or fix it and push.'
const letRun = 'Somebody with write access looks at it, and lets it run on its page under Actions.'

export const ci: Gate = {
  id: 'ci',
  requirement: 'G17',
  title: "The repository's own CI",
  about:
    "The repository's own CI is green at the head, matched by App, workflow file, event and commit, never by name alone.",
  reads: 'ci',
  acceptedBy: 'senior',
  off: (input) =>
    input.settings.ci.enabled ? null : 'Switched off in the policy file (`gates.ci.enabled`).',
  needs: () => [],
  evaluate: judgeCi,
}

type CiInput = Pick<GateInput, 'ci' | 'head' | 'ownAppIds' | 'settings'>
type TimedCiInput = CiInput & Pick<GateInput, 'headSinceMs' | 'nowMs' | 'retargeted'>

/** CI at any commit: a pull request's head, or that of a merge queue's group. */
export function judgeCi(input: TimedCiInput): Verdict {
  const checks = atHead(input)
  if (checks === null) return wait('The checks at the head could not be read; they are asked for again.')
  const { workflows, app_id: appId } = input.settings.ci
  if (input.retargeted && countedChecks(input).some(mergesBase)) return fail(elsewhere)
  if (workflows.length === 0) return judgeSeen(input, checks)
  const fromApp = checks.filter((check) => check.appId === appId)
  const verdicts = workflows.map((workflow) => judgeWorkflow(input, workflow, fromApp))
  return worst(verdicts)
}

/** Runs that a pull request starts are of its head merged into its base, or see that base. */
const mergesBase = ({ event }: Pick<CiCheck, 'event'>) => startsOfPull(event ?? '')
export const startsOfPull = (event: string) => event.startsWith('pull_request')
export const elsewhere =
  'The base branch was changed at this commit, so CI here may have run for the base before, and GitHub does not start it anew. Push a commit, or press Update branch, so that it runs for this one.'

function atHead({ ci: seen, head, ownAppIds }: CiInput): CiCheck[] | null {
  if (seen === 'unknown') return null
  return latest(seen.filter((check) => check.sha === head && !ownAppIds.includes(check.appId)))
}

/** The checks that count for this gate: of the workflows that policy names, else every one at the head. */
export function countedChecks(input: CiInput): CiCheck[] {
  const { workflows, app_id: appId } = input.settings.ci
  const checks = (atHead(input) ?? []).filter(present)
  if (workflows.length === 0) return checks
  return checks.filter(
    (check) =>
      check.appId === appId &&
      workflows.some(({ path, event }) => check.workflowPath === path && check.event === event),
  )
}

/** Of several runs of one job the newest counts: a green one from before a re-run says nothing. */
function latest(checks: CiCheck[]): CiCheck[] {
  const newest = new Map<string, CiCheck>()
  for (const check of checks) {
    const key = JSON.stringify([check.appId, check.workflowPath, check.event, check.name])
    const known = newest.get(key)
    if (!known || known.checkRunId < check.checkRunId) newest.set(key, check)
  }
  return [...newest.values()]
}

/** Skipped and neutral are as good as not there (T15). */
const present = (check: CiCheck) =>
  check.status !== 'completed' || (check.conclusion !== 'skipped' && check.conclusion !== 'neutral')
const nameOf = (check: CiCheck) =>
  code(check.workflowPath ? `${check.workflowPath} / ${check.name}` : check.name)

function judgeWorkflow(input: TimedCiInput, workflow: CiWorkflow, checks: CiCheck[]): Verdict {
  const what = `${code(workflow.path)} on ${code(workflow.event)}`
  const own = checks.filter(
    (check) => check.workflowPath === workflow.path && check.event === workflow.event && present(check),
  )
  const missing = workflow.jobs.filter((job) => !own.some((check) => check.name === job))
  if (own.length === 0)
    return absent(input, `${what} has not reported at this commit; skipped and neutral count as missing`)
  const verdict = judgeRuns(own)
  if (verdict.state === 'fail') return verdict
  if (missing.length > 0)
    return absent(
      input,
      `${what} has not reported ${listed(missing.map((job) => `job ${code(job)}`))}; skipped and neutral count as missing`,
    )
  return verdict.state === 'pass' ? pass(`${what} succeeded.`) : verdict
}

function judgeSeen(input: TimedCiInput, checks: CiCheck[]): Verdict {
  const own = checks.filter(present)
  if (own.length === 0)
    return absent(
      input,
      'No CI has reported at this commit. Name the workflows in `gates.ci.workflows`, or switch the gate off with `gates.ci.enabled: false`',
    )
  const verdict = judgeRuns(own)
  return verdict.state === 'pass'
    ? pass(`${count(own.length, 'check')} of the repository succeeded.`)
    : verdict
}

function judgeRuns(checks: CiCheck[]): Verdict {
  const failed = checks.filter((check) => check.status === 'completed' && check.conclusion !== 'success')
  if (failed.length > 0)
    return fail(
      `${listed(
        failed.map((check) => `${nameOf(check)} ended with ${check.conclusion ?? 'nothing'}`),
        3,
      )}. ${failed.some((check) => check.conclusion === 'action_required') ? letRun : rerun}`,
    )
  const running = checks.filter((check) => check.status !== 'completed')
  if (running.length > 0)
    return wait(
      `${listed(running.map(nameOf), 3)} ${running.length === 1 ? 'is' : 'are'} running; nothing to do.`,
    )
  return pass('CI succeeded.')
}

/** Missing waits until the deadline and then fails; without a known start it waits, and never passes (T16). */
function absent(input: TimedCiInput, sentence: string): Verdict {
  const deadline = ciDeadlineMs(input)
  if (deadline !== null && input.nowMs >= deadline)
    return fail(`${sentence}. It had ${input.settings.ci.deadline_minutes} minutes. ${rerun}`)
  return wait(`${sentence}.`)
}

/** When missing CI fails, App clock, or null when nobody recorded when this head came. */
export function ciDeadlineMs(input: Pick<GateInput, 'headSinceMs' | 'settings'>): number | null {
  return input.headSinceMs === null ? null : input.headSinceMs + input.settings.ci.deadline_minutes * 60_000
}
