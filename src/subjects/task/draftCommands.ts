/** `/agent draft` and `/agent draft accept <digest>`: ask for the missing parts, and take a proposal over (D2, D4). */
import type { Account } from '../../core/account.ts'
import { factsOf } from '../../core/facts.ts'
import { code, short } from '../../core/sentences.ts'
import { stateOf } from '../../pipeline/taskState.ts'
import { profileOfLabel } from '../../policy/profiles.ts'
import type { TaskContext } from './context.ts'
import { acceptance, isStale, offeredDraft, staleText } from './draftStep.ts'
import { countingText, gapsNow } from './issueText.ts'
import { accepted, type Command, type Judged, refused } from './judged.ts'

/** @returns null while what the answer depends on could not be read. */
export function draft(context: TaskContext, command: Command): Judged | null {
  const { rest } = command.body
  const taking = /^accept(?:\s+(\S+))?$/.exec(rest)
  if (context.frozen)
    return refused(
      'The bundle is complete and frozen, so there is nothing to propose. To change it, edit the issue and set the label again.',
    )
  if (context.snapshot.issue?.state !== 'open')
    return refused('The issue is closed, so nothing is proposed or taken over. Reopen it first.')
  if (taking) return take(context, command, taking[1] ?? '')
  if (rest !== '')
    return refused('Write `/agent draft` for a proposal, or `/agent draft accept <digest>` to take one over.')
  return ask(context, command)
}

function ask(context: TaskContext, { seq }: Command): Judged | null {
  const { policy, snapshot, facts, delegation } = context
  const text = countingText(context)
  if (!text) return refused('Here is no text that parts could be proposed for. Set the label first.')
  const gaps = gapsNow(context, text)
  if (gaps === 'unknown') return null
  if (gaps.length === 0) return refused('Nothing is missing, so there is nothing to propose.')
  if (gaps.some((gap) => gap.part === 'Whole text'))
    return refused(
      'The issue holds hidden characters. Delete them first; the comment on the bundle names them (D4).',
    )
  if (snapshot.issue?.bodyDigest !== text.digest)
    return refused(
      'The issue was last changed by somebody without write access, so what stands there is not what counts. Edit it, or set the label again (D4).',
    )
  const label = delegation?.body.kind === 'issue.delegated' ? delegation.body.label : ''
  const profile = profileOfLabel(policy, label)
  if (profile === undefined)
    return refused(`The label ${code(label)} no longer delegates here. Set one that does.`)
  if (isUnderWay(context)) return refused('A proposal is being written already; it appears here.')
  const asked = factsOf(facts, 'draft.requested').filter((one) => one.seq > (delegation?.seq ?? seq)).length
  if (asked >= policy.delegation.drafts)
    return refused(
      `${asked} of ${policy.delegation.drafts} proposals for this delegation were used (delegation.drafts). Complete the issue by hand, or set the label again.`,
    )
  if (policy.models.sensitive.risk.length > 0 && gaps.some((gap) => gap.part === 'Risk class'))
    return refused(
      'Write the risk class into the issue first: policy decides by it which models may see the issue (models.sensitive.risk).',
    )
  return accepted('A session proposes the missing parts; they appear here for a person to take over.', [
    {
      kind: 'draft.requested',
      request: seq,
      title: text.title,
      body: text.body,
      bodyDigest: text.digest,
      ...(profile === null ? {} : { profile }),
      gaps: gaps.slice(0, 60).map(({ part, problem, howTo }) => ({
        part,
        sentence: `${problem}. ${howTo}`.slice(0, 1200),
      })),
    },
  ])
}

/** One at a time, also when the text that an older one was asked for has changed meanwhile. */
function isUnderWay(context: TaskContext): boolean {
  const started = factsOf(context.facts, 'attempt.started').findLast(({ body }) => body.phase === 'draft')
  const ended = factsOf(context.facts, 'attempt.ended').findLast(({ body }) => body.phase === 'draft')
  if (started && started.seq > (ended?.seq ?? -1)) return true
  const { draft } = context
  if (!draft || isStale(context, draft)) return false
  return ['due', 'running', 'judging'].includes(stateOf(context, 'draft').progress.state)
}

/** The text counts as that person's from then on, so it takes their own hand and the digest that they saw (D4, A1). */
function take(context: TaskContext, { actor, body }: Command, named: string): Judged {
  const offered = offeredDraft(context)
  if (!offered || !actor) return refused('There is no proposal to take over. `/agent draft` asks for one.')
  if (factsOf(context.facts, 'draft.accepted').some((fact) => fact.body.draft === offered.request.seq))
    return refused('This proposal was taken over already.')
  if (body.viaApp !== null)
    return refused('A comment made through another App takes nothing over. Write it in the browser.')
  if (isStale(context, offered.request)) return refused(staleText)
  if (!(named.length >= 8 && offered.digest.startsWith(named)))
    return refused(
      `Name the proposal that you have read: what stands there now is ${code(short(offered.digest))}, so ${code(`/agent draft accept ${short(offered.digest)}`)} takes it over.`,
    )
  return accepted('The proposed parts are written into the issue now, and count as your words (D4).', [
    acceptance(offered, actor, editorBefore(context)),
  ])
}

/** Whose text the parts are written into; our own hand, which wrote an earlier proposal, is nobody's. */
function editorBefore(context: TaskContext): Account | null {
  const text = countingText(context)
  return text?.taken ? text.taken.over : (context.snapshot.issue?.lastEditor ?? null)
}
