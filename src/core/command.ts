/** The grammar of `/agent` commands: the first line of a comment, exact, and nothing else (T7). */

export const verbs = [
  'start',
  'approve',
  'reject',
  'fix',
  'accept',
  'allow',
  'route',
  'draft',
  'answer',
  'budget',
  'rework',
  'merge',
  'retry',
  'stop',
  'resume',
  'status',
  'why',
  'help',
] as const
export type Verb = (typeof verbs)[number]

export type CommandParse =
  | { kind: 'none' }
  | { kind: 'command'; verb: Verb; rest: string }
  | { kind: 'unknown'; word: string; nearest: Verb | null }

const maximumLine = 2000

/**
 * Read the command of a comment, if it is one.
 *
 * @param body the whole comment as Markdown. Only the first line counts and it must start with `/agent ` at column
 *   one: quotes, code fences, indented text and substrings are `none` (T7). White space at the line's end is ignored.
 */
export function parseCommand(body: string): CommandParse {
  const line = (body.split(/\r?\n/, 1)[0] ?? '').slice(0, maximumLine).trimEnd()
  const match = /^\/agent(?: +(\S+)(?: +(.*))?)?$/.exec(line)
  if (!match) return { kind: 'none' }
  const word = match[1] ?? 'help'
  const verb = verbs.find((known) => known === word)
  if (!verb) return { kind: 'unknown', word: word.slice(0, 40), nearest: nearestVerb(word) }
  return { kind: 'command', verb, rest: (match[2] ?? '').trim() }
}

/** The known verb within two edits of a word, for "did you mean". */
function nearestVerb(word: string): Verb | null {
  let best: { verb: Verb; distance: number } | null = null
  for (const verb of verbs) {
    const distance = editDistance(word.toLowerCase().slice(0, 20), verb)
    if (distance <= 2 && (!best || distance < best.distance)) best = { verb, distance }
  }
  return best?.verb ?? null
}

export function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min((row[j] as number) + 1, (next[j - 1] as number) + 1, change))
    }
    row = next
  }
  return row[b.length] as number
}
