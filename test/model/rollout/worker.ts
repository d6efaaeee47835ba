/** The worker's steps: a round observes and acts as src/act does, at once or effect by effect, and may crash in between. */
import type { Action } from '../../../src/core/action.ts'
import { parseExternalId } from '../../../src/core/checkRun.ts'
import type { FactBody } from '../../../src/core/facts.ts'
import { effectOf } from '../../subjects/rolloutEffects.ts'
import { commitOf, placeOf, recorded, type Town } from '../../subjects/rolloutWorld.ts'
import type { Step } from '../explore.ts'
import type { Rounds } from './rounds.ts'
import {
  idle,
  may,
  messages,
  packed,
  type Seen,
  type State,
  spend,
  townOf,
  type Worker,
  workers,
} from './state.ts'
import { forwardBreak, healthyIn, recordBreak, standsIn, type Truth } from './truth.ts'

export interface World {
  rounds: Rounds
  /** Whether each effect is a step of its own, so that anything may happen between any two. */
  piecemeal: boolean
}

/** What the digest on a page stood for, filled when pages are written. */
export const shownAs = new Map<string, Seen>()

const mostTurns = 8
export const environmentsOf = ({ setting }: Rounds) => Object.keys(setting.policy.rollout.environments)

export function workerSteps(world: World, state: State): Step<State>[] {
  const worker = workers.get(state.worker)
  if (worker) {
    const crash: Step<State>[] = may(state, 'crash')
      ? [{ words: 'the worker crashes', next: { ...spend(state, 'crash'), worker: idle }, broken: null }]
      : []
    return [actStep(world, state, worker, false), ...lostAnswer(world, state, worker), ...crash]
  }
  return environmentsOf(world.rounds).flatMap((environment) => [
    ...roundStep(world, state, environment, false),
    ...(may(state, 'blind') ? roundStep(world, spend(state, 'blind'), environment, true) : []),
  ])
}

function roundStep(world: World, state: State, environment: string, blind: boolean): Step<State>[] {
  const { actions, broken } = world.rounds.decide(state, environment, blind)
  if (actions.length === 0) return []
  const facts = placeOf(townOf(state), environment).facts.length
  const worker: Worker = { environment, actions, facts, complete: !blind }
  const words = `a round of ${environment} observes${blind ? ', GitHub unread' : ''}`
  if (world.piecemeal)
    return [{ words, next: { ...state, worker: workers.put(worker) }, broken: broken[0] ?? null }]
  const acted = actsAtOnce(world, state, worker)
  return [{ ...acted, words: `${words}:${acted.words}`, broken: broken[0] ?? acted.broken }]
}

/** Turn after turn until nothing is recorded, as a round does. */
function actsAtOnce(world: World, start: State, first: Worker): Step<State> {
  let done: Step<State> = { words: '', next: start, broken: null, arrives: false }
  let worker = first
  for (let turn = 0; turn < mostTurns && worker.actions.length > 0; turn++) {
    for (const action of worker.actions) done = after(done, does(world, done.next, worker, action, false))
    if (!worker.actions.some(({ kind }) => kind === 'record')) break
    const { actions, broken } = world.rounds.decide(done.next, worker.environment, !worker.complete)
    done = { ...done, broken: done.broken ?? broken[0] ?? null }
    worker = { ...worker, actions }
  }
  return done
}

const after = (before: Step<State>, next: Step<State>): Step<State> => ({
  words: `${before.words}${next.words}`,
  next: next.next,
  broken: before.broken ?? next.broken,
  arrives: before.arrives === true || next.arrives === true,
})

/** Records first, together and only onto the facts that were observed; then one effect after the other. */
function actStep(world: World, state: State, worker: Worker, lost: boolean): Step<State> {
  const { environment, actions } = worker
  const records = actions.filter(({ kind }) => kind === 'record')
  const effects = actions.filter(({ kind }) => kind !== 'record')
  const now = records.length > 0 ? records : effects.slice(0, 1)
  const rest = records.length > 0 ? effects : effects.slice(1)
  const free = { ...state, worker: idle }
  if (records.length > 0 && placeOf(townOf(state), environment).facts.length !== worker.facts)
    return { words: `the round of ${environment} finds new facts and does nothing`, next: free, broken: null }
  let done: Step<State> = { words: `the round of ${environment} acts:`, next: free, broken: null }
  for (const action of now) done = after(done, does(world, done.next, worker, action, lost))
  const goesOn = rest.length > 0 && !lost
  return {
    ...done,
    words: lost ? `${done.words} and crashes before it knows` : done.words,
    next: { ...done.next, worker: goesOn ? workers.put({ ...worker, actions: rest }) : idle },
  }
}

