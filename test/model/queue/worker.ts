/** The rounds' steps: a round observes, then acts as src/act does, at once or effect by effect, and may die in between. */
import type { Action } from '../../../src/core/action.ts'
import type { Step } from '../explore.ts'
import { effect, recordBreak, recorded } from './effects.ts'
import { lineTo } from './git.ts'
import type { Rounds } from './rounds.ts'
import { keyOfSubject, type Sight } from './snapshots.ts'
import {
  type Check,
  checks,
  everybody,
  factsOfSubject,
  may,
  nameOfSubject,
  pullOf,
  type State,
  type Subject,
  spend,
  tables,
  type Worker,
  woken,
} from './state.ts'
import { notJustified, pullBreak } from './truth.ts'

export interface World {
  rounds: Rounds
  /** Whether each effect is a step of its own, so that anything may happen, and the process may die, between any two. */
  piecemeal: boolean
  /** Off in the mutant whose act turns a run green although GitHub has refused another. */
  refusedStops: boolean
  /** Whether rounds of pull requests take their time too; otherwise they observe and act at once. */
  slowPulls: boolean
}

/** Rounds of different subjects that are under way at once. */
const mostFlights = 2

const step = (words: string, next: State, broken: string | null = null): Step<State> => ({
  words,
  next,
  broken,
})

export function workerSteps(world: World, state: State): Step<State>[] {
  const workers = state.flights.map((id) => tables.worker.get(id))
  const busy = new Set(workers.map(({ subject }) => subject))
  const free = workers.length < mostFlights
  return [
    ...workers.map((worker) => actStep(world, state, worker)),
    ...workers.flatMap((worker) => refusedStep(world, state, worker)),
    ...(free ? state.woken.filter((subject) => !busy.has(subject)) : []).flatMap((subject) =>
      looks(world, state, subject),
    ),
    ...crashStep(state, workers),
  ]
}

/** The process dies: what it was doing is asked for again, as everything open is. */
function crashStep(state: State, workers: readonly Worker[]): Step<State>[] {
  if (workers.length === 0 || !may(state, 'crash')) return []
  return [step('the process dies', woken({ ...spend(state, 'crash'), flights: [] }, everybody(state)))]
}

const less: readonly Sight[] = ['entries', 'checks', 'reviews', 'late', 'short']
const unread: Record<Sight, string> = {
  whole: '',
  entries: ', its entries unread',
  checks: ', its checks unread',
  reviews: ', the reviews of its entries unread',
  late: ', git read too late',
  short: ', all but its last entry unread',
}

function looks(world: World, state: State, subject: Subject): Step<State>[] {
  const whole = observeStep(world, state, subject, 'whole')
  const blind =
    pullOf(subject) === null && may(state, 'blind')
      ? less
          .filter((sight) => sight !== 'short' || isLong(state, subject))
          .map((sight) => observeStep(world, spend(state, 'blind'), subject, sight))
      : []
  return [whole, ...blind].flatMap((one) => one ?? [])
}

/** With one entry left there is nothing short of the whole. */
const isLong = (state: State, group: Subject) => (lineTo(group, state.main) ?? []).length > 1

/** Null when it would change nothing at all. */
function observeStep(world: World, state: State, subject: Subject, sight: Sight): Step<State> | null {
  const { setting } = world.rounds
  const { actions, soon, broken } = world.rounds.decide(state, subject, sight)
  const pull = pullOf(subject)
  const free = soon || sight !== 'whole' ? state.woken : state.woken.filter((one) => one !== subject)
  const looked = { ...state, woken: free }
  const words = `a round of ${nameOfSubject(subject)} observes${unread[sight]}`
  if (actions.length === 0)
    return free.length === state.woken.length ? null : step(`${words} nothing to do`, looked)
  const against = Object.fromEntries(
    checks.map((check) => [
      check,
      pull === null ? notJustified(setting, state, subject, check) : pullBreak(setting, state, pull, check),
    ]),
  ) as Record<Check, string | null>
  const incomplete = sight === 'whole' ? against : allOf('S9: green on an incomplete observation')
  const worker: Worker = {
    subject,
    actions,
    facts: factsOfSubject(state, subject).length,
    against: incomplete,
  }
  const first = broken[0] ?? null
  if (pull !== null && !world.slowPulls) {
    const acted = actsAtOnce(looked, worker)
    return { ...acted, words: `${words} and acts:${acted.words}`, broken: first ?? acted.broken }
  }
  return step(
    words,
    { ...looked, flights: [...looked.flights, tables.worker.put(worker)].sort((a, b) => a - b) },
    first,
  )
}

