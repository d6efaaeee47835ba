/** When the bundle counts as frozen: at once, or after a writer has confirmed text that a stranger wrote (D4, T24). */
import { type Account, hasRole, type Standing } from '../core/account.ts'
import type { Bundle } from '../core/bundle.ts'
import type { Digest } from '../core/ids.ts'
import { outgoingText } from '../core/outgoingText.ts'
import { code, person, short } from '../core/sentences.ts'

export type Freezing =
  | { kind: 'freeze' }
  | { kind: 'wait' }
  /** The text's author or last editor lacks write: a writer must type `/agent start` below the repost. */
  | { kind: 'confirm'; by: Account }

/**
 * Whether a complete bundle may be frozen now.
 *
 * @param writers author and last editor of the body, null where GitHub names none (a deleted account).
 * @param people standings looked up in this round, by account id.
 * @param confirmed digest of the bundle that a writer confirmed with `/agent start`, if any.
 */
export function judgeFreezing(
  writers: readonly (Account | null)[],
  people: ReadonlyMap<number, Standing>,
  digest: Digest,
  confirmed: Digest | null,
): Freezing {
  if (confirmed === digest) return { kind: 'freeze' }
  const named = writers.filter((writer) => writer !== null)
  const standings = named.map((writer) => ({ writer, standing: people.get(writer.id) }))
  const stranger = standings.find(
    ({ standing }) => standing && standing.role !== 'unknown' && !hasRole(standing, 'write'),
  )
  if (stranger) return { kind: 'confirm', by: stranger.writer }
  if (standings.some(({ standing }) => !standing || standing.role === 'unknown')) return { kind: 'wait' }
  return { kind: 'freeze' }
}

/** The repost of a bundle whose text a person without write wrote: what `/agent start` would freeze, with its digest. */
export function confirmationText(bundle: Bundle, digest: Digest, by: Account): string {
  return [
    `The text of this issue was written or last edited by ${person(by)}, who has no write access here (D4). This is what would be frozen, as digest ${code(short(digest))}:`,
    '',
    ...bundleText(bundle),
    '',
    `Someone with write access who agrees comments \`/agent start ${short(digest)}\`. Editing the issue asks again.`,
  ].join('\n')
}

/** The frozen bundle as harmless Markdown; `most` bounds each of its texts. */
export function bundleText(bundle: Bundle, most = 600): string[] {
  const item = (text: string) => outgoingText(text, { inline: true, most })
  return [
    `**Goal** ${item(bundle.goal)}`,
    '',
    '**Acceptance criteria**',
    ...bundle.criteria.map(
      (one, index) =>
        `${index + 1}. ${item(one.statement)}\n   - pass: ${item(one.passExample)}\n   - fail: ${item(one.failExample)}`,
    ),
    '',
    '**Constraints**',
    ...bundle.constraints.map((one) => `- ${item(one)}`),
    '',
    `**Prior art** ${bundle.priorArt.map((reference) => code(reference, most)).join(', ')}`,
    '',
    `**Risk class** ${bundle.riskClass}`,
  ]
}
