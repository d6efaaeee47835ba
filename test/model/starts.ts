/** Where the search starts: the empty world, and points on the way that plain steps reach, so that depth is spent well. */
import { type Budget, budgets, idle, type Step, stepsOf, type World } from './steps.ts'
import { type State, tables } from './world.ts'

/** A step by its words, or rounds until none has anything to do. */
export type Pattern = RegExp | 'settle'

export interface Start {
  state: State
  trace: string[]
}

/** The empty world with a budget for each kind of step. */
export function emptyWorld(left: Partial<Record<Budget, number>>): State {
  const counts = Object.keys(budgets).map((name) => left[name as Budget] ?? 0)
  return {
    open: [1, 0],
    base: [0, 0 + 1],
    head: 0,
    facts: [tables.facts.put([]), tables.facts.put([])],
    runs: tables.runs.put([]),
    reviews: tables.reviews.put([]),
    flying: [],
    worker: idle,
    access: 1,
    policy: 0,
    left: counts,
  }
}

/** Take the first step whose words match each pattern in turn; `settle` runs rounds until none has anything to do. */
export function script(world: World, start: State, patterns: readonly Pattern[]): Start {
  let state = start
  const trace: string[] = []
  const take = (step: Step) => {
    state = step.next
    trace.push(step.words)
  }
  for (const pattern of patterns) {
    if (pattern === 'settle') {
      for (let round = 0; round < 20; round++) {
        const step = stepsOf(world, state).find(
          ({ words }) => /^(a round|the round)/.test(words) && !words.includes('unread'),
        )
        if (!step) break
        take(step)
      }
      continue
    }
    const options = stepsOf(world, state)
    const step = options.find(({ words }) => pattern.test(words))
    if (!step)
      throw new Error(`no step fits ${pattern}; there are:\n${options.map(({ words }) => words).join('\n')}`)
    take(step)
  }
  return { state, trace }
}

/** Somebody sends something and it arrives. */
export const sends = (who: string, what: string): Pattern[] => [
  new RegExp(`^${who} sends ${what}`),
  new RegExp(`^${who}'s ${what}.* arrives$`),
]

const plan: Pattern[] = ['settle', ...sends('dana', 'Approve on countersign/plan'), 'settle']
const first: Pattern[] = [...plan, ...sends('dana', 'Approve on countersign/review'), 'settle']
const second: Pattern[] = [...first, ...sends('erik', 'Approve on countersign/review'), 'settle']
export const approvals = { plan, first, second } as const

/** Play a script, with budgets for what it does and, after it, for what may still happen. */
export function startAfter(
  world: World,
  patterns: readonly Pattern[],
  left: Partial<Record<Budget, number>>,
): Start {
  const words = patterns.map((pattern) => (pattern === 'settle' ? '' : pattern.source))
  const used = (text: string) => words.filter((one) => one.includes(text)).length
  const budget = {
    ...left,
    send: (left.send ?? 0) + used('sends'),
    review: (left.review ?? 0) + used('reviews'),
    push: (left.push ?? 0) + used('pushes'),
    comment: (left.comment ?? 0) + words.filter((one) => /sends.*comment/.test(one)).length,
  }
  return script(world, emptyWorld(budget), patterns)
}

/** The standard starts: fresh, pages written, plan approved, one review short, everything approved, the merge asked for. */
export function standardStarts(world: World, left: Partial<Record<Budget, number>>): Start[] {
  const asked = [...second, /^dana sends .agent merge/]
  return [[], ['settle' as const], plan, first, second, asked].map((patterns) =>
    startAfter(world, patterns, left),
  )
}

export interface Scenario {
  /** How often each kind of step may happen; none of a kind that is not named. */
  left: Partial<Record<Budget, number>>
  /** Each effect is a step of its own. */
  piecemeal?: true
}

/** What a search concentrates on, so that its bound reaches deep: each with budgets for a few kinds of step. */
export const scenarios: Readonly<Record<string, Scenario>> = {
  pushes: { left: { push: 2, send: 2, crash: 1 } },
  bases: { left: { retarget: 2, send: 2, review: 1, crash: 1 } },
  siblings: { left: { sibling: 2, send: 2, blind: 1, push: 1 } },
  network: { left: { send: 3, lose: 1, double: 1, crash: 1 } },
  reviews: { left: { review: 3, push: 1, send: 1, access: 1 } },
  policies: { left: { policy: 2, send: 2, review: 1, push: 1 } },
  comments: { left: { comment: 3, send: 1, push: 1, double: 1 } },
  crashes: { left: { crash: 2, send: 2, push: 1, retarget: 1, sibling: 1 }, piecemeal: true },
  patience: { left: { hold: 3, push: 1, send: 2, sibling: 1, blind: 1, crash: 1 } },
  everything: {
    left: {
      push: 2,
      retarget: 2,
      send: 4,
      lose: 1,
      double: 1,
      crash: 1,
      blind: 1,
      review: 2,
      sibling: 2,
      access: 1,
      policy: 1,
      comment: 2,
      hold: 2,
    },
  },
}