const allOf = (sentence: string): Record<Check, string> => ({
  plan: sentence,
  gates: sentence,
  review: sentence,
})

function actStep(world: World, state: State, worker: Worker): Step<State> {
  const id = tables.worker.put(worker)
  const landed = { ...state, flights: state.flights.filter((one) => one !== id) }
  const words = `the round of ${nameOfSubject(worker.subject)} acts:`
  if (!world.piecemeal) {
    const acted = actsAtOnce(landed, worker)
    return { ...acted, words: `${words}${acted.words}` }
  }
  const own = worker.actions.filter(
    (action) => action.kind === 'record' && action.subject === keyOfSubject(worker.subject),
  )
  // Its own records are appended together, those of other subjects one after the other.
  const now = own.length > 0 ? own : worker.actions.slice(0, 1)
  const acted = actsAtOnce(landed, { ...worker, actions: now })
  // While facts of its own are recorded, runs would only be written on the facts from before.
  const rest = worker.actions.filter(
    (action) => !now.includes(action) && (own.length === 0 || action.kind === 'queue'),
  )
  if (rest.length === 0 || acted.words === raced) return { ...acted, words: `${words}${acted.words}` }
  const flights = [...acted.next.flights, tables.worker.put({ ...worker, actions: rest })].sort(
    (a, b) => a - b,
  )
  return { ...acted, words: `${words}${acted.words}`, next: { ...acted.next, flights } }
}

const isTakeBack = (action: Action) => action.kind === 'checkRun' && action.run.state !== 'success'

/** GitHub refuses the first run that is to be written and is no green; the rest is done without it, and nobody is told. */
function refusedStep(world: World, state: State, worker: Worker): Step<State>[] {
  const refused = worker.actions.find(isTakeBack)
  if (!may(state, 'refuse') || refused?.kind !== 'checkRun') return []
  const id = tables.worker.put(worker)
  const from = { ...spend(state, 'refuse'), untold: true, flights: state.flights.filter((one) => one !== id) }
  const isGreening = (action: Action) => action.kind === 'checkRun' && action.run.state === 'success'
  const rest = worker.actions.filter(
    (action) => action !== refused && !(world.refusedStops && isGreening(action)),
  )
  const acted = actsAtOnce(from, { ...worker, actions: rest })
  return [
    {
      ...acted,
      words: `GitHub refuses ${refused.run.name} of ${nameOfSubject(worker.subject)}, and it acts:${acted.words}`,
    },
  ]
}

const raced = ' finds new facts and does nothing;'

/** Records first, its own only onto the facts that it observed; then one effect after the other. */
function actsAtOnce(state: State, worker: Worker): Step<State> {
  const { subject, actions } = worker
  const records = actions.filter((action) => action.kind === 'record')
  const own = records.filter((record) => record.subject === keyOfSubject(subject))
  if (own.length > 0 && factsOfSubject(state, subject).length !== worker.facts)
    return step(raced, woken(state, [subject]))
  let next = own.length > 0 ? woken(state, [subject]) : state
  let broken: string | null = null
  const words: string[] = []
  for (const record of records) {
    next = recorded(next, record)
    words.push(` records ${record.body.kind};`)
    broken ??= recordBreak(next)
  }
  const rest = own.length > 0 ? actions.filter(({ kind }) => kind === 'queue') : actions
  for (const action of rest) {
    if (action.kind === 'record') continue
    const done = effect(next, worker, action)
    next = done.next
    broken ??= done.broken
    words.push(done.words)
  }
  return step(words.join(''), next, broken)
}
