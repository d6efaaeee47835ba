/** Answers to the jobs that an environment holds back: yes, no, or what they wait for (R2). */
import type { Action } from '../../core/action.ts'
import { type FactOf, factsOf } from '../../core/facts.ts'
import { headline } from '../../core/sentences.ts'
import type { RolloutSnapshot } from '../../core/snapshot/rollout.ts'
import type { Policy } from '../../policy/schema.ts'
import { byHand } from '../../rollout/candidate.ts'
import type { RolloutVerdicts } from './verdicts.ts'

/** GitHub takes ten reports for a waiting job; the last is kept for the answer. */
const mostReports = 9
const longestReport = 1000

/** Answers to waiting jobs: ours to roll back at once; the candidate's when it may go, or never may (R2). */
export function ruleActions(snapshot: RolloutSnapshot<Policy>, verdicts: RolloutVerdicts): Action[] {
  const { questions, go, range, askable } = verdicts
  const { policy } = snapshot
  const answer = (
    rule: FactOf<'rule.asked'>,
    state: 'approved' | 'rejected' | null,
    sentence: string,
  ): Action => ({
    kind: 'answerRule',
    subject: snapshot.key,
    repository: snapshot.repository.name,
    of: rule.seq,
    runId: rule.body.runId,
    environment: rule.body.environment,
    state,
    sentence: headline(sentence.replace(/[*`]/g, ''), longestReport),
  })
  const back = questions.rollback.map((rule) =>
    answer(rule, 'approved', 'The rollback that Countersign started; nobody is asked.'),
  )
  const strays = straysIn(snapshot, verdicts)
  const turned = strays.map((rule) =>
    answer(
      rule,
      'rejected',
      `Run ${rule.body.runId} of ${verdicts.settings?.workflow} was started by hand. It deploys the commit that it was told, whatever GitHub shows; Countersign starts this workflow itself.`,
    ),
  )
  const asking = questions.candidate?.rules ?? []
  const rules = asking.filter((rule) => !strays.includes(rule))
  if (policy.ok && !policy.policy.enforce)
    return [
      ...back,
      ...asking.map((rule) =>
        answer(rule, 'approved', `Shadow mode (enforce: false) holds nothing up: ${go.sentence}`),
      ),
    ]
  // One that may never come pushes nothing out.
  const older = range.verdict.state === 'pass' ? questions.outdated : []
  const outdated = older
    .filter((rule) => !strays.includes(rule))
    .map((rule) =>
      answer(
        rule,
        'rejected',
        'A newer commit waits for this environment; this one is not deployed any more.',
      ),
    )
  const anyway = [...back, ...turned, ...outdated]
  if (go.state === 'pass') return [...anyway, ...rules.map((rule) => answer(rule, 'approved', go.sentence))]
  const complete = policy.ok && snapshot.missing.length === 0
  // A person's no is lifted by the same person (A4), so the job waits on.
  const never = complete && go.state === 'fail' && (!askable || range.verdict.state === 'fail')
  if (never) return [...anyway, ...rules.map((rule) => answer(rule, 'rejected', go.sentence))]
  return [
    ...anyway,
    ...rules.flatMap((rule) => {
      const told = factsOf(snapshot.facts, 'rule.reported').filter(({ body }) => body.of === rule.seq)
      const report = answer(rule, null, go.sentence)
      const same = report.kind === 'answerRule' && told.at(-1)?.body.sentence === report.sentence
      return same || told.length >= mostReports ? [] : [report]
    }),
  ]
}

/** Jobs whose commit only those know who started them. What could not be read keeps everything waiting (S9). */
function straysIn(
  { facts, askers }: RolloutSnapshot<Policy>,
  { settings, questions, state }: RolloutVerdicts,
) {
  // One of ours of which GitHub did not tell the run cannot be told from them.
  const untold = state.pending.some(
    ({ intent, made, runId }) => intent.body.way === 'dispatch' && made && runId === null,
  )
  if (settings?.workflow === undefined || askers === 'unknown' || untold) return []
  const told = new Set(askers.filter(({ path }) => path === settings.workflow).map(({ id }) => id))
  const open = [...(questions.candidate?.rules ?? []), ...questions.outdated]
  return byHand(facts).filter((rule) => open.includes(rule) && told.has(rule.body.runId))
}
