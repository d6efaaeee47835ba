/** countersign/deploy as it should be: on the commit that wants to come, and on the one that came last (A1, R1). */
import type { Action } from '../../core/action.ts'
import { type Button, type DesiredCheckRun, formatExternalId } from '../../core/checkRun.ts'
import { digestOf } from '../../core/digest.ts'
import { factsOf } from '../../core/facts.ts'
import type { Sha } from '../../core/ids.ts'
import { code, headline, listed, short } from '../../core/sentences.ts'
import type { RolloutSnapshot } from '../../core/snapshot/rollout.ts'
import type { Policy } from '../../policy/schema.ts'
import { asksPeople } from '../../rollout/settings.ts'
import type { Seen } from '../../rollout/state.ts'
import { inShadow, longestTitle, newest, runDiffers } from '../pull/checks.ts'
import { awaitsPerson, heldDigest } from './failure.ts'
import { samplesTable } from './table.ts'
import type { RolloutVerdicts } from './verdicts.ts'

const name = 'countersign/deploy'

const approve: Button = {
  label: 'Approve deploy',
  description: 'Deploy this range to the environment',
  intent: 'approve',
}
const reject: Button = { label: 'Reject', description: 'Do not deploy it', intent: 'reject' }
const healthy: Button = { label: 'Healthy', description: 'I looked: count it as healthy', intent: 'accept' }
const rollback: Button = {
  label: 'Roll back',
  description: 'Deploy the last healthy commit again',
  intent: 'reject',
}

interface Shown {
  state: DesiredCheckRun['state']
  title: string
  lines: string[]
  buttons: Button[]
  shown: string
  /** Nothing but how far it is: it may wait for what comes next (ADR 8). */
  progress?: true
}

/** The writes: only runs that changed, in environments for which a person is asked, once something is asked or known. */
export function checkActions(snapshot: RolloutSnapshot<Policy>, verdicts: RolloutVerdicts): Action[] {
  const { policy, runs, missing, environment, repository } = snapshot
  if (!policy.ok || runs === 'unknown' || missing.length > 0) return []
  const { environments } = policy.policy.rollout
  if (!verdicts.settings || !asksPeople(environments, environment)) return []
  const { candidate } = verdicts.questions
  return verdicts.focus.flatMap((sha): Action[] => {
    const shown = sha === candidate?.sha ? asking(snapshot, verdicts, sha) : telling(snapshot, verdicts, sha)
    if (!shown) return []
    const desired = runOf(snapshot, sha, shown)
    const run = policy.policy.enforce ? desired : inShadow(desired)
    const observed = newest(runs, name, sha)
    const mayWait = shown.progress === true && observed?.conclusion === run.state
    return runDiffers(run, observed)
      ? [{ kind: 'checkRun', repository: repository.name, run, runId: observed?.id ?? null, mayWait }]
      : []
  })
}

/** What is asked about a commit that wants to come; null until it has come far enough to be asked about. */
function asking(snapshot: RolloutSnapshot<Policy>, verdicts: RolloutVerdicts, sha: Sha): Shown | null {
  const { approval, go, range, askable, state } = verdicts
  const nothing = digestOf({ nothing: snapshot.key, sha })
  if (!askable || !approval) {
    const failed = state.failures.some(({ body }) => body.sha === sha)
    return failed ? { state: 'failure', title: go.sentence, lines: [], buttons: [], shown: nothing } : null
  }
  const lines = [
    `From ${state.standing ? code(short(state.standing)) : 'nothing that is known'} to ${code(short(sha))} in ${code(snapshot.environment)}.`,
    ...approval.lines.map((line) => `- ${line}`),
    ...(range.lines.length > 0 ? ['', 'What comes along:', ...range.lines.map((line) => `- ${line}`)] : []),
  ]
  if (range.verdict.state !== 'pass') {
    const wait = range.verdict.state === 'wait'
    return {
      state: wait ? 'in_progress' : 'failure',
      title: range.verdict.sentence,
      lines,
      buttons: [],
      shown: nothing,
    }
  }
  if (go.state === 'pass')
    return { state: 'success', title: go.sentence, lines, buttons: [], shown: approval.bound }
  const buttons = [approve, reject]
  if (approval.verdict.state === 'fail')
    return { state: 'failure', title: go.sentence, lines, buttons: [approve], shown: approval.bound }
  if (approval.verdict.state === 'wait')
    return { state: 'action_required', title: go.sentence, lines, buttons, shown: approval.bound }
  // Approved, and something else is waited for: whoever approved may still say no.
  return { state: 'action_required', title: go.sentence, lines, buttons: [reject], shown: approval.bound }
}

