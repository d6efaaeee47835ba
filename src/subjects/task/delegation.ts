/** From the label to the frozen bundle: who delegated, what is missing, who must confirm (D1, D2, D4). */
import type { Bundle } from '../../core/bundle.ts'
import type { Fact } from '../../core/facts.ts'
import { outgoingText } from '../../core/outgoingText.ts'
import { code, listed } from '../../core/sentences.ts'
import { bundleDigest, type Gap, readBundle } from '../../delegation/bundle.ts'
import { confirmationText, judgeFreezing, type TextWriter } from '../../delegation/frozen.ts'
import { judgeLabeller } from '../../delegation/labeller.ts'
import { labelKey } from '../../delegation/settings.ts'
import { profileOfLabel } from '../../policy/profiles.ts'
import type { Policy } from '../../policy/schema.ts'
import type { TaskContext } from './context.ts'
import { bundleOf, confirmableDigest, countingText, gapsNow, type Text } from './issueText.ts'
import { type Answer, type Step, step } from './verdicts.ts'

/** The answer to a delegation, or null while the labeller's access could not be read. */
export function judgeDelegation(context: TaskContext, fact: Fact): Answer | null {
  if (fact.body.kind !== 'issue.delegated') return null
  const { policy } = context
  const { label } = fact.body
  const answer = (outcome: Answer['outcome'], sentence: string): Answer => ({
    of: fact.seq,
    actor: fact.actor,
    outcome,
    sentence,
    records: [],
  })
  if (profileOfLabel(policy, label) === undefined)
    return answer(
      'refused',
      `The label ${code(label)} does not delegate here; ${code(policy.delegation.label)} does (D1).`,
    )
  const verdict = judgeLabeller(
    fact.actor,
    fact.actor ? context.snapshot.people.get(fact.actor.id) : undefined,
    label,
  )
  switch (verdict.kind) {
    case 'wait':
      return null
    case 'refused':
      return answer('refused', verdict.sentence)
    case 'may': {
      const several = severalSentence(policy, [...(fact.body.labels ?? []), label])
      return several === null ? answer('accepted', 'The delegation is accepted.') : answer('refused', several)
    }
    default:
      return verdict satisfies never
  }
}

/** A task has one profile, and which of several labels was meant is not guessed (P13). */
function severalSentence(policy: Policy, labels: readonly string[]): string | null {
  const delegating = labels.filter((one) => profileOfLabel(policy, one) !== undefined)
  const named = [...new Map(delegating.map((one) => [labelKey(one), one])).values()]
  if (named.length < 2) return null
  return `Nothing was started: the issue has the labels ${listed(named.map((one) => code(one)))}, each of which delegates, and a task has one profile (P13). Someone with write access removes them and sets the one that is meant.`
}

/** The step while the bundle is not frozen, or null once it is. */
export function bundleStep(context: TaskContext): Step | null {
  const { delegation, frozen } = context
  if (!delegation) return step('nothing', 'The issue is not delegated.', { over: true })
  if (frozen) return null
  const text = countingText(context)
  if (!text) return step('machine', 'The text of the issue is being read.')
  const reading = readBundle(text.body)
  const bundle = bundleOf(context, text)
  if (!bundle) return incomplete(reading.ok ? [] : reading.gaps, reading.notes, context)
  if (reading.ok) {
    const gaps = gapsNow(context, text)
    if (gaps === 'unknown') return step('machine', 'Whether the prior art exists is being looked up.')
    if (gaps.length > 0) return incomplete(gaps, reading.notes, context)
  }
  return freeze(context, text, bundle)
}

