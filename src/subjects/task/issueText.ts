/** Which text of a delegated issue counts, the bundle that it holds, and what it lacks (D2, D4). */
import { type Account, hasRole } from '../../core/account.ts'
import type { Bundle } from '../../core/bundle.ts'
import { factsOf } from '../../core/facts.ts'
import { bundleDigest, type Gap, lenientBundle, readBundle, unresolvedGaps } from '../../delegation/bundle.ts'
import type { TaskContext } from './context.ts'

export interface Text {
  body: string
  title: string
  digest: string
  seq: number
  /**
   * Where a proposal that was taken over made the text: it was written by our own hand, in the name of `by`; what it was
   * written into had been edited last by `over`.
   */
  taken: { by: Account; over: Account | null } | null
}

/**
 * The text that counts: the labelled one, or the latest since that someone with write has edited, or has taken over from
 * a proposal that was written into the issue; before `until` if given.
 */
export function countingText(context: TaskContext, until = Number.MAX_SAFE_INTEGER): Text | null {
  const { delegation, snapshot } = context
  // The bundle of a child was frozen when the split was started: no text of the issue counts before a label does (D4).
  if (delegation?.body.kind !== 'issue.delegated') return null
  const { body, title, bodyDigest } = delegation.body
  const edits = factsOf(context.facts, 'issue.edited').filter(
    ({ seq, actor }) =>
      seq > delegation.seq &&
      seq < until &&
      actor?.type === 'User' &&
      hasRole(snapshot.people.get(actor.id), 'write'),
  )
  const texts: Text[] = [
    { body, title, digest: bodyDigest, seq: delegation.seq, taken: null },
    ...edits.map(({ seq, body: edit }) => ({
      body: edit.body,
      title: edit.title,
      digest: edit.bodyDigest,
      seq,
      taken: null,
    })),
    ...takenOver(context)
      .filter(({ seq }) => seq > delegation.seq && seq < until)
      .map((taken) => ({ ...taken, title: edits.at(-1)?.body.title ?? title })),
  ]
  return texts.sort((a, b) => a.seq - b.seq).at(-1) ?? null
}

function takenOver({ facts, snapshot }: TaskContext): Omit<Text, 'title'>[] {
  const accepted = new Map(factsOf(facts, 'draft.accepted').map((fact) => [fact.seq, fact.body]))
  return factsOf(facts, 'draft.written').flatMap(({ seq, body: { accepted: of } }) => {
    const taken = accepted.get(of)
    return taken && hasRole(snapshot.people.get(taken.by.id), 'write')
      ? [
          {
            body: taken.body,
            digest: taken.bodyDigest,
            seq,
            taken: { by: taken.by, over: taken.over ?? null },
          },
        ]
      : []
  })
}

/** What the text lacks now, unresolved prior art included; empty when the bundle is complete. */
export function gapsNow({ snapshot }: TaskContext, text: Text): readonly Gap[] | 'unknown' {
  const reading = readBundle(text.body)
  if (!reading.ok) return reading.gaps
  const { priorArt } = snapshot
  if (priorArt === 'unknown' || reading.bundle.priorArt.some((one) => !priorArt.has(one))) return 'unknown'
  return unresolvedGaps(reading.bundle, priorArt)
}

/** The digest of the bundle that `/agent start` confirms when it is given at `seq`, or null when there is none to confirm. */
export function confirmableDigest(context: TaskContext, seq: number): string | null {
  const text = countingText(context, seq)
  const bundle = text && bundleOf(context, text)
  return bundle ? bundleDigest(bundle) : null
}

export function bundleOf(context: TaskContext, text: Text): Bundle | null {
  const reading = readBundle(text.body)
  if (reading.ok) return reading.bundle
  return context.policy.delegation.bundle === 'warn' ? lenientBundle(text.body, text.title) : null
}
