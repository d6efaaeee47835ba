/** A proposal for the missing parts, from its session to the issue's text (D2, D4). */
import type { Account } from '../../core/account.ts'
import { digestOf, sha256 } from '../../core/digest.ts'
import { Draft, type Parts } from '../../core/draft.ts'
import { type FactOf, factsOf, lastFact } from '../../core/facts.ts'
import type { Digest } from '../../core/ids.ts'
import { outgoingText } from '../../core/outgoingText.ts'
import { code, listed, person, short } from '../../core/sentences.ts'
import { withParts } from '../../delegation/draft.ts'
import { formText } from '../../delegation/formText.ts'
import { stateOf } from '../../pipeline/taskState.ts'
import { budgeted } from './budgetStep.ts'
import { issueOf, type TaskContext } from './context.ts'
import { countingText } from './issueText.ts'
import { phaseStep } from './phaseStep.ts'
import { sensitiveStep } from './sensitiveStep.ts'
import { type Step, step } from './verdicts.ts'

/** An accepted proposal as it is shown: its parts, the text that the issue would get, and the digest that takes it over. */
export interface OfferedDraft {
  request: FactOf<'draft.requested'>
  parts: Parts
  notes: string[]
  body: string
  digest: Digest
}

/** The proposal that can be taken over, or null. */
export function offeredDraft(context: TaskContext): OfferedDraft | null {
  const { draft: request, snapshot } = context
  const { progress } = stateOf(context, 'draft')
  if (!request || progress.state !== 'accepted') return null
  const outcome = progress.attempt.ended?.outcome
  const read = Draft.safeParse(outcome?.kind === 'deliverable' ? outcome.deliverable : null)
  if (!read.success) return null
  const { notes, ...parts } = read.data
  const body = withParts(request.body.body, parts)
  // The hash of the request comes out of the ledger's chain: no session can have aimed at this digest.
  const digest = digestOf({ version: 1, key: snapshot.key, request: request.hash, parts, body })
  return { request, parts, notes, body, digest }
}

/** True when the text that the proposal was asked for is no longer the one that counts, or stands on the page. */
export function isStale(context: TaskContext, { body }: FactOf<'draft.requested'>): boolean {
  const { issue } = context.snapshot
  return countingText(context)?.digest !== body.bodyDigest || issue?.bodyDigest !== body.bodyDigest
}

/** The step of an incomplete bundle, with the proposal that was asked for, if any. `due` names the gaps. */
export function draftStep(context: TaskContext, due: Step): Step {
  const { draft, agent } = context
  // A profile that policy no longer has starts nothing; the gaps still stand.
  if (agent.gone) return due
  if (!draft) return isLeftBehind(context) ? withComment(due, leftBehindText) : due
  const taken = factsOf(context.facts, 'draft.accepted').findLast(({ body }) => body.draft === draft.seq)
  if (taken) return writeStep(context, due, taken)
  if (isStale(context, draft)) return withComment(due, staleText)
  const offered = offeredDraft(context)
  if (offered)
    return withComment(
      {
        ...due,
        sentence: `${due.sentence} A proposal for the missing parts waits for a person: ${code(`/agent draft accept ${short(offered.digest)}`)}.`,
      },
      offeredText(context, offered),
    )
  const next = sensitiveStep(context) ?? budgeted(context, phaseStep(context, 'draft')) ?? due
  return { ...next, comments: [...due.comments, ...next.comments] }
}

/** Whether a proposal that nobody took over was asked for under an earlier delegation. */
function isLeftBehind({ facts }: TaskContext): boolean {
  const asked = lastFact(facts, 'draft.requested')
  return asked !== undefined && !factsOf(facts, 'draft.accepted').some(({ body }) => body.draft === asked.seq)
}

function writeStep(context: TaskContext, due: Step, taken: FactOf<'draft.accepted'>): Step {
  const { facts, snapshot } = context
  const stale = factsOf(facts, 'draft.stale').find(({ body }) => body.accepted === taken.seq)
  if (stale) return withComment(due, stale.body.reason === null ? staleText : refusedText(stale.body.reason))
  if (factsOf(facts, 'draft.written').some(({ body }) => body.accepted === taken.seq)) return due
  const offered = offeredDraft(context)
  return step('machine', 'The parts that a person took over are written into the issue.', {
    comments: offered ? [{ marker: 'draft', body: takenText(offered, taken.body.by) }] : [],
    effects: [
      {
        kind: 'writeBody',
        subject: snapshot.key,
        repository: snapshot.repository.name,
        number: issueOf(context),
        accepted: taken.seq,
        was: taken.body.was,
        body: taken.body.body,
      },
    ],
  })
}

const withComment = (due: Step, body: string): Step => ({
  ...due,
  comments: [...due.comments, { marker: 'draft', body }],
})

export const staleText =
  'The issue was changed since the missing parts were proposed, so that proposal counts no more and nothing was written. `/agent draft` proposes anew; or edit the issue yourself.'

const leftBehindText =
  'The issue was delegated anew since the missing parts were asked for, so that proposal counts no more. `/agent draft` proposes anew; or edit the issue yourself.'

const refusedText = (reason: string) =>
  `The parts that were taken over could not be written into the issue: ${reason} Write them in yourself, or \`/agent draft\` proposes anew.`

function takenText({ parts, digest }: OfferedDraft, by: Account): string {
  return [
    `${person(by)} took over what is shown here as ${code(short(digest))}: it is written into the issue, and counts as their words (D4).`,
    '',
    formText(parts),
  ].join('\n')
}

/** Everything that would be written, as it would be written, since it becomes the words of whoever takes it over. */
function offeredText({ policy, facts, delegation }: TaskContext, offered: OfferedDraft): string {
  const { digest, notes, parts, request } = offered
  const named = short(digest)
  const used = factsOf(facts, 'draft.requested').filter(({ seq }) => seq > (delegation?.seq ?? seq)).length
  const replaced = request.body.gaps.filter((gap) => !/^(?:is|are) missing\b/.test(gap.sentence))
  return [
    `A session proposes what the issue lacks, shown here whole as ${code(named)} (D2). Nothing of it counts before a person takes it over.`,
    '',
    formText(parts),
    '',
    ...(notes.length > 0
      ? ['**It had to guess:**', ...notes.map((note) => `- ${outgoingText(note, { inline: true })}`), '']
      : []),
    ...(replaced.length > 0
      ? [
          `What stands in the issue under ${listed([...new Set(replaced.map((gap) => gap.part))])} is replaced; all else stays as it is.`,
          '',
        ]
      : []),
    `Someone with write access who agrees comments ${code(`/agent draft accept ${named}`)}: it is written into the issue and counts as their words (D4). Or edit the issue yourself; ${code('/agent draft')} proposes anew (${used} of ${policy.delegation.drafts} used).`,
  ].join('\n')
}

/** The fact with which a person takes the proposal over. `over` edited the text last that it is written into. */
export function acceptance(
  offered: OfferedDraft,
  by: Account,
  over: Account | null,
): FactOf<'draft.accepted'>['body'] {
  const { request, body, digest } = offered
  return {
    kind: 'draft.accepted',
    draft: request.seq,
    digest,
    by,
    was: request.body.bodyDigest,
    over,
    body,
    bodyDigest: sha256(body),
  }
}
