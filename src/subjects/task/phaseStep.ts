/** The step of one phase: start its session, run its checks, its validator, ask its questions, or hand it to a person. */
import { lastFact } from '../../core/facts.ts'
import { outgoingText } from '../../core/outgoingText.ts'
import { Plan } from '../../core/plan.ts'
import type { Attempt } from '../../pipeline/attempts.ts'
import { type CheckContext, type Checked, runChecks } from '../../pipeline/checks.ts'
import { handOffText } from '../../pipeline/handOff.ts'
import { validatorPrefix } from '../../pipeline/phases.ts'
import { modelsFor, riskOf } from '../../pipeline/providers.ts'
import { publishedAs } from '../../pipeline/published.ts'
import type { PhaseId } from '../../pipeline/settings.ts'
import { acceptedHead, isValidated, routeOf, stateOf } from '../../pipeline/taskState.ts'
import { validatorJudgement } from '../../pipeline/validator.ts'
import { bundlesIn } from './bundles.ts'
import type { TaskContext } from './context.ts'
import { type Step, step } from './verdicts.ts'

/** The step while a phase is not accepted, or null once it is. */
export function phaseStep(context: TaskContext, phase: PhaseId): Step | null {
  const state = stateOf(context, phase)
  const { progress } = state
  switch (progress.state) {
    case 'accepted':
      return null
    case 'due':
      return started(
        context,
        phase,
        phase,
        progress.attempt,
        `The ${phase} session starts${ordinal(progress.attempt)}.`,
      )
    case 'running':
      return step('machine', `The ${phase} session is at work${ordinal(progress.attempt.attempt)}.`, {
        // Under the same key as when it started, so that the queue sees one job.
        effects: [session(context, phase, progress.attempt.attempt, progress.attempt)],
      })
    case 'judging':
      return judging(context, phase, progress.attempt)
    case 'validating':
      return validating(context, phase, progress.attempt)
    case 'asked':
      return step(
        'person',
        `The ${phase} session asks something that the repository does not answer. Answer with \`/agent answer <text>\`.`,
        {
          comments: [
            {
              marker: `questions:${phase}:${progress.attempt.attempt}`,
              body: questionsText(phase, progress.questions),
            },
          ],
        },
      )
    case 'exhausted': {
      const handed = lastFact(context.facts, 'phase.handedOff')
      const recorded =
        handed?.body.phase === phase && handed.seq > progress.attempt.seq && handed.seq > lastRetry(context)
      return step(
        'person',
        `The ${phase} phase is handed to a person, because ${progress.reason}. \`/agent retry\` tries again.`,
        {
          records: recorded
            ? []
            : [{ kind: 'phase.handedOff', phase, reason: progress.reason.slice(0, 4000) }],
          comments: [
            {
              marker: `handoff:${phase}`,
              body: handOffText(state, progress.reason, context.snapshot.pull?.pull.number ?? null),
            },
          ],
        },
      )
    }
    default:
      return progress satisfies never
  }
}

function lastRetry(context: TaskContext): number {
  return Math.max(-1, ...context.commands.filter((one) => one.verb === 'retry').map((one) => one.settledSeq))
}

/** The step that starts a session on the main model of its phase. */
function started(
  context: TaskContext,
  name: string,
  model: PhaseId,
  attempt: number,
  sentence: string,
): Step {
  const risk = riskOf(model, context.frozen?.body.bundle)
  const [choice] = modelsFor(model, context.policy.models, risk, context.sensitive !== null)
  if (!choice) {
    const why = `Nothing was sent to any model: ${context.sensitive?.body.why ?? ''}, and the policy names no in-house model for such work. A maintainer adds one to \`models.sensitive.use\`, then someone comments \`/agent retry\`.`
    return step('person', why, { comments: [{ marker: 'failed:sensitive', body: why }] })
  }
  return step('machine', sentence, { effects: [session(context, name, attempt, choice)] })
}

