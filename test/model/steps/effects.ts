/** What each effect of a round does to the small GitHub, and which promise it breaks if it should not have happened. */
import type { Action } from '../../../src/core/action.ts'
import {
  bases,
  type Entry,
  headOf,
  heads,
  people,
  type State,
  shaOf,
  tables,
  type Who,
  type Worker,
} from '../world.ts'
import { pair, type Step, step, type World, withFacts } from './step.ts'

type Of<K extends Action['kind']> = Extract<Action, { kind: K }>

export function recordEffect(state: State, pull: number, records: readonly Of<'record'>[]): Step {
  const added = records.map(({ actor, body }): Entry => ({ who: whoIs(actor?.id), body, message: null }))
  const entries = [...tables.facts.get(state.facts[pull] ?? 0), ...added]
  const words = `records ${added.map((one) => one.body.kind).join(', ')};`
  return step(words, withFacts(state, pull, entries), recordBreak(entries))
}

function whoIs(id: number | undefined): Who | null {
  return (Object.keys(people) as Who[]).find((who) => people[who].id === id) ?? null
}

function recordBreak(entries: readonly Entry[]): string | null {
  const settled = entries.flatMap(({ body }) => (body.kind === 'settled' ? [body.of] : []))
  if (new Set(settled).size !== settled.length) return 'S7: one request was settled twice'
  const decisions = entries.flatMap(({ body }) => (body.kind === 'decision' ? [body] : []))
  if (new Set(decisions.map((one) => one.request)).size !== decisions.length)
    return 'S7: one request became two decisions'
  if (entries.filter(({ body }) => body.kind === 'merged').length > 1)
    return 'S7: one merge was recorded twice'
  const bot = decisions.find((one) => one.by.id === people.agent.id)
  return bot ? 'S6: the agent has a decision on record' : null
}

export function effect(state: State, worker: Worker, action: Of<'checkRun'>): Step {
  const { run, runId } = action
  const runs = tables.runs.get(state.runs)
  const words = `${run.name} on ${heads[headOf(run.sha)]} is ${run.state};`
  if (run.state === 'kept') {
    const { title, summary } = run
    const told = runs.map((one) => (one.id === runId ? { ...one, title, summary } : one))
    return step(words, { ...state, runs: tables.runs.put(told) })
  }
  const waits = run.state === 'in_progress'
  const id = runId ?? runs.length + 1
  const observed = {
    id,
    name: run.name,
    sha: run.sha,
    externalId: run.externalId,
    title: run.title,
    summary: run.summary,
    status: waits ? ('in_progress' as const) : ('completed' as const),
    conclusion: waits ? null : run.state,
  }
  const next = {
    ...state,
    runs: tables.runs.put([...runs.filter((one) => one.id !== id), observed].sort((a, b) => a.id - b.id)),
  }
  return step(words, next, greenBreak(run, worker))
}

function greenBreak(run: Of<'checkRun'>['run'], worker: Worker): string | null {
  if (run.state !== 'success') return null
  if (!worker.complete || headOf(run.sha) !== worker.head)
    return `S3: ${run.name} is green without a complete observation of its commit`
  const promise = worker.justified.underOther && !worker.shared ? 'S14' : worker.shared ? 'S5' : 'S4'
  if (run.name === 'countersign/plan' && !worker.justified.plan)
    return `${promise}: countersign/plan is green without the approval of this very plan and base`
  if (run.name === 'countersign/review' && !worker.justified.review)
    return `${promise}: countersign/review is green without the approvals of this very commit and base`
  return null
}

/** @param before the facts at the start of the act. */
export function mergeEffect(
  world: World,
  state: State,
  worker: Worker,
  action: Of<'merge'>,
  before: readonly Entry[],
): Step {
  const { pull } = worker
  const sha = world.expectedSha ? action.sha : shaOf(state.head)
  if (sha !== shaOf(state.head) || state.open[pull] !== 1)
    return step('the merge is refused, the head has moved;', state)
  const words = `merges ${heads[state.head]} into ${bases[state.base[pull] ?? 0]};`
  return step(words, { ...state, open: pair(state.open, pull, 3) }, mergeBreak(world, state, worker, before))
}

function mergeBreak(world: World, state: State, worker: Worker, before: readonly Entry[]): string | null {
  if (state.head !== worker.head) return 'S1: merged a head that nobody looked at'
  if (!worker.complete) return 'S1: merged on an incomplete observation'
  if (!worker.justified.merge)
    return `${worker.justified.underOther ? 'S14' : 'S1'}: merged without the approvals of this very commit and base`
  // A rejection that has arrived before the act must stop it: the records of the round no longer fit.
  const fresh = before
    .slice(worker.facts)
    .some(
      ({ message }) =>
        message !== null &&
        tables.message.get(message).letter === 'r' &&
        tables.message.get(message).who !== 'agent',
    )
  return fresh && !world.expectedLength ? 'S1: merged over a rejection that was already on record' : null
}
