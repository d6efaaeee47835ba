/** Outgoing text: what a model or a stranger wrote, made harmless before it goes to GitHub (T28, T43). */
import { hiddenCharacters } from './hiddenText.ts'
import { headline } from './sentences.ts'

/** Shown where a text was longer than its bound. */
const cutMark = ' … (cut)'

/** Words that make CI skip a commit; only their brackets or stars give them meaning, and those are replaced. */
const skipTrailer = /skip-checks\s*:/gi

/**
 * Text by others as harmless Markdown for a comment, review or description: no mention, reference, closing keyword,
 * link, image, HTML, heading, table, fence or slash command survives, and hidden characters are shown as code points.
 *
 * @param most bound of the result in UTF-16 units; the result says when it was cut.
 * @param inline true to put it on one line, for table cells and list items.
 */
export function outgoingText(text: string, { most = 4000, inline = false } = {}): string {
  const visible = showHidden(bounded(text, most))
  const lines = inline ? [visible.replace(/\s+/g, ' ').trim()] : visible.replace(/\r\n?/g, '\n').split('\n')
  return bounded(lines.map(markdownLine).join('\n'), most)
}

function markdownLine(line: string): string {
  return (
    defused(line)
      .replace(/&/g, '&amp;')
      .replace(/</g, '&lt;')
      .replace(/>/g, '&gt;')
      .replace(/([[\]|*\\])/g, '\\$1')
      .replace(/^(\s*)(\/|[=~+-])/, '$1\\$2')
      // A backslash means something before the full stop of a list item only, and `5.00` is no list item.
      .replace(/^(\s*\d+)([.)])(?=\s|$)/, '$1\\$2')
  )
}

/**
 * Text by others on one line of a commit message: nothing in it can be a trailer, mention, reference, closing keyword,
 * CI-skip word or fence (T43). Plain text, since git shows it as it is.
 */
export function outgoingCommitText(text: string, { most = 2000 } = {}): string {
  const flat = showHidden(bounded(text, most)).replace(/\s+/g, ' ').trim()
  const plain = defused(flat)
    .replace(/[[{]/g, '(')
    .replace(/[\]}]/g, ')')
    .replace(/\*/g, "'")
    .replace(/[<>]/g, "'")
  return bounded(plain, most)
}

/** What git's own tools show of a subject in one line. */
const longestSubject = 72

/** The subject of a commit about a text by others: `<what>: <its beginning>`, whole words, as safe as the text below it. */
export function commitSubject(what: string, text: string): string {
  const room = longestSubject - what.length - 2
  return `${what}: ${headline(outgoingCommitText(text), room).replace(/[\s.…]+$/, '')}`
}

/** The replacements that both forms share; each one is visible to a reader. */
function defused(line: string): string {
  return line
    .replace(/@/g, '＠')
    .replace(/#/g, '＃')
    .replace(/GH-(?=\d)/gi, 'GH ')
    .replace(/:\/\//g, ': //')
    .replace(/www\./gi, 'www .')
    .replace(/`/g, "'")
    .replace(/~~~+/g, '~')
    .replace(skipTrailer, 'skip checks ')
}

/** Hidden characters as `(U+202E)`: shown, never silently dropped (D4). */
function showHidden(text: string): string {
  if (hiddenCharacters(text, 1).length === 0) return text
  return Array.from(text, (character) => {
    const [hidden] = hiddenCharacters(character, 1)
    return hidden && character !== '\n' ? `(${hidden.codePoint})` : character
  }).join('')
}

/** The text, cut to `most` UTF-16 units without splitting a surrogate pair. */
export function bounded(text: string, most: number): string {
  if (text.length <= most) return text
  const kept = text.slice(0, Math.max(0, most - cutMark.length)).replace(/[\ud800-\udbff]$/, '')
  return kept + cutMark
}