function session(
  context: TaskContext,
  name: string,
  attempt: number,
  { endpoint, model }: { endpoint: string; model: string },
): Step['effects'][number] {
  return { kind: 'session', subject: context.snapshot.key, phase: name, attempt, endpoint, model }
}

function judging(context: TaskContext, phase: PhaseId, attempt: Attempt): Step {
  const result = checkAttempt(context, phase, attempt)
  if (result.waiting)
    return step(
      'machine',
      `What the ${phase} session handed in is being checked${ordinal(attempt.attempt)}.`,
      {
        needs: result.requests,
      },
    )
  const verdict = result.objections.length === 0 ? 'pass' : 'objections'
  const objections = result.objections.map((one) => one.slice(0, 4000))
  return step(
    'machine',
    `What the ${phase} session handed in ${verdict === 'pass' ? 'passed its checks' : 'goes back with objections'}${ordinal(attempt.attempt)}.`,
    {
      needs: result.requests,
      records: [
        {
          kind: 'attempt.judged',
          phase,
          attempt: attempt.attempt,
          by: 'code',
          verdict,
          objections,
          accepted: verdict === 'pass' && !isValidated(context.settings, phase),
          ...(result.caught.length > 0 ? { caught: result.caught } : {}),
        },
      ],
    },
  )
}

function validating(context: TaskContext, phase: PhaseId, attempt: Attempt): Step {
  const judgement = validatorJudgement(phase, attempt)
  if (judgement) return step('machine', `${phase}: the validator has answered.`, { records: [judgement] })
  const { validatorRunning: running } = attempt
  const name = validatorPrefix + phase
  const sentence = `${phase}: attempt ${attempt.attempt} is being validated.`
  if (!running) return started(context, name, 'validate', attempt.attempt, sentence)
  return step('machine', sentence, { effects: [session(context, name, attempt.attempt, running)] })
}

/** Run the deterministic checks of an attempt against this snapshot. */
export function checkAttempt(context: TaskContext, phase: PhaseId, attempt: Attempt): Checked {
  const { snapshot, policy, issued } = context
  const outcome = attempt.ended?.outcome
  const deliverable = outcome?.kind === 'deliverable' ? outcome.deliverable : null
  const own = routeOf(context).planning === phase ? Plan.safeParse(deliverable) : null
  const tests = stateOf(context, 'tests').progress
  const testsCommit = tests.state === 'accepted' ? (tests.attempt.ended?.candidate ?? null) : null
  const input: CheckContext = {
    phase,
    deliverable,
    plan: own?.success ? own.data : (issued?.body.record.plan ?? null),
    base: snapshot.base.tip,
    planCommit: issued?.body.commit ?? null,
    before: acceptedHead(context, phase),
    candidate: attempt.ended?.candidate ?? null,
    testsCommit: testsCommit === null ? null : publishedAs(context.facts, testsCommit),
    settings: policy.pipeline,
    allowed: context.agent.allowed,
    commands: policy.commands,
    protectedRules: context.rules,
    protectedAllowed: context.protectedAllowed,
    evidence: snapshot.evidence,
    bundle: context.frozen?.body.bundle ?? null,
    bundles: bundlesIn(context, phase, deliverable),
  }
  return runChecks(input)
}

function questionsText(phase: PhaseId, questions: readonly string[]): string {
  return [
    `The ${phase} session needs something that it found neither in the issue nor in the repository (P4):`,
    '',
    ...questions.map(
      (question, index) => `${index + 1}. ${outgoingText(question, { inline: true, most: 1500 })}`,
    ),
    '',
    'Someone with write access answers on one line: `/agent answer <text>`. The work waits until then.',
  ].join('\n')
}

/** Said from the second attempt on; the first one is what everybody expects. */
const ordinal = (attempt: number) => (attempt > 1 ? `, attempt ${attempt}` : '')
