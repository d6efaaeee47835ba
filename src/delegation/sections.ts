/** Markdown sections of an issue body, as an issue form renders them or a person writes them by hand (D2). */

/** One heading of the body with the lines below it, up to the next heading that is not deeper than it. */
export interface Section {
  title: string
  lines: string[]
}

export interface IssueText {
  sections: Section[]
  /** HTML comments that were left out: shown to the person, never read as bundle text. */
  removedComments: number
}

const longestBody = 65_536
const mostSections = 200

/** GitHub's issue form writes this for a field that was left empty. */
const emptyField = /^_No response_$/i

/**
 * Split an issue body at its headings (`## Goal`, `**Goal**` and `Goal:` on a line of their own all count).
 *
 * Headings inside code fences are text. HTML comments are taken out and counted, since a reader does not see them.
 */
export function readSections(body: string): IssueText {
  const { text, removed } = withoutComments(body.slice(0, longestBody).replace(/\r\n?/g, '\n'))
  const lines = text.split('\n')
  const headings = headingsOf(lines)
  const sections = headings.map(({ at, title }, index) => ({
    title,
    lines: lines.slice(at + 1, headings[index + 1]?.at).filter((line) => !emptyField.test(line.trim())),
  }))
  return { sections, removedComments: removed }
}

/** The lines that are headings, outside of code fences; what comes after the first 200 is text of the last. */
export function headingsOf(lines: readonly string[]): { at: number; title: string }[] {
  const found: { at: number; title: string }[] = []
  let fence: string | null = null
  for (const [at, line] of lines.entries()) {
    const mark = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1]
    if (mark && fence === null) fence = mark
    else if (mark && fence !== null && mark.startsWith(fence)) fence = null
    const title = fence === null ? headingOf(line) : null
    if (title !== null && found.length < mostSections) found.push({ at, title })
  }
  return found
}

/** The text with its HTML comments blanked, line by line, so that a line keeps its number. */
export function maskComments(text: string): string {
  return text.replace(/<!--[\s\S]*?(?:-->|$)/g, (comment) => comment.replace(/[^\n]/g, ''))
}

function headingOf(line: string): string | null {
  const match = /^ {0,3}#{1,6}\s+(.+?)\s*#*\s*$/.exec(line) ?? /^\*\*([^*]{1,80}?):?\*\*:?\s*$/.exec(line)
  return match?.[1] ?? null
}

/** The body without `<!-- ... -->`; an unclosed comment hides the rest, as it does on GitHub. Linear. */
function withoutComments(body: string): { text: string; removed: number } {
  const kept: string[] = []
  let removed = 0
  let from = 0
  while (from < body.length) {
    const start = body.indexOf('<!--', from)
    if (start === -1) break
    kept.push(body.slice(from, start))
    const end = body.indexOf('-->', start + 4)
    removed++
    from = end === -1 ? body.length : end + 3
  }
  kept.push(body.slice(from))
  return { text: kept.join(''), removed }
}

/** The items of a section: list items with their continuation lines, or its paragraphs when there is no list. */
export function itemsOf(lines: readonly string[]): string[] {
  const hasList = lines.some((line) => listItem.test(line) && indentOf(line) < 2)
  const items: string[] = []
  let open = false
  for (const line of lines) {
    const starts = hasList ? listItem.test(line) && indentOf(line) < 2 : line.trim() !== '' && !open
    if (starts) items.push(hasList ? line.replace(listItem, '') : line)
    else if (line.trim() !== '' && items.length > 0) items[items.length - 1] += `\n${line}`
    open = line.trim() !== ''
  }
  return items.map((item) => item.trim()).filter((item) => item !== '')
}

const listItem = /^\s*(?:[-*+]|\d{1,3}[.)])\s+(?:\[[ xX]\]\s+)?/

function indentOf(line: string): number {
  return line.length - line.trimStart().length
}
