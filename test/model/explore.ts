/** Breadth first over the states: the first broken promise found has the shortest trace. */

/** One step out of a state; `S5: ...` in `broken` when the step itself breaks a promise. */
export interface Step<State> {
  words: string
  next: State
  broken: string | null
  /** It reaches what a search should get to. */
  arrives?: boolean
}

/** What is searched. Equal keys are the same state. */
export interface Space<State> {
  stepsOf(state: State): Step<State>[]
  keyOf(state: State): string
}

export interface Exploration {
  states: number
  /** True when nothing is left to visit. */
  exhausted: boolean
  seconds: number
  /** How many new states were reached by a step that arrives. */
  arrived: number
  depth: number
  counterexample: { promise: string; trace: string[] } | null
}

export interface Bounds<State> {
  states: number
  seconds: number
  /** Stop at a promise that begins so; null stops at any. */
  only?: string
  /** Called on each new state; a sentence is a broken promise. */
  inspect?: (state: State) => string | null
}

/** Explore from the given states until a promise breaks or a bound is reached. */
export function explore<State>(
  { stepsOf, keyOf }: Space<State>,
  starts: { state: State; trace: string[] }[],
  bounds: Bounds<State>,
): Exploration {
  const began = performance.now()
  const seen = new Set<string>()
  const queue: { state: State; parent: number; words: string }[] = []
  const add = (state: State, parent: number, words: string) => {
    const key = keyOf(state)
    if (seen.has(key)) return false
    seen.add(key)
    queue.push({ state, parent, words })
    return true
  }
  const prefixes = new Map<number, string[]>()
  for (const { state, trace } of starts) if (add(state, -1, '')) prefixes.set(queue.length - 1, trace)
  const trace = (index: number): string[] => {
    const words: string[] = []
    let at = index
    for (let node = queue[at]; node && node.parent >= 0; node = queue[at]) {
      words.push(node.words)
      at = node.parent
    }
    return [...(prefixes.get(at) ?? []), ...words.reverse()]
  }
  let arrived = 0
  let result: Exploration['counterexample'] = null
  let index = 0
  const broken = (promise: string | null | undefined, last: string, at: number) => {
    if (!promise || (bounds.only && !promise.startsWith(bounds.only))) return false
    result = { promise, trace: [...trace(at), last] }
    return true
  }
  search: for (; index < queue.length && seen.size < bounds.states; index++) {
    if (index % 1024 === 0 && (performance.now() - began) / 1000 > bounds.seconds) break
    const node = queue[index]
    if (!node) break
    for (const next of stepsOf(node.state)) {
      if (broken(next.broken, next.words, index)) break search
      if (!add(next.next, index, next.words)) continue
      if (next.arrives) arrived++
      if (bounds.inspect && broken(bounds.inspect(next.next), next.words, index)) break search
    }
  }
  const seconds = (performance.now() - began) / 1000
  return {
    states: seen.size,
    exhausted: index >= queue.length,
    seconds,
    arrived,
    depth: trace(Math.max(0, Math.min(index, queue.length) - 1)).length,
    counterexample: result,
  }
}

/** Where chance leads: of each state's steps the one that the next number chooses. */
export function walk<State>(
  stepsOf: Space<State>['stepsOf'],
  start: State,
  choices: readonly number[],
): State {
  return choices.reduce((state, choice) => {
    const steps = stepsOf(state)
    return steps[choice % Math.max(1, steps.length)]?.next ?? state
  }, start)
}

/** A counterexample as a person reads it. */
export function readable({ promise, trace }: NonNullable<Exploration['counterexample']>): string {
  return [
    `${promise}, after:`,
    ...trace.map((words, index) => `  ${String(index + 1).padStart(2)}. ${words}`),
  ].join('\n')
}