/** An effect was applied, and the worker died before the answer was on record. */
function lostAnswer(world: World, state: State, worker: Worker): Step<State>[] {
  const [first] = worker.actions
  if (!may(state, 'crash') || !first || !['deploy', 'answerRule'].includes(first.kind)) return []
  return [actStep(world, spend(state, 'crash'), worker, true)]
}

function does(world: World, state: State, worker: Worker, action: Action, lost: boolean): Step<State> {
  const { setting } = world.rounds
  const { environment, complete } = worker
  const town = townOf(state)
  const truth: Truth = { setting, town, environment }
  if (action.kind === 'record') {
    const broken = recordBreak(truth, action.body, complete)
    const next = packed(state, recorded(town, environment, action.body, action.actor))
    return { words: ` records ${action.body.kind};`, next, broken, arrives: arrives(action.body) }
  }
  const broken = effectBreak(truth, action, complete)
  const effect = effectOf(setting, town, environment, action)
  // What is announced is on record before the effect.
  const known = effect.facts
    .filter(({ kind }) => !lost || kind === 'rule.answering')
    .reduce((on, body) => recorded(on, environment, body), effect.town)
  let next = packed(state, known)
  if (effect.asked) next = sends(next, environment, effect.asked)
  if (action.kind === 'checkRun') next = pageWritten(next, truth, action)
  return { words: ` ${wordsOf(action, setting)};`, next, broken }
}

const arrives = (body: FactBody) => body.kind === 'rollback.ended' && body.ok

function effectBreak(truth: Truth, action: Action, complete: boolean): string | null {
  if (action.kind === 'deploy' && action.purpose === 'forward')
    return forwardBreak(truth, commitOf(truth.setting, action.sha), complete, null)
  if (action.kind !== 'answerRule' || action.state !== 'approved') return null
  const job = placeOf(truth.town, truth.environment).deployments.find(({ id }) => id === action.runId - 1000)
  if (!job || !placeOf(truth.town, truth.environment).waiting.includes(action.runId)) return null
  return job.purpose === 'rollback'
    ? null
    : forwardBreak(truth, job.real, complete, job.runId ?? action.runId)
}

/** Remember what a page shows, and what it showed before. */
function pageWritten(
  state: State,
  truth: Truth,
  { run, runId }: Extract<Action, { kind: 'checkRun' }>,
): State {
  const shown = parseExternalId(run.externalId)?.shown ?? ''
  if (run.buttons.length > 0 && !shownAs.has(shown)) {
    const held = run.buttons.some(({ intent }) => intent === 'accept')
    const deployment = standsIn(truth)?.id ?? 0
    const range = { kind: 'range' as const, from: healthyIn(truth), to: commitOf(truth.setting, run.sha) }
    shownAs.set(shown, held ? { kind: 'held', deployment } : range)
  }
  const before = truth.town.runs.find(({ id }) => id === runId)
  const old = before && parseExternalId(before.externalId)?.shown
  if (!before || !old || old === shown || !shownAs.has(old)) return state
  const others = state.older.filter(([id]) => id !== before.id)
  return { ...state, older: [...others, [before.id, old]] }
}

function wordsOf(action: Action, setting: Rounds['setting']): string {
  switch (action.kind) {
    case 'deploy':
      return `deploys ${commitOf(setting, action.sha)} (${action.purpose})`
    case 'answerRule':
      return `answers run ${action.runId} ${action.state}`
    case 'checkRun':
      return `${action.run.name} on ${commitOf(setting, action.run.sha)} is ${action.run.state}`
    case 'wake':
      return 'will be woken'
    default:
      return action.kind
  }
}

/** A webhook goes on its way. */
export function sends(state: State, environment: string, body: FactBody): State {
  const message = messages.put({ environment, who: null, letter: 'j', body, seen: null, nth: 0 })
  return { ...state, flying: [...state.flying, message].sort((a, b) => a - b) }
}

export const withTown = (state: State, change: (town: Town) => Town): State =>
  packed(state, change(townOf(state)))