function freeze(context: TaskContext, text: Text, bundle: Bundle): Step {
  const { delegation, snapshot } = context
  const digest = bundleDigest(bundle)
  const confirmed = context.commands.some(
    (one) =>
      one.verb === 'start' &&
      one.seq > (delegation?.seq ?? 0) &&
      confirmableDigest(context, one.seq) === digest,
  )
  const author = delegation?.body.kind === 'issue.delegated' ? delegation.body.author : null
  const writers = [author, ...editorsOf(context, text)]
  const verdict = judgeFreezing(writers, snapshot.people, digest, confirmed ? digest : null)
  switch (verdict.kind) {
    case 'wait':
      return step('machine', 'The access of the people who wrote the issue is being looked up.')
    case 'confirm': {
      const body = confirmationText(bundle, digest, verdict.by)
      return step('person', 'Someone with write access must confirm the text with `/agent start` (D4).', {
        comments: [{ marker: 'bundle', body }],
      })
    }
    case 'freeze': {
      const asked = delegation?.body
      if (!delegation?.actor || asked?.kind !== 'issue.delegated')
        return step('nothing', 'Nobody is named as having delegated the issue.', { over: true })
      const profile = profileOfLabel(context.policy, asked.label)
      if (profile === undefined)
        return step(
          'person',
          `The label ${code(asked.label)} no longer delegates here. Someone sets one that does, such as ${code(context.policy.delegation.label)}.`,
        )
      return step('machine', 'The bundle is complete and is frozen now.', {
        records: [
          {
            kind: 'bundle.frozen',
            delegation: delegation.seq,
            digest,
            bundle,
            delegator: delegation.actor,
            title: text.title,
            ...(profile === null ? {} : { profile }),
          },
        ],
      })
    }
    default:
      return verdict satisfies never
  }
}

/**
 * Who edited the counting text last. GitHub names the last editor of the text as it is now, which says something about
 * the counting one only if that is it: whoever changes the text once more must not hide who had changed it before (T24).
 */
function editorsOf({ snapshot: { issue } }: TaskContext, text: Text): TextWriter[] {
  if (text.taken) return [text.taken.by, text.taken.over]
  return [issue?.bodyDigest === text.digest ? issue.lastEditor : 'untold']
}

function incomplete(gaps: readonly Gap[], notes: readonly string[], context: TaskContext): Step {
  const strict =
    context.policy.delegation.bundle === 'strict' || gaps.some((gap) => gap.part === 'Whole text')
  const due = step(
    'person',
    'The issue lacks parts of the bundle; nothing is drafted until it is complete (D2).',
    {
      comments: [
        { marker: 'bundle', body: gapText(gaps, notes, strict, context.policy.delegation.drafts > 0) },
      ],
    },
  )
  return { ...due, incomplete: true }
}

function gapText(gaps: readonly Gap[], notes: readonly string[], strict: boolean, proposals = false): string {
  return [
    strict
      ? 'Before an agent may draft this, the issue needs (D2):'
      : 'The work starts, since policy says `delegation.bundle: warn`, but the issue lacks (D2):',
    '',
    ...gaps.map(
      (gap) => `- **${gap.part}** ${outgoingText(gap.problem, { inline: true, most: 500 })}. ${gap.howTo}`,
    ),
    ...notes.map((note) => `\n${note}`),
    ...(strict
      ? [
          '',
          'Edit the issue; this comment follows along, and the work starts by itself once everything is there. Edits by people with write access count.',
          ...(proposals ? ['', '`/agent draft` has a session propose the missing parts.'] : []),
        ]
      : []),
  ].join('\n')
}

/**
 * The bundle's comment once it is frozen, from state alone, so that it stands whatever round froze it: the list of gaps
 * where policy lets the work start with them, or a word of thanks where an earlier list stands. A complete issue gets no
 * comment of its own.
 */
export function frozenComments(context: TaskContext): { marker: string; body: string }[] {
  const { frozen, snapshot } = context
  const text = frozen && countingText(context, frozen.seq)
  const bundle = text && bundleOf(context, text)
  if (!frozen || !text || !bundle || bundleDigest(bundle) !== frozen.body.digest) return []
  const reading = readBundle(text.body)
  if (!reading.ok) return [{ marker: 'bundle', body: gapText(reading.gaps, reading.notes, false) }]
  if (!snapshot.ownComments.some((one) => one.marker === 'bundle')) return []
  const body = `The bundle is complete and frozen as ${code(frozen.body.digest.slice(0, 8))}. Later edits change nothing until someone sets the label again (D4).`
  return [{ marker: 'bundle', body }]
}