/** What became of a commit that was let through. */
function telling(snapshot: RolloutSnapshot<Policy>, verdicts: RolloutVerdicts, sha: Sha): Shown | null {
  const { state, last } = verdicts
  const { environment } = snapshot
  const seen = state.seen.find(
    (one) => one.sha === sha && !one.adopted && one.intent?.body.purpose !== 'rollback',
  )
  if (!seen) return null
  const window = last?.seen.id === seen.id ? last.told : null
  const lines = window ? samplesTable(window.rows) : []
  const plain = digestOf({ told: snapshot.key, sha })
  const base = { lines, buttons: [], shown: plain }
  if (seen.ended?.body.outcome === 'healthy')
    return { ...base, state: 'success', title: `Healthy in ${environment}: ${seen.ended.body.sentence}` }
  if (seen.ended?.body.outcome === 'superseded')
    return { ...base, state: 'success', title: seen.ended.body.sentence }
  if (awaitsPerson(state, seen))
    return {
      state: 'action_required',
      title: `${environment} waits for a person: ${seen.held?.body.sentence ?? ''}`,
      lines: [...(seen.failed ? [seen.failed.body.sentence, ''] : []), ...lines],
      buttons: state.healthy && state.healthy.sha !== sha ? [healthy, rollback] : [healthy],
      shown: heldDigest(environment, seen),
    }
  if (seen.failed)
    return {
      ...base,
      state: 'failure',
      title: `Failed in ${environment}. ${afterFailure(snapshot, seen) ?? seen.failed.body.sentence}`,
      lines: [seen.failed.body.sentence, '', ...lines, ...nextAfterFailure(state, seen)],
    }
  const progress = window?.sentence ?? last?.canary.sentence ?? 'The deployment is under way.'
  return { ...base, state: 'success', title: `Let through to ${environment}. ${progress}`, progress: true }
}

/** What somebody who fixes it does next; nothing where the failure holds nothing against its commits. */
function nextAfterFailure({ failures }: RolloutVerdicts['state'], { id }: Seen): string[] {
  const failed = failures.find(({ body }) => body.deployment === id)
  if (!failed) return []
  const steps = failed.body.steps.map((sha) => code(short(sha)))
  const what = steps.length === 0 ? 'It' : `What it brought (${listed(steps)})`
  return [
    '',
    `${what} is not deployed here again before it is reverted: ${code('git revert <commit>')}, with ${code('-m 1')} for a merge, through a pull request. Then bring it in again, mended.`,
  ]
}

/** What came of it, or is about to; null where nothing is rolled back. */
function afterFailure({ facts }: RolloutSnapshot<Policy>, { id }: Seen): string | null {
  const intent = factsOf(facts, 'deploy.intended').find(({ body }) => body.replaces === id)
  const end = factsOf(facts, 'rollback.ended').find(({ body }) => body.intent === intent?.seq)
  return end?.body.sentence ?? (intent ? `It is rolled back to ${code(short(intent.body.sha))}.` : null)
}

function runOf(snapshot: RolloutSnapshot<Policy>, sha: Sha, shown: Shown): DesiredCheckRun {
  const { key, facts } = snapshot
  const title = shown.title.replace(/[*`]/g, '')
  const carried =
    shown.buttons.length > 0
      ? ['', `The buttons count for exactly what is shown here: \`${short(shown.shown)}\`.`]
      : []
  return {
    name,
    sha,
    externalId: formatExternalId(key, factsOf(facts, 'deploy.decided').length, shown.shown),
    state: shown.state,
    title: headline(title, longestTitle),
    summary:
      [...(title.length > longestTitle ? [shown.title, ''] : []), ...shown.lines, ...carried]
        .join('\n')
        .trim()
        .slice(0, 60_000) || shown.title,
    buttons: shown.buttons,
    shown: shown.shown,
    annotations: [],
  }
}
