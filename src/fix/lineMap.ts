/** Line maps: where lines of one version of a file are in another, from git's hunks (T32). */
import type { LineMapBody } from '../core/twoCommits.ts'

/** Lines `from` up to, and not including, `to`; 1-based. Equal numbers are the gap before that line. */
export interface LineRange {
  from: number
  to: number
}

export interface MappedRange extends LineRange {
  /** True when at least one of the lines is not there any more as it was. */
  changed: boolean
}

/**
 * The place of a range in the newer version.
 *
 * A line that still stands is where it is now. A line inside a hunk is stood for by the hunk's new lines, which may be
 * none: the gap where it was. So a range that was partly rewritten becomes what was written in its place.
 */
export function mapRange(hunks: LineMapBody['hunks'], range: LineRange): MappedRange {
  if (range.from === range.to) return mapGap(hunks, range.from)
  const parts: LineRange[] = []
  let changed = false
  let shift = 0
  let at = range.from
  for (const hunk of hunks) {
    const { oldStart, oldEnd, newStart, newEnd } = sides(hunk)
    if (oldStart >= range.to) break
    if (oldEnd > at) {
      if (oldStart > at) parts.push({ from: at + shift, to: oldStart + shift })
      if (hunk.oldLines > 0) {
        parts.push({ from: newStart, to: newEnd })
        changed = true
      }
      at = Math.max(at, Math.min(oldEnd, range.to))
    }
    shift += hunk.newLines - hunk.oldLines
  }
  if (at < range.to) parts.push({ from: at + shift, to: range.to + shift })
  return {
    from: Math.min(...parts.map((part) => part.from)),
    to: Math.max(...parts.map((part) => part.to)),
    changed,
  }
}

/** A gap moves with the lines before it. */
function mapGap(hunks: LineMapBody['hunks'], at: number): MappedRange {
  const moved = hunks
    .filter((hunk) => sides(hunk).oldEnd <= at)
    .reduce((sum, hunk) => sum + hunk.newLines - hunk.oldLines, 0)
  return { from: at + moved, to: at + moved, changed: false }
}

/** Git names the line before a pure insertion or deletion; here each start is the first line of its side. */
function sides({ oldStart, oldLines, newStart, newLines }: LineMapBody['hunks'][number]) {
  const oldFirst = oldLines === 0 ? oldStart + 1 : oldStart
  const newFirst = newLines === 0 ? newStart + 1 : newStart
  return { oldStart: oldFirst, oldEnd: oldFirst + oldLines, newStart: newFirst, newEnd: newFirst + newLines }
}
