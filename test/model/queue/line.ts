/** GitHub's own part in the search of merge queues: it builds each entry on the one before, lands what is green, takes out what failed. */
import type { FactBody } from '../../../src/core/facts.ts'
import type { Step } from '../explore.ts'
import { isGreen } from './effects.ts'
import { type Content, headName, mergeOnto, shaOf } from './git.ts'
import { numberOf, type Setting } from './snapshots.ts'
import {
  checks,
  groupAt,
  lineOf,
  type Message,
  may,
  pullAt,
  pullSubject,
  type State,
  spend,
  tables,
  type Waiting,
  withPull,
  woken,
} from './state.ts'

const step = (words: string, next: State, arrives = false): Step<State> => ({
  words,
  next,
  broken: null,
  arrives,
})

/** Every entry on top of the one before it; a group whose ground has moved is given up and made anew. */
function rebuilt(
  state: State,
  line: readonly Waiting[],
  contentOf: (pull: number) => Content = () => 'plain',
): State {
  let next = state
  let ground = state.main
  const waiting: Waiting[] = []
  for (const entry of line) {
    const content = contentOf(entry.pull)
    const stays = entry.onto === ground && groupAt(next, entry.group) !== null && content === 'plain'
    const made = stays ? { entry, state: next } : builtOn(next, entry, ground, content)
    next = made.state
    waiting.push(made.entry)
    ground = made.entry.group
  }
  return onlyLive({ ...next, line: tables.line.put(waiting) }, waiting)
}

function builtOn(state: State, entry: Waiting, ground: string, content: Content) {
  const group = mergeOnto(ground, headName(entry.pull, entry.head), state.built, content)
  const id = tables.group.put({ facts: [], runs: [], ci: 'none' })
  const groups = [...state.groups, [group, id] as const].sort(([a], [b]) => (a < b ? -1 : 1))
  const flying = [...state.flying, tables.message.put(requestOf(group, ground, entry.pull))].sort(
    (a, b) => a - b,
  )
  return {
    entry: { ...entry, group, onto: ground },
    state: { ...state, groups, flying, built: state.built + 1 },
  }
}

function requestOf(group: string, ground: string, pull: number): Message {
  const body: FactBody = {
    kind: 'group.requested',
    head: shaOf(group),
    baseRef: 'main',
    // What the group was built on: the branch, or the group of the entry before.
    base: shaOf(ground),
    headRef: `refs/heads/gh-readonly-queue/main/pr-${numberOf(pull)}-${shaOf(ground)}`,
  }
  return { to: group, who: null, letter: 'g', check: null, seen: null, body, nth: 0 }
}

/** Of a group that was given up nothing lands any more, whatever is still written or said of it. */
function onlyLive(state: State, line: readonly Waiting[]): State {
  const live = new Set(line.map(({ group }) => group))
  return {
    ...state,
    groups: state.groups.filter(([name]) => live.has(name)),
    woken: state.woken.filter((one) => one === 'p0' || one === 'p1' || live.has(one)),
    flying: state.flying.filter((id) => {
      const { letter, to } = tables.message.get(id)
      return letter !== 'g' || live.has(to)
    }),
  }
}

/** The branch has moved past the queue: everything in it is built anew. */
export const movedTo = (state: State, main: string): State => rebuilt({ ...state, main }, lineOf(state))

const without = (state: State, pull: number): State =>
  rebuilt(
    state,
    lineOf(state).filter((one) => one.pull !== pull),
  )

/** No longer what was put in: another head, or a draft. */
export const isStale = (state: State, { pull, head }: Waiting) =>
  pullAt(state, pull).head !== head || pullAt(state, pull).draft

const isReady = (state: State, { group }: Waiting) =>
  checks.every((check) => isGreen(groupAt(state, group)?.runs ?? [], check))
const hasFailed = (state: State, { group }: Waiting) =>
  (groupAt(state, group)?.runs ?? []).some((run) => run.conclusion !== null && run.conclusion !== 'success')

export function lineSteps(setting: Setting, state: State): Step<State>[] {
  const line = lineOf(state)
  return [...enqueueSteps(state, line), ...landSteps(setting, state, line), ...leaveSteps(state, line)]
}

/** GitHub takes into its queue what it would merge: open, no draft, and the three checks green at its head. */
function enqueueSteps(state: State, line: readonly Waiting[]): Step<State>[] {
  if (!may(state, 'enqueue')) return []
  return [0, 1]
    .filter((pull) => {
      const { merged, draft, head, runs } = pullAt(state, pull)
      const own = runs.filter((run) => run.sha === shaOf(headName(pull, head)))
      const queued = line.some((one) => one.pull === pull)
      return merged === null && !draft && !queued && checks.every((check) => isGreen(own, check))
    })
    .flatMap((pull) => {
      const { head } = pullAt(state, pull)
      const words = `#${numberOf(pull)} is put into the queue`
      return (may(state, 'forge') ? (['plain', 'forged', 'nobody'] as const) : (['plain'] as const)).map(
        (content) => {
          const spent =
            content === 'plain' ? spend(state, 'enqueue') : spend(spend(state, 'enqueue'), 'forge')
          const next = rebuilt(spent, [...line, { pull, head, group: '', onto: '' }], (one) =>
            one === pull ? content : 'plain',
          )
          return step(
            content === 'plain'
              ? words
              : `${words}, and what is built holds ${content === 'forged' ? 'something else' : "nobody's commit"}`,
            next,
          )
        },
      )
    })
}

/** GitHub merges from the front, as many as it likes of those that are ready. */
function landSteps({ headGreen }: Setting, state: State, line: readonly Waiting[]): Step<State>[] {
  return line.flatMap((last, index) => {
    const landing = line.slice(0, index + 1)
    const ready = headGreen ? isReady(state, last) : landing.every((one) => isReady(state, one))
    return ready && !landing.some((one) => isStale(state, one)) ? [landStep(state, landing)] : []
  })
}

function landStep(state: State, landing: readonly Waiting[]): Step<State> {
  const last = landing.at(-1) as Waiting
  const merged = landing.reduce((next, { pull, group }) => withPull(next, pull, { merged: group }), state)
  const rest = lineOf(state).filter((one) => !landing.includes(one))
  const next = rebuilt({ ...merged, main: last.group }, rest)
  const words = `${landing.map(({ pull }) => `#${numberOf(pull)}`).join(' and ')} landed as ${last.group}`
  return step(words, woken(next, ['p0', 'p1']), true)
}

/** GitHub takes out what failed, what is no longer what was put in, and what it has waited for too long. */
function leaveSteps(state: State, line: readonly Waiting[]): Step<State>[] {
  return line.flatMap((entry) => {
    const name = `#${numberOf(entry.pull)}`
    const out = (words: string, from: State) =>
      step(words, woken(without(from, entry.pull), [pullSubject(entry.pull)]))
    if (isStale(state, entry))
      return [out(`${name} leaves the queue: it is no longer what was put in`, state)]
    if (hasFailed(state, entry)) return [out(`${name} is thrown out of the queue: its checks failed`, state)]
    return may(state, 'leave') ? [out(`${name} is taken out of the queue`, spend(state, 'leave'))] : []
  })
}
