/** Words for what a change to the policy loosens, or null where it loosens nothing. */
import { code, listed } from '../core/sentences.ts'

export type Words = string | null

export const when = (is: boolean, words: string): Words => (is ? words : null)

/** A step down a ladder. */
export function order(what: string, steps: readonly string[], was: string, is: string): Words {
  return when(steps.indexOf(is) < steps.indexOf(was), `${what} goes from ${code(was)} down to ${code(is)}.`)
}

export function larger(what: string, was: number, is: number): Words {
  return when(is > was, `${what}: ${was} before, ${is} after.`)
}

export const smaller = (what: string, was: number, is: number): Words =>
  when(is < was, `${what}: ${was} before, ${is} after.`)

/** Characters of one value that are shown. */
export const mostShown = 200

/** Two texts that differ, as code: long ones from a little before where they do, so that the difference is seen. */
export function bothShown(was: string, is: string): [string, string] {
  let same = 0
  while (same < was.length && was[same] === is[same]) same++
  const from = Math.max(was.length, is.length) > mostShown ? Math.max(0, same - 20) : 0
  const shown = (text: string) =>
    text === '' ? 'nothing' : code(`${from > 0 ? '…' : ''}${text.slice(from)}`, mostShown)
  return [shown(was), shown(is)]
}

/** Names that the second list has and the first has not. */
export function more(what: string, was: readonly string[], is: readonly string[]): Words {
  const added = is.filter((one) => !was.includes(one))
  return when(added.length > 0, `${what}: ${listed(added.map((one) => code(one)))}.`)
}

/** Entries of a list as words to compare and to read: what they hold, in the order of the schema. */
export function labelsOf(list: unknown): string[] {
  return Array.isArray(list)
    ? list.map((one) => (isMapping(one) ? Object.values(one).flat().join(' ') : String(one)))
    : []
}

export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
