/** From accepted work to a pull request that is ready for review: pushes, the review's findings, CI (P6, P8). */
import { factsOf } from '../../core/facts.ts'
import { code } from '../../core/sentences.ts'
import type { PullSnapshot } from '../../core/snapshot/pull.ts'
import { countedChecks } from '../../gates/ci.ts'
import { phases } from '../../pipeline/phases.ts'
import { isPushed } from '../../pipeline/published.ts'
import type { PhaseId } from '../../pipeline/settings.ts'
import { acceptedHead } from '../../pipeline/taskState.ts'
import type { Policy } from '../../policy/schema.ts'
import type { PullVerdicts } from '../pull.ts'
import { acceptedCandidate, type Candidate, writtenBefore } from './candidates.ts'
import type { TaskContext } from './context.ts'
import { repairStep } from './repairStep.ts'
import { postedReview } from './reviewStep.ts'
import { type Step, step } from './verdicts.ts'

/**
 * The step of a phase after the plan, `due`, with the push that it needs.
 *
 * The branch is pushed once, before the review reads it, so that CI and people see the whole change and no half of it.
 * Where the work halts for a person before that, what is accepted goes to the branch at once: they may go on from it.
 */
export function pushedStep(context: TaskContext, phase: PhaseId, due: () => Step | null): Step | null {
  const written = writtenBefore(context, phase)
  if (phases[phase].writes === 'none') return (written && pushStep(context, written)) ?? due()
  const found = due()
  const kept = found?.waits === 'person' && written ? pushStep(context, written) : null
  return found && kept ? { ...found, effects: [...found.effects, ...kept.effects] } : found
}

/** Push a candidate, or null when it is pushed. */
function pushStep({ issued, facts, snapshot }: TaskContext, { phase, sha }: Candidate): Step | null {
  if (!issued) return null
  const since = facts.filter(({ seq }) => seq > issued.seq)
  if (isPushed(since, sha)) return null
  const pushes = factsOf(since, 'work.pushed')
  const expected = pushes.at(-1)?.body.sha ?? issued.body.commit
  return step('machine', `${phase}: accepted, and pushed now.`, {
    effects: [{ kind: 'push', subject: snapshot.key, branch: issued.body.branch, sha, expected, phase }],
  })
}

/**
 * The last steps: findings of the review phase, the repository's own CI, and out of draft.
 *
 * @param repair the step of the repair phase, asked for when CI is red.
 */
export function readyStep(
  context: TaskContext,
  verdicts: PullVerdicts | null,
  repair: () => Step | null,
): Step {
  const { snapshot, issued } = context
  const { pull } = snapshot
  if (!pull || !verdicts || !issued) return step('machine', 'The pull request is being read.')
  const { number, state, draft, head } = pull.pull
  if (state !== 'open')
    return step(
      'nothing',
      state === 'merged' ? `Merged as #${number}.` : `Pull request #${number} was closed.`,
      { over: true },
    )
  if (!draft) return step('person', `#${number} waits for review: countersign/review says who is needed.`)
  const repaired = acceptedCandidate(context, 'repair')
  const pushed = repaired === null ? null : pushStep(context, { phase: 'repair', sha: repaired })
  if (pushed) return pushed
  const done = acceptedHead(context, null)
  if (head.sha !== done)
    return step(
      'person',
      `The head of #${number} is not what was pushed last. Someone else pushed there: put the branch back to ${code((done ?? '').slice(0, 12))} and the work goes on, finish it by hand, or ${code('/agent reject plan <reason>')} starts over with a new plan.`,
    )
  return withReview(postedReview(context), ciStep(context, pull, verdicts, repair))
}

/** The review goes out beside whatever else is due: nothing waits for it but leaving the draft. */
function withReview({ effects, needs }: Pick<Step, 'effects' | 'needs'>, due: Step): Step {
  const ready = due.effects.some(({ kind }) => kind === 'markReady')
  if (ready && effects.length === 0 && needs.length > 0)
    return step('machine', 'The findings of the review session are being placed.', { needs })
  return { ...due, effects: [...effects, ...due.effects], needs: [...needs, ...due.needs] }
}

function ciStep(
  context: TaskContext,
  pull: PullSnapshot<Policy>,
  verdicts: PullVerdicts,
  repair: () => Step | null,
): Step {
  const { number, nodeId } = pull.pull
  const ci = verdicts.gates.results.find((result) => result.gate === 'ci')
  if (verdicts.missing.length > 0 || !ci)
    return step('machine', 'The checks of the pull request are being read.')
  if (ci.configured && ci.verdict.state === 'fail') return redStep(context, pull, ci.verdict.sentence, repair)
  if (ci.configured && ci.verdict.state !== 'pass')
    return step('machine', `Waiting for CI on #${number}: ${ci.verdict.sentence}`)
  return step('machine', `CI is green; #${number} is marked as ready for review.`, {
    effects: [{ kind: 'markReady', repository: context.snapshot.repository.name, number, nodeId }],
  })
}

/** Red CI is looked at once every job has ended, so that one repair sees all that failed. */
function redStep(
  context: TaskContext,
  pull: PullSnapshot<Policy>,
  sentence: string,
  repair: () => Step | null,
): Step {
  const { app } = pull
  const checks = countedChecks({
    ci: pull.ci,
    head: pull.pull.head.sha,
    ownAppIds: app.drafterAppId === null ? [app.appId] : [app.appId, app.drafterAppId],
    settings: context.policy.gates,
  })
  if (checks.some((check) => check.status !== 'completed'))
    return step('machine', `CI is red on #${pull.pull.number}; its other jobs are awaited. ${sentence}`)
  const failed = checks.filter((check) => check.conclusion !== 'success')
  return repairStep(context, pull, failed, sentence, repair)
}
