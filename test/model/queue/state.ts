/** The state of the merge queue's search: a branch, two pull requests in its queue, messages on their way, rounds under way. */
import type { Action } from '../../../src/core/action.ts'
import type { ObservedCheckRun } from '../../../src/core/checkRun.ts'
import type { FactBody } from '../../../src/core/facts.ts'
import type { people } from '../people.ts'
import { Table } from '../table.ts'

export type Who = keyof typeof people
export type Check = 'plan' | 'gates' | 'review'
export const checks: readonly Check[] = ['plan', 'gates', 'review']

/** `p0` is #34, `p1` is #35; anything else is a group, named by its commit. */
export type Subject = string
export const pullSubject = (pull: number): Subject => `p${pull}`
export const pullOf = (subject: Subject): number | null =>
  subject === 'p0' ? 0 : subject === 'p1' ? 1 : null

export const nameOfSubject = (subject: Subject) =>
  pullOf(subject) === null ? subject : subject === 'p0' ? '#34' : '#35'

/** What a page showed: the ghost of the intention. */
export interface Seen {
  pull: number
  head: number
}

/** A webhook on its way that carries a fact; those that carry none are no more than a subject that is woken. */
export interface Message {
  to: Subject
  who: Who | null
  /** a, r: Approve and Request changes. g: a group's request. */
  letter: 'a' | 'r' | 'g'
  check: Check | null
  seen: Seen | null
  body: FactBody
  /** Which message it was, counted over all that were sent: people's own order of acting. */
  nth: number
}
export interface Entry {
  who: Who | null
  body: FactBody
  /** The message it came with: the same message is recorded once. */
  message: number | null
}
export interface Review {
  id: number
  who: Who
  state: 'APPROVED' | 'CHANGES_REQUESTED' | 'DISMISSED'
  head: number
}
/** Facts and runs are kept by their numbers, since little of them changes with each step. */
export interface Pull {
  merged: string | null
  head: number
  draft: boolean
  /** The repository's own CI at its head: green, or red since it was run again. */
  ciGreen: boolean
  reviews: Review[]
  facts: Entry[]
  runs: ObservedCheckRun[]
}
/** CI of the queue's event at the group's commit; `push` is green, and of another event. */
export type GroupCi = 'none' | 'green' | 'red' | 'push'
export interface Group {
  facts: Entry[]
  runs: ObservedCheckRun[]
  ci: GroupCi
}
/** A pull request in the queue, with the head it was put in with, and the commit that GitHub has made for it. */
export interface Waiting {
  pull: number
  head: number
  group: string
  onto: string
}

/** A round that has observed and has not done everything yet. */
export interface Worker {
  subject: Subject
  actions: Action[]
  /** How many facts the subject had. */
  facts: number
  /** By check, why it may not be green by what was there when the round looked; null where it may. */
  against: Readonly<Record<Check, string | null>>
}

const entries = new Table<Entry>()
const runs = new Table<ObservedCheckRun>()
type Packed<Part extends { facts: Entry[]; runs: ObservedCheckRun[] }> = Omit<Part, 'facts' | 'runs'> & {
  facts: number[]
  runs: number[]
}

/** A table of what has facts and runs; what is read again is the same object. */
class Places<Part extends { facts: Entry[]; runs: ObservedCheckRun[] }> {
  readonly #packed = new Table<Packed<Part>>()
  readonly #known: Part[] = []

  put(place: Part): number {
    const facts = place.facts.map((entry) => numberIn(entries, entry))
    const id = this.#packed.put({ ...place, facts, runs: place.runs.map((run) => numberIn(runs, run)) })
    this.#known[id] ??= {
      ...place,
      facts: facts.map((entry) => entries.get(entry)),
      runs: place.runs.map((run) => runs.get(numberIn(runs, run))),
    }
    return id
  }

  get(id: number): Part {
    const place = this.#known[id]
    if (!place) throw new Error(`no place ${id}`)
    return place
  }
}

const numbers = new WeakMap<object, number>()
function numberIn<Value extends object>(table: Table<Value>, value: Value): number {
  const known = numbers.get(value)
  if (known !== undefined) return known
  const id = table.put(value)
  numbers.set(table.get(id), id)
  return id
}

