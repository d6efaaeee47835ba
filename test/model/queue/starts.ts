/** Settings of the merge queue's search, and points on the way that plain steps reach, so that depth is spent well. */

import { root } from './git.ts'
import { Rounds } from './rounds.ts'
import type { Setting } from './snapshots.ts'
import { type Left, leftOf, type State, tables } from './state.ts'
import { stepsOf } from './steps.ts'
import type { World } from './worker.ts'

/** A step by its words, or rounds until none has anything to do. */
export type Pattern = RegExp | 'settle'
export interface Start {
  state: State
  trace: string[]
}

export function emptyState(left: readonly number[]): State {
  const pull = tables.pull.put({
    merged: null,
    head: 0,
    draft: false,
    ciGreen: true,
    reviews: [],
    facts: [],
    runs: [],
  })
  return {
    main: root,
    policy: 0,
    pulls: [pull, pull],
    line: tables.line.put([]),
    groups: [],
    read: tables.read.put([]),
    built: 0,
    flying: [],
    flights: [],
    woken: ['p0', 'p1'],
    untold: false,
    left,
  }
}

export const plainWorld = (setting: Setting): World => ({
  rounds: new Rounds(setting),
  piecemeal: false,
  refusedStops: true,
  slowPulls: false,
})

const isRound = (words: string) => /^(a round|the round)/.test(words) && !/unread|too late/.test(words)

/** Play a script with everything allowed, and go on with what may still happen. */
export function startAfter(world: World, patterns: readonly Pattern[], left: Left): Start {
  let state = emptyState(
    leftOf(Object.fromEntries(Object.keys(leftOf({})).map((name) => [name, 50]))).map(() => 50),
  )
  const trace: string[] = []
  for (const pattern of patterns) {
    for (let count = 0; count < (pattern === 'settle' ? 60 : 1); count++) {
      const options = stepsOf(world, state)
      const step = options.find(({ words }) => (pattern === 'settle' ? isRound(words) : pattern.test(words)))
      if (!step && pattern === 'settle') break
      if (!step)
        throw new Error(
          `no step fits ${pattern} after:\n${trace.slice(-8).join('\n')}\nthere are:\n${options.map(({ words }) => words).join('\n')}`,
        )
      if (step.broken) throw new Error(`${step.broken}, after:\n${[...trace, step.words].join('\n')}`)
      state = step.next
      trace.push(step.words)
    }
  }
  return { state: { ...state, left: leftOf(left) }, trace }
}

export const sends = (who: string, what: string, head: string): Pattern[] => [
  new RegExp(`^${who} sends ${what} of ${head}$`),
  new RegExp(`^${who}'s ${what} of ${head} arrives$`),
  'settle',
]
const approve = (head: string): Pattern[] => [
  ...sends('dana', 'Approve on countersign/plan', head),
  ...sends('dana', 'Approve on countersign/review', head),
  ...sends('erik', 'Approve on countersign/review', head),
]
const enqueue = (number: number): Pattern[] => [new RegExp(`^#${number} is put into the queue$`)]
const asked: Pattern[] = [/^the request of .* arrives$/, 'settle']
const first: Pattern[] = ['settle', ...approve('a0')]
const both: Pattern[] = [...first, ...approve('b0')]
/** Both wait in the queue, and everything but CI is there. */
const queued: Pattern[] = [...both, ...enqueue(34), ...asked, ...enqueue(35), ...asked]
const ci: Pattern[] = [/^CI of \(m0 a0 \d\) is green$/, 'settle']
const ciOfBoth: Pattern[] = [...ci, /^CI of \(\(m0 a0 \d\) b0 \d\) is green$/, 'settle']
export const ways = { approve, enqueue, asked, first, both, queued, ci, ciOfBoth } as const

export interface Scenario {
  setting: Setting
  from: readonly (readonly Pattern[])[]
  left: Left
  piecemeal?: true
  slowPulls?: true
}

const agents: Setting = { person: false, headGreen: false }
const headGreen: Setting = { person: false, headGreen: true }
const beside: Setting = { person: true, headGreen: false }
const besideFrom: Pattern[] = ['settle', ...approve('a0'), ...enqueue(34), ...asked, ...enqueue(35), ...asked]
export const settings = { agents, headGreen, beside } as const

const ready: Pattern[] = [...queued, ...ciOfBoth]
const lands: Pattern[] = [...besideFrom, ...ciOfBoth]

/** What a search concentrates on, each with budgets for a few kinds of step. */
export const scenarios: Readonly<Record<string, Scenario>> = {
  approvals: { setting: agents, from: [queued, ready], left: { send: 2, review: 2, enqueue: 1 } },
  dismissals: { setting: headGreen, from: [queued, ready], left: { review: 3, enqueue: 1 }, slowPulls: true },
  pushes: { setting: agents, from: [queued, ready], left: { push: 2, draft: 1, enqueue: 1, send: 1 } },
  branches: {
    setting: headGreen,
    from: [queued, ready],
    left: { base: 1, policy: 1, send: 1, leave: 1, enqueue: 1 },
  },
  network: {
    setting: agents,
    from: [both, queued, ready],
    left: { enqueue: 2, send: 1, review: 1, lose: 1, double: 1, sweep: 1 },
  },
  ci: { setting: headGreen, from: [queued, ready], left: { ci: 3, review: 1, sweep: 1, refuse: 1 } },
  crashes: {
    setting: agents,
    from: [both, queued, ready],
    left: { enqueue: 2, crash: 2, send: 1, review: 1 },
    piecemeal: true,
  },
  races: {
    setting: headGreen,
    from: [queued, ready],
    left: { crash: 1, send: 1, review: 1, leave: 1, enqueue: 1 },
    piecemeal: true,
    slowPulls: true,
  },
  forgeries: { setting: headGreen, from: [both, ready], left: { enqueue: 3, forge: 1, send: 1, leave: 1 } },
  readings: { setting: agents, from: [queued, ready], left: { blind: 2, review: 1, send: 1 } },
  beside: {
    setting: beside,
    from: [besideFrom, lands],
    left: { push: 1, send: 1, enqueue: 2, leave: 1, ci: 1 },
  },
}
