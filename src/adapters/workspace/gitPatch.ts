/**
 * Reads the hunks of `git diff-tree -p -U0`, by counting.
 *
 * The `diff` package reads such text too, but works on one decoded string and finds files by their names. Here names
 * may not be UTF-8 and content is hostile: the order of files is already known from `--raw`, and each hunk header says
 * how many lines follow, so no line of content can pass for a header.
 */
export interface PatchLines {
  added: { line: number; text: string }[]
  removed: { line: number; text: string }[]
  truncated: boolean
  /** As the hunks say, also of lines that are not kept. */
  additions: number
  deletions: number
  binary: boolean
}

export const linesPerFile = 5000
export const linesPerDiff = 200_000
const textLength = 2000

const hunkHeader = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/

/**
 * The lines of each file section, in the order of the patch. A type change is two sections.
 *
 * @param complete false when the patch was cut: the last section is then marked as truncated.
 */
export function readPatch(patch: Buffer, complete: boolean): PatchLines[] {
  const sections: PatchLines[] = []
  let total = 0
  let at = 0
  const next = (): Buffer => {
    const found = patch.indexOf(10, at)
    const end = found === -1 ? patch.length : found
    const line = patch.subarray(at, end)
    at = end + 1
    return line
  }
  const take = (section: PatchLines, into: PatchLines['added'], first: number, count: number) => {
    for (let index = 0; index < count && at < patch.length; index++) {
      const bytes = next().subarray(1)
      if (section.added.length + section.removed.length >= linesPerFile || total >= linesPerDiff) {
        section.truncated = true
        continue
      }
      const text = bytes.toString('utf8').replace(/\r$/, '')
      // What is cut off was not searched by anybody: the file then counts as not read to the end (S9).
      if (text.length > textLength) section.truncated = true
      into.push({ line: first + index, text: text.slice(0, textLength) })
      total += 1
    }
    // 92 is the backslash of "\ No newline at end of file".
    if (patch[at] === 92) next()
  }
  while (at < patch.length) {
    const line = next()
    if (line.subarray(0, 11).toString('latin1') === 'diff --git ') {
      sections.push({ added: [], removed: [], truncated: false, additions: 0, deletions: 0, binary: false })
      continue
    }
    const header = hunkHeader.exec(line.subarray(0, 100).toString('latin1'))
    const section = sections.at(-1)
    if (!section) continue
    section.binary ||= line.subarray(0, 13).toString('latin1') === 'Binary files '
    if (!header) continue
    const [deletions, additions] = [Number(header[2] ?? 1), Number(header[4] ?? 1)]
    section.deletions += deletions
    section.additions += additions
    take(section, section.removed, Number(header[1]), deletions)
    take(section, section.added, Number(header[3]), additions)
  }
  const last = sections.at(-1)
  if (last && !complete) last.truncated = true
  return sections
}