export const tables = {
  pull: new Places<Pull>(),
  group: new Places<Group>(),
  message: new Table<Message>(),
  worker: new Table<Worker>(),
  line: new Table<Waiting[]>(),
  read: new Table<string[]>(),
}

export const budgets = {
  enqueue: 0,
  send: 1,
  review: 2,
  push: 3,
  draft: 4,
  base: 5,
  policy: 6,
  ci: 7,
  leave: 8,
  forge: 9,
  lose: 10,
  double: 11,
  crash: 12,
  blind: 13,
  sweep: 14,
  refuse: 15,
} as const
export type Budget = keyof typeof budgets
export type Left = Partial<Record<Budget, number>>

/** Small numbers and short names only, so that many fit. */
export interface State {
  /** The commit that the base branch points to, and the policy that decides there. */
  main: string
  policy: number
  pulls: readonly [number, number]
  line: number
  /** The groups that GitHub still means to land, by their commit. */
  groups: readonly (readonly [string, number])[]
  /** What was collected from git. */
  read: number
  /** How many groups were built: no two are the same commit. */
  built: number
  flying: readonly number[]
  /** Rounds under way, by their subject. */
  flights: readonly number[]
  /** Subjects that wait for a round. */
  woken: readonly Subject[]
  /** Something happened that nobody told. */
  untold: boolean
  left: readonly number[]
}

export const keyOf = (s: State) =>
  `${s.main}|${s.policy}|${s.pulls}|${s.line}|${s.groups.join('/')}|${s.read}|${s.built}|${s.flying}|${s.flights}|${s.woken}|${s.untold ? 1 : 0}|${s.left}`

export const leftOf = (left: Left) => Object.keys(budgets).map((name) => left[name as Budget] ?? 0)
export const may = (state: State, budget: Budget) => (state.left[budgets[budget]] ?? 0) > 0
export const spend = (state: State, budget: Budget): State => ({
  ...state,
  left: state.left.map((count, index) => (index === budgets[budget] ? count - 1 : count)),
})

export const pullAt = (state: State, pull: number) => tables.pull.get(state.pulls[pull] ?? 0)
export const lineOf = (state: State) => tables.line.get(state.line)
export function groupAt(state: State, commit: string): Group | null {
  const found = state.groups.find(([name]) => name === commit)
  return found ? tables.group.get(found[1]) : null
}

export function withPull(state: State, pull: number, change: Partial<Pull>): State {
  const id = tables.pull.put({ ...pullAt(state, pull), ...change })
  return { ...state, pulls: pull === 0 ? [id, state.pulls[1]] : [state.pulls[0], id] }
}

/** What is written to a group that GitHub has given up changes nothing any more. */
export function withGroup(state: State, commit: string, change: Partial<Group>): State {
  const group = groupAt(state, commit)
  if (!group) return state
  const id = tables.group.put({ ...group, ...change })
  return { ...state, groups: state.groups.map((one) => (one[0] === commit ? [commit, id] : one)) }
}

/** The subjects get a round; who waits already does not wait twice, and a group that is gone is nobody. */
export function woken(state: State, subjects: readonly Subject[]): State {
  const there = subjects.filter((one) => pullOf(one) !== null || groupAt(state, one) !== null)
  return { ...state, woken: [...new Set([...state.woken, ...there])].sort() }
}

export const factsOfSubject = (state: State, subject: Subject): Entry[] => {
  const pull = pullOf(subject)
  return pull === null ? (groupAt(state, subject)?.facts ?? []) : pullAt(state, pull).facts
}
export const withFacts = (state: State, subject: Subject, facts: Entry[]): State => {
  const pull = pullOf(subject)
  return pull === null ? withGroup(state, subject, { facts }) : withPull(state, pull, { facts })
}

/** Every subject that the sweep would visit. */
export const everybody = (state: State): Subject[] => [
  'p0',
  'p1',
  ...state.groups.flatMap(([name]) => (factsOfSubject(state, name).length > 0 ? [name] : [])),
]
