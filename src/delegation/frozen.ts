/** When the bundle counts as frozen: at once, or after a writer has confirmed text that a stranger wrote (D4, T24). */
import { type Account, hasRole, type Standing } from '../core/account.ts'
import type { Bundle } from '../core/bundle.ts'
import type { Digest } from '../core/ids.ts'
import { outgoingText } from '../core/outgoingText.ts'
import { code, person, short } from '../core/sentences.ts'

export type Freezing =
  | { kind: 'freeze' }
  | { kind: 'wait' }
  /**
   * The text's author or last editor lacks write, or nobody can tell who that editor was (`by` is null): a writer must
   * type `/agent start` below the repost.
   */
  | { kind: 'confirm'; by: Account | null }

/** Who wrote a text: an account, null where GitHub names none (a deleted account), or nobody can tell any more. */
export type TextWriter = Account | null | 'untold'

/**
 * Whether a complete bundle may be frozen now.
 *
 * @param writers author and editors of the body.
 * @param people standings looked up in this round, by account id.
 * @param confirmed digest of the bundle that a writer confirmed with `/agent start`, if any.
 */
export function judgeFreezing(
  writers: readonly TextWriter[],
  people: ReadonlyMap<number, Standing>,
  digest: Digest,
  confirmed: Digest | null,
): Freezing {
  if (confirmed === digest) return { kind: 'freeze' }
  const named = writers.filter((writer) => writer !== null && writer !== 'untold')
  const standings = named.map((writer) => ({ writer, standing: people.get(writer.id) }))
  const stranger = standings.find(
    ({ standing }) => standing && standing.role !== 'unknown' && !hasRole(standing, 'write'),
  )
  if (stranger) return { kind: 'confirm', by: stranger.writer }
  if (writers.includes('untold')) return { kind: 'confirm', by: null }
  if (standings.some(({ standing }) => !standing || standing.role === 'unknown')) return { kind: 'wait' }
  return { kind: 'freeze' }
}

/**
 * The repost of a bundle whose text a person without write wrote, or of which nobody can tell (`by` is null) who did: what
 * `/agent start` would freeze, with its digest.
 */
export function confirmationText(bundle: Bundle, digest: Digest, by: Account | null): string {
  const why = by
    ? `The text of this issue was written or last edited by ${person(by)}, who has no write access here (D4).`
    : 'The text of this issue was changed since it was delegated, so GitHub no longer tells who had edited it before; that change does not count (D4).'
  return [
    `${why} This is what would be frozen, as digest ${code(short(digest))}:`,
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
