/** The state of the rollouts' search: a town packed into small numbers, messages on their way, and one worker. */
import type { Action } from '../../../src/core/action.ts'
import type { FactBody } from '../../../src/core/facts.ts'
import { type Entry, freshTown, type Place, type Town } from '../../subjects/rolloutWorld.ts'
import type { people } from '../people.ts'
import { Table } from '../table.ts'

export type Who = keyof typeof people

/** What a page showed: a range to deploy, or a deployment that is held. The ghost of the intention. */
export type Seen = { kind: 'range'; from: string | null; to: string } | { kind: 'held'; deployment: number }

/** A webhook on its way. */
export interface Message {
  environment: string
  who: Who | null
  /** a, r: Approve and Reject. f, q: Healthy and Roll back of what is held. j: a job asks. */
  letter: 'a' | 'r' | 'f' | 'q' | 'j'
  body: FactBody
  seen: Seen | null
  /** Which message it was, counted over all: people's own order of acting. */
  nth: number
}

/** A round that has observed and has not done everything yet. */
export interface Worker {
  environment: string
  actions: Action[]
  facts: number
  complete: boolean
}

type PackedPlace = Omit<Place, 'facts'> & { facts: number[] }
type Rest = Omit<Town, 'places' | 'runs' | 'readings'>

const tables = {
  entry: new Table<Entry>(),
  place: new Table<PackedPlace>(),
  runs: new Table<Town['runs']>(),
  readings: new Table<Town['readings']>(),
  rest: new Table<Rest>(),
}
export const messages = new Table<Message>()
export const workers = new Table<Worker | null>()
export const idle = workers.put(null)

export const budgets = {
  push: 0,
  send: 1,
  lose: 2,
  double: 3,
  crash: 4,
  blind: 5,
  access: 6,
  fail: 7,
  bad: 8,
  over: 9,
  none: 10,
  tick: 11,
  day: 12,
  rerun: 13,
  past: 14,
  stale: 15,
  gone: 16,
  high: 17,
} as const
export type Budget = keyof typeof budgets
export type Left = Partial<Record<Budget, number>>

/** Small numbers only, so that many fit. */
export interface State {
  /** Environment names are the model's own order. */
  places: readonly (readonly [string, number])[]
  runs: number
  readings: number
  rest: number
  /** Messages on their way, sorted. */
  flying: readonly number[]
  worker: number
  /** What a page showed before it was written anew, by the id of its run: somebody may still look at it. */
  older: readonly (readonly [number, string])[]
  left: readonly number[]
}

export const keyOf = ({ places, runs, readings, rest, flying, worker, older, left }: State) =>
  `${places.map(([, id]) => id)}|${runs}|${readings}|${rest}|${flying}|${worker}|${older.join('/')}|${left}`

/** What a round reads, as a key. */
export const readKey = ({ places, runs, readings, rest }: State) =>
  `${places.map(([, id]) => id)}|${runs}|${readings}|${rest}`

export function emptyState(tip: string, left: Left): State {
  return packed(
    {
      places: [],
      runs: 0,
      readings: 0,
      rest: 0,
      flying: [],
      worker: idle,
      older: [],
      left: Object.keys(budgets).map((name) => left[name as Budget] ?? 0),
    },
    freshTown(tip),
  )
}

export function packed(state: State, town: Town): State {
  const { places, runs, readings, ...rest } = town
  return {
    ...state,
    places: Object.entries(places)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, place]) => [
        name,
        tables.place.put({ ...place, facts: place.facts.map((entry) => tables.entry.put(entry)) }),
      ]),
    runs: tables.runs.put(runs),
    readings: tables.readings.put(readings),
    rest: tables.rest.put(rest),
  }
}

export function townOf({ places, runs, readings, rest }: State): Town {
  return {
    ...tables.rest.get(rest),
    places: Object.fromEntries(
      places.map(([name, id]) => {
        const place = tables.place.get(id)
        return [name, { ...place, facts: place.facts.map((entry) => tables.entry.get(entry)) }]
      }),
    ),
    runs: tables.runs.get(runs),
    readings: tables.readings.get(readings),
  }
}

export const may = (state: State, budget: Budget) => (state.left[budgets[budget]] ?? 0) > 0
export const spend = (state: State, budget: Budget): State => ({
  ...state,
  left: state.left.map((count, index) => (index === budgets[budget] ? count - 1 : count)),
})
