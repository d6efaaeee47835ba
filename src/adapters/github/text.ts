/** Text on its way to GitHub: bounded with a visible cut, and marked so that it is found again. */

/** Longest body of a comment, pull request or review (github-facts). */
export const maximumBody = 65_536
/** Longest summary of a check run (github-facts). */
export const maximumSummary = 65_535

/**
 * The text, or its beginning with a note that says how much is missing. Never splits a surrogate pair.
 *
 * @param maximum in UTF-16 code units, as GitHub counts; at least 100.
 */
export function bounded(text: string, maximum: number): string {
  if (text.length <= maximum) return text
  const note = `\n\n… cut here: the text has ${text.length} characters and GitHub takes ${maximum}.`
  return `${cut(text, maximum - note.length)}${note}`
}

/** The text in one line of at most `maximum` code units, ending in an ellipsis when something is missing. */
export function boundedLine(text: string, maximum: number): string {
  const line = text.replace(/\s+/g, ' ').trim()
  return line.length <= maximum ? line : `${cut(line, maximum - 1)}…`
}

function cut(text: string, length: number): string {
  const last = text.charCodeAt(length - 1)
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? length - 1 : length)
}

/** A comment of ours as it is written: the marker in the first line, then the text (CONTRACT: OwnComment). */
export function withMarker(marker: string, body: string): string {
  return bounded(`<!-- countersign:${marker} -->\n${body}`, maximumBody)
}

/** The marker and text of a comment, or null when its first line is no marker. Line endings are GitHub's choice. */
export function readMarker(text: string): { marker: string; body: string } | null {
  const match = /^<!-- countersign:([^\s>]{1,200}) -->(?:\r?\n|$)/.exec(text)
  return match
    ? { marker: match[1] as string, body: text.slice(match[0].length).replaceAll('\r\n', '\n') }
    : null
}
