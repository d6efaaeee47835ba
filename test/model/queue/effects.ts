/** What each effect of a round does to the small world of merge queues, and which promise it breaks if it should not have happened. */
import type { Action } from '../../../src/core/action.ts'
import type { ObservedCheckRun } from '../../../src/core/checkRun.ts'
import { written } from '../../subjects/rounds.ts'
import type { Step } from '../explore.ts'
import { people } from '../people.ts'
import { keyOfRequest } from './git.ts'
import { keyOfSubject } from './snapshots.ts'
import {
  type Check,
  checks,
  type Entry,
  everybody,
  factsOfSubject,
  groupAt,
  nameOfSubject,
  pullAt,
  pullOf,
  type State,
  tables,
  type Who,
  type Worker,
  withFacts,
  withGroup,
  withPull,
  woken,
} from './state.ts'

const step = (words: string, next: State, broken: string | null = null): Step<State> => ({
  words,
  next,
  broken,
})

export function recorded(
  state: State,
  { subject: key, actor, body }: Extract<Action, { kind: 'record' }>,
): State {
  const subject = ['p0', 'p1'].find((one) => keyOfSubject(one) === key)
  if (!subject) return state
  const who = (Object.keys(people) as Who[]).find((one) => people[one].id === actor?.id) ?? null
  const entry: Entry = { who, body, message: null }
  return withFacts(state, subject, [...factsOfSubject(state, subject), entry])
}

/** S6, S7: what no record may say, of either pull request. */
export function recordBreak(state: State): string | null {
  for (const pull of [0, 1]) {
    const bodies = pullAt(state, pull).facts.map(({ body }) => body)
    const decisions = bodies.flatMap((body) => (body.kind === 'decision' ? [body] : []))
    if (decisions.some(({ by }) => by.id === people.agent.id)) return 'S6: the agent has a decision on record'
    if (isTwice(decisions.map(({ request }) => request))) return 'S7: one request became two decisions'
    if (isTwice(bodies.flatMap((body) => (body.kind === 'settled' ? [body.of] : []))))
      return 'S7: one request was settled twice'
    if (isTwice(bodies.flatMap((body) => (body.kind === 'group.joined' ? [body.group] : []))))
      return 'S7: one entry was put on record twice'
    if (bodies.filter(({ kind }) => kind === 'merged').length > 1) return 'S7: one merge was recorded twice'
  }
  return null
}
const isTwice = (values: readonly unknown[]) => new Set(values).size !== values.length

export function effect(state: State, worker: Worker, action: Action): Step<State> {
  const { subject } = worker
  switch (action.kind) {
    case 'collect': {
      const read = tables.read.get(state.read)
      const more = [...new Set([...read, keyOfRequest(action.request)])].sort()
      return step(' collects;', woken({ ...state, read: tables.read.put(more) }, [subject]))
    }
    case 'queue': {
      const known = everybody(state).find((one) => keyOfSubject(one) === action.subject)
      return step(known ? ` tells ${nameOfSubject(known)};` : '', known ? woken(state, [known]) : state)
    }
    case 'checkRun':
      return writing(state, worker, action)
    default:
      return step('', state)
  }
}

function writing(state: State, worker: Worker, action: Extract<Action, { kind: 'checkRun' }>): Step<State> {
  const { run } = action
  const pull = pullOf(worker.subject)
  const before = pull === null ? groupAt(state, worker.subject)?.runs : pullAt(state, pull).runs
  const words = ` ${run.name} is ${run.state};`
  if (!before) return step(words, state)
  const runs = written(before, action).sort((one, other) => one.id - other.id)
  const next = pull === null ? withGroup(state, worker.subject, { runs }) : withPull(state, pull, { runs })
  const now = runs.filter(({ sha }) => sha === run.sha)
  return step(words, next, run.state === 'success' ? greenBreak(worker, run.name, now) : null)
}

/** A green must be justified by what its round saw; and the one that lets the group land must find all three so. */
function greenBreak({ against }: Worker, name: string, runs: readonly ObservedCheckRun[]): string | null {
  const own = checks.find((check) => name === `countersign/${check}`)
  if (own && against[own]) return against[own]
  if (!checks.every((check) => isGreen(runs, check))) return null
  const other = checks.find((check) => against[check] !== null)
  return other
    ? `${against[other]} (countersign/${other} was green still when countersign/${own} let it land)`
    : null
}

export const isGreen = (runs: readonly ObservedCheckRun[], check: Check) =>
  runs.some((run) => run.name === `countersign/${check}` && run.conclusion === 'success')
