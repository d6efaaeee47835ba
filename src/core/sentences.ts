/** Small helpers for the human sentences that every verdict carries: lists, counts and safe code spans. */

/** `1 file`, `3 files`. The plural is the word plus `s` unless given. */
export function count(number: number, word: string, plural = `${word}s`): string {
  return `${number} ${number === 1 ? word : plural}`
}

/** `a`, `a and b`, `a, b and c`; past `most` items the rest is counted, so that a sentence stays bounded. */
export function listed(items: readonly string[], most = 5, last = 'and'): string {
  const shown = items.length > most ? [...items.slice(0, most), `${items.length - most} more`] : [...items]
  if (shown.length <= 1) return shown[0] ?? 'nothing'
  return `${shown.slice(0, -1).join(', ')} ${last} ${shown.at(-1)}`
}

/** Text that others control as a Markdown code span: no backtick, control character or line break survives (T28). */
export function code(text: string, most = 120): string {
  const safe = text.replace(/[`\p{C}\u2028\u2029]/gu, '\u{fffd}')
  return `\`${safe.length > most ? `${safe.slice(0, most)}…` : safe}\``
}

/** A login as shown in sentences, without `@`, so that answering someone does not ping everybody named. */
export function person(account: { login: string }): string {
  return `**${account.login.replace(/[^A-Za-z0-9._[\]-]/g, '\u{fffd}')}**`
}

/** The first characters of a SHA or digest. */
export function short(hex: string): string {
  return hex.slice(0, 8)
}

/** Words that promise more after them; a text never ends in one of them after it was cut. */
const dangling =
  /[\s,;:(–—-]+(?:(?:a|an|the|of|by|with|and|or|to|in|on|at|for|from|that|which|is|are|as)[\s,;:(–—-]+)*$/i
/** A clause shorter than this says too little to stand alone. */
const shortestClause = 20

/**
 * The beginning of a text that reads as if it were whole: its first sentences, else its first clauses, else its first
 * words, whatever fits into `most` UTF-16 units; only a cut between words shows as an ellipsis.
 */
export function headline(text: string, most: number): string {
  const whole = text.replace(/\s+/g, ' ').trim()
  if (whole.length <= most) return whole
  const room = whole.slice(0, most)
  const sentences = /^.*[.!?](?=\s+[^\sa-z])/.exec(whole.slice(0, most + 2))?.[0]
  if (sentences && sentences.length <= most) return sentences
  const clause = /^.*(?=[,;:] )/.exec(room)?.[0] ?? ''
  const open = clause.lastIndexOf('(') > clause.lastIndexOf(')')
  if (clause.length >= shortestClause && !open) return clause
  const space = room.lastIndexOf(' ', most - 2)
  const words = space > 0 ? `${room.slice(0, space)} `.replace(dangling, '') : room.slice(0, most - 1)
  return `${words.replace(/[\ud800-\udbff]$/, '')}…`
}
