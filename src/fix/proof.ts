/** The proof: outside the cited regions every byte of a file is as before, whatever any diff algorithm says (F2, T32, S10). */
import type { LineRange } from './lineMap.ts'

/**
 * Bytes as a string of code units 0 to 255: every byte is kept, valid text or not, and strings search fast. The
 * functions here take and give such strings.
 */
export const bytesAsText = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')

export const textAsBytes = (text: string): Uint8Array => Buffer.from(text, 'latin1')

/** How many lines a file has; a last line without a line feed counts. */
export function lineCount(text: string): number {
  let lines = 0
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lines++
  return text === '' || text.endsWith('\n') ? lines : lines + 1
}

/** Offset at which a 1-based line begins; the end of the text for the line after the last. */
function offsetOf(text: string, line: number): number {
  let at = 0
  for (let passed = 1; passed < line; passed++) {
    const end = text.indexOf('\n', at)
    if (end === -1) return text.length
    at = end + 1
  }
  return at
}

/** The text cut at the regions: `outside` has one piece more than `inside`. Regions are in order and apart. */
export function cut(text: string, regions: readonly LineRange[]): { outside: string[]; inside: string[] } {
  const outside: string[] = []
  const inside: string[] = []
  let at = 0
  for (const region of regions) {
    const from = offsetOf(text, region.from)
    const to = offsetOf(text, region.to)
    outside.push(text.slice(at, from))
    inside.push(text.slice(from, to))
    at = to
  }
  outside.push(text.slice(at))
  return { outside, inside }
}

/** Put a file together again from what is outside and what now stands inside. */
export function join(outside: readonly string[], inside: readonly string[]): string {
  return outside.map((piece, index) => piece + (inside[index] ?? '')).join('')
}

export type Proof = { ok: true; inside: string[] } | { ok: false; sentence: string }

/**
 * Prove that `after` is `before` with nothing but the regions' text replaced.
 *
 * Regions are whole lines. The pieces of `before` outside them must all be in `after`, complete, in order, the first at
 * its beginning and the last at its end, and each beginning at the start of a line: a line is never lengthened from
 * inside a region. A byte order mark, and whether the file ends with a line feed, are kept.
 *
 * @returns the regions' new text. Where several readings exist the leftmost is given: each of them is a change of the
 *   regions alone.
 */
export function prove(before: string, after: string, regions: readonly LineRange[]): Proof {
  const { outside } = cut(before, regions)
  const mark = '\u00ef\u00bb\u00bf'
  if (before.startsWith(mark) !== after.startsWith(mark))
    return no('the byte order mark at the beginning of the file was added or removed')
  const first = outside[0] ?? ''
  const last = outside.at(-1) ?? ''
  if (regions.length === 0)
    return before === after
      ? { ok: true, inside: [] }
      : no('the file was changed and none of its lines are cited')
  if (!after.startsWith(first)) return no('text before the first cited line was changed')
  const end = after.length - last.length
  if (end < first.length || !after.endsWith(last)) return no('text after the last cited line was changed')
  const read = pieces(after, outside.slice(1, -1), first.length, end)
  if (read === null) return no('text between two cited places was changed')
  const broken = boundaryBreak(before, outside, read.at(-1) ?? '')
  if (broken === null) return { ok: true, inside: read }
  // The leftmost reading may leave text for the last region where another one leaves none: that one counts as well.
  const emptied = last === '' ? pieces(after, outside.slice(1, -1), first.length, end, true) : null
  return emptied ? { ok: true, inside: emptied } : no(broken)
}

/**
 * What stands between the pieces, each found leftmost at the start of a line; null when one is not there.
 *
 * @param anchored the last piece is to end where the text ends, so that nothing follows it.
 */
function pieces(
  text: string,
  middle: readonly string[],
  from: number,
  end: number,
  anchored = false,
): string[] | null {
  const inside: string[] = []
  let at = from
  for (const [index, piece] of middle.entries()) {
    const start = anchored && index === middle.length - 1 ? Math.max(at, end - piece.length) : at
    const found = lineStarting(text, piece, start, end, at)
    if (found === -1) return null
    inside.push(text.slice(at, found))
    at = found + piece.length
  }
  inside.push(text.slice(at, end))
  return anchored && at !== end ? null : inside
}

const no = (sentence: string): Proof => ({ ok: false, sentence })

/** First place at or behind `start` where a line begins and `piece` stands whole before `end`; one begins at `at`. */
function lineStarting(text: string, piece: string, start: number, end: number, at: number): number {
  for (let found = text.indexOf(piece, start); found !== -1; found = text.indexOf(piece, found + 1)) {
    if (found + piece.length > end) return -1
    if (found === at || text[found - 1] === '\n') return found
  }
  return -1
}

/** What is wrong where the last cited and uncited text meet: only there can a line be left without its line feed. */
function boundaryBreak(before: string, outside: readonly string[], now: string): string | null {
  if (now === '') return null
  const above = outside.at(-2) ?? ''
  if (above !== '' && !above.endsWith('\n'))
    return 'the uncited last line was lengthened: it has no line feed at its end'
  if (outside.at(-1) !== '')
    return now.endsWith('\n') ? null : 'the line after the cited ones was joined to them'
  if (before !== '' && before.endsWith('\n') !== now.endsWith('\n'))
    return 'the line feed at the end of the file was added or removed'
  return null
}

/** One changed path of the whole tree, as git tells it without looking for renames. */
export interface ChangedFile {
  path: string
  status: 'added' | 'modified' | 'deleted' | 'type_changed'
  oldMode: string
  newMode: string
}

/** Sentences for every change that is no change of a cited file's text; empty when there is none. */
export function strayChanges(changes: readonly ChangedFile[], cited: ReadonlySet<string>): string[] {
  return changes.flatMap((change) => {
    const { path, status, oldMode, newMode } = change
    if (!cited.has(path)) return [`${path} was ${status.replace('_', ' ')}, and no line of it is cited`]
    if (status !== 'modified')
      return [`${path} was ${status.replace('_', ' ')}; only the text of its cited lines may change`]
    return oldMode === newMode ? [] : [`the mode of ${path} was changed from ${oldMode} to ${newMode}`]
  })
}
