/** The worker's steps: a round observes, then acts as src/act does, at once or effect by effect, and may crash in between. */
import { justified } from '../ghosts.ts'
import { bases, heads, numberOf, type State, tables, type Worker } from '../world.ts'
import { effect, mergeEffect, recordEffect } from './effects.ts'
import { restBreak } from './rest.ts'
import { may, type Step, spend, step, type World } from './step.ts'

export const idle = tables.worker.put(null)

export function workerSteps(world: World, state: State): Step[] {
  const worker = tables.worker.get(state.worker)
  if (worker) {
    const crash = may(state, 'crash')
      ? [step('the worker crashes', { ...spend(state, 'crash'), worker: idle })]
      : []
    return [actStep(world, state, worker), ...holdStep(world, state, worker), ...crash]
  }
  const rounds = [0, 1].flatMap((pull) => observeStep(world, state, pull, false) ?? [])
  const broken = rounds.length === 0 ? restBreak(state) : null
  const atRest = broken ? [step('nothing is left to do', state, broken)] : []
  const blind = may(state, 'blind')
    ? [0, 1].flatMap((pull) => observeStep(world, spend(state, 'blind'), pull, true) ?? [])
    : []
  return [...rounds, ...blind, ...atRest]
}

/** Rounds look at open pull requests, and at #34 once it is merged; null when there is nothing to do. */
function observeStep({ rounds }: World, state: State, pull: number, blind: boolean): Step | null {
  const status = state.open[pull]
  if (status !== 1 && (status !== 3 || blind)) return null
  const { actions, broken } = rounds.decide(state, pull, blind)
  if (actions.length === 0) return null
  const open = [0, 1].filter((one) => state.open[one] === 1).map((one) => justified(state, one))
  const worker: Worker = {
    pull,
    actions,
    facts: tables.facts.get(state.facts[pull] ?? 0).length,
    justified: {
      plan: open.every((one) => one.plan),
      review: open.every((one) => one.review),
      merge: justified(state, pull).merge,
      underOther: justified({ ...state, policy: 1 - state.policy }, pull).merge,
    },
    shared: open.length > 1,
    complete: !blind,
    head: state.head,
    base: state.base[pull] ?? 0,
  }
  const words = `a round of #${numberOf(pull)} observes ${heads[state.head]} on ${bases[worker.base]}${blind ? ', the reviews and siblings unread' : ''}`
  return step(words, { ...state, worker: tables.worker.put(worker) }, broken[0] ?? null)
}

/** The same round, leaving what only informs to a later one, for as long as it likes (docs/adr/0008-patience.md). */
function holdStep(world: World, state: State, worker: Worker): Step[] {
  const due = worker.actions.filter((action) => action.kind !== 'checkRun' || !action.mayWait)
  if (due.length === worker.actions.length || !may(state, 'hold')) return []
  const acted = actStep(world, spend(state, 'hold'), { ...worker, actions: due })
  return [{ ...acted, words: `${acted.words} it leaves what may wait` }]
}

/** Records first, together and only onto the facts that were observed; then one effect after the other. */
function actStep(world: World, state: State, worker: Worker): Step {
  const { pull } = worker
  const records = worker.actions.filter((action) => action.kind === 'record')
  const effects = worker.actions.filter((action) => action.kind !== 'record')
  const before = tables.facts.get(state.facts[pull] ?? 0)
  if (records.length > 0 && world.expectedLength && before.length !== worker.facts)
    return step(`the round of #${numberOf(pull)} finds new facts and does nothing`, {
      ...state,
      worker: idle,
    })
  const words = [`the round of #${numberOf(pull)} acts:`]
  let next = state
  let broken: string | null = null
  const does = (outcome: Step) => {
    next = outcome.next
    broken ??= outcome.broken
    words.push(outcome.words)
  }
  if (records.length > 0) does(recordEffect(state, pull, records))
  const now = world.piecemeal ? (records.length > 0 ? [] : effects.slice(0, 1)) : effects
  for (const action of now) {
    if (action.kind === 'checkRun') does(effect(next, worker, action))
    if (action.kind === 'merge') does(mergeEffect(world, next, worker, action, before))
  }
  const left = effects.slice(now.length)
  next = { ...next, worker: left.length > 0 ? tables.worker.put({ ...worker, actions: left }) : idle }
  return { ...step(words.join(' '), next, broken), arrives: next.open[0] === 3 && state.open[0] !== 3 }
}
