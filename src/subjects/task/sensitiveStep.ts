/** Pins a task to in-house endpoints as soon as anything about it is sensitive, and for good (P10). */
import { factsOf } from '../../core/facts.ts'
import { lenientBundle } from '../../delegation/bundle.ts'
import { citationsOf } from '../../pipeline/checks/citations.ts'
import { sensitivity } from '../../pipeline/providers.ts'
import { acceptedPlan } from '../../pipeline/taskState.ts'
import type { TaskContext } from './context.ts'
import { type Step, step } from './verdicts.ts'

/** The step that records why the task is pinned, or null when it is pinned already or nothing is sensitive. */
export function sensitiveStep(context: TaskContext): Step | null {
  const { facts, frozen, issued, draft, snapshot, policy } = context
  // Before the bundle is frozen only a proposal is sent anywhere: it is pinned by what the text says so far.
  const bundle = frozen?.body.bundle ?? (draft && lenientBundle(draft.body.body, draft.body.title))
  if (context.sensitive || !bundle) return null
  const plan = issued?.body.record.plan ?? acceptedPlan(context)
  // Also what will go back: the objection to a citation quotes the lines beside it, and they must not be quoted outside.
  const cited = factsOf(facts, 'attempt.ended').flatMap(({ body: { outcome } }) =>
    outcome.kind === 'deliverable' ? (citationsOf(outcome.deliverable) ?? []) : [],
  )
  const why = sensitivity(policy.models.sensitive, {
    repository: snapshot.repository.name,
    labels: snapshot.issue?.labels ?? [],
    risk: bundle.riskClass,
    paths: [
      ...bundle.priorArt,
      ...(plan?.files.map((file) => file.path) ?? []),
      ...(plan?.citations ?? []).map((citation) => citation.path),
      ...cited.map((citation) => citation.path),
    ],
  })
  return why === null
    ? null
    : step('machine', `Only in-house models may work on this: ${why}.`, {
        records: [{ kind: 'task.sensitive', why }],
      })
}
