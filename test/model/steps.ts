/** Every step that can happen in a state: people, the agent, the network, and the worker, each with its words for the trace. */

import type { Action } from '../../src/core/action.ts'
import { formatExternalId, parseExternalId } from '../../src/core/checkRun.ts'
import type { FactBody } from '../../src/core/facts.ts'
import { justified } from './ghosts.ts'
import type { Rounds } from './rounds.ts'
import {
  bases,
  type Entry,
  headOf,
  heads,
  keyOfPull,
  type Message,
  numberOf,
  people,
  type State,
  shaOf,
  shownAs,
  tables,
  type Who,
  type Worker,
} from './world.ts'

/** How often each kind of step may happen, by index into `State.left`. */
export const budgets = {
  push: 0,
  retarget: 1,
  send: 2,
  lose: 3,
  double: 4,
  crash: 5,
  blind: 6,
  review: 7,
  sibling: 8,
  access: 9,
} as const
export type Budget = keyof typeof budgets

export interface Step {
  words: string
  next: State
  /** `S5: ...` when the step itself breaks a promise. */
  broken: string | null
  merged?: boolean
}

export interface World {
  rounds: Rounds
  /** Off in the mutant whose act does not send the expected SHA. */
  expectedSha: boolean
  /** Off in the mutant whose act appends whatever came in meanwhile. */
  expectedLength: boolean
}

const pair = (values: readonly [number, number], index: number, value: number): [number, number] =>
  index === 0 ? [value, values[1]] : [values[0], value]
const spend = (state: State, budget: Budget): State => ({
  ...state,
  left: state.left.map((count, index) => (index === budgets[budget] ? count - 1 : count)),
})
const may = (state: State, budget: Budget) => (state.left[budgets[budget]] ?? 0) > 0
const step = (words: string, next: State, broken: string | null = null): Step => ({ words, next, broken })

/** All steps of a state. */
export function stepsOf(world: World, state: State): Step[] {
  if (state.open[0] === 3) return []
  return [...workerSteps(world, state), ...networkSteps(state), ...peopleSteps(state), ...agentSteps(state)]
}

function workerSteps(world: World, state: State): Step[] {
  const worker = tables.worker.get(state.worker)
  if (worker) {
    const crash = may(state, 'crash')
      ? [step('the worker crashes before it acts', { ...spend(state, 'crash'), worker: idle })]
      : []
    return [actStep(world, state, worker), ...crash]
  }
  return [0, 1].flatMap((pull) => {
    if (state.open[pull] !== 1) return []
    const seen = observeStep(world, state, pull, false)
    const blind = may(state, 'blind') ? observeStep(world, spend(state, 'blind'), pull, true) : null
    return [...(seen ? [seen] : []), ...(blind ? [blind] : [])]
  })
}

export const idle = tables.worker.put(null)

function observeStep({ rounds }: World, state: State, pull: number, blind: boolean): Step | null {
  const { actions, broken } = rounds.decide(state, pull, blind)
  if (actions.length === 0) return null
  const open = [0, 1].filter((one) => state.open[one] === 1).map((one) => justified(state, one))
  const all = {
    plan: open.every((one) => one.plan),
    review: open.every((one) => one.review),
    merge: justified(state, pull).merge,
  }
  const worker: Worker = {
    pull,
    actions,
    facts: tables.facts.get(state.facts[pull] ?? 0).length,
    justified: all,
    shared: open.length > 1,
    complete: !blind,
    head: state.head,
    base: state.base[pull] ?? 0,
  }
  const words = `a round of #${numberOf(pull)} observes ${heads[state.head]} on ${bases[worker.base]}${blind ? ', the reviews and siblings unread' : ''}`
  return step(words, { ...state, worker: tables.worker.put(worker) }, broken[0] ?? null)
}

/** Act as src/act does: records first and only onto the facts that were observed, then runs, then the merge. */
function actStep(world: World, state: State, worker: Worker): Step {
  const { pull } = worker
  const entries = tables.facts.get(state.facts[pull] ?? 0)
  const done: State = { ...state, worker: idle }
  const records = worker.actions.filter((action) => action.kind === 'record')
  if (records.length > 0 && world.expectedLength && entries.length !== worker.facts)
    return step(`the round of #${numberOf(pull)} finds new facts and does nothing`, done)
  let next: State = done
  const words = [`the round of #${numberOf(pull)} acts:`]
  let broken: string | null = null
  if (records.length > 0) {
    const added = records.map(({ actor, body }): Entry => ({ who: whoIs(actor?.id), body, message: null }))
    next = withFacts(next, pull, [...entries, ...added])
    words.push(`records ${added.map((one) => one.body.kind).join(', ')};`)
    broken ??= recordBreak([...entries, ...added])
  }
  for (const action of worker.actions) {
    if (action.kind === 'checkRun') {
      const { run } = action
      words.push(`${run.name} on ${heads[headOf(run.sha)]} is ${run.state};`)
      broken ??= greenBreak(run, worker)
      next = withRun(next, action)
    }
    if (action.kind === 'merge') {
      const sha = world.expectedSha ? action.sha : shaOf(state.head)
      if (sha !== shaOf(state.head) || state.open[pull] !== 1) {
        words.push('the merge is refused, the head has moved;')
        continue
      }
      words.push(`merges ${heads[state.head]} into ${bases[state.base[pull] ?? 0]};`)
      broken ??= mergeBreak(world, state, worker, entries)
      next = { ...next, open: pair(next.open, pull, 3) }
    }
  }
  return { ...step(words.join(' '), next, broken), merged: next.open[0] === 3 }
}

function recordBreak(entries: readonly Entry[]): string | null {
  const settled = entries.flatMap(({ body }) => (body.kind === 'settled' ? [body.of] : []))
  if (new Set(settled).size !== settled.length) return 'S7: one request was settled twice'
  const decisions = entries.flatMap(({ body }) => (body.kind === 'decision' ? [body] : []))
  if (new Set(decisions.map((one) => one.request)).size !== decisions.length)
    return 'S7: one request became two decisions'
  const bot = decisions.find((one) => one.by.id === people.agent.id)
  return bot ? 'S6: the agent has a decision on record' : null
}

function greenBreak(run: Extract<Action, { kind: 'checkRun' }>['run'], worker: Worker): string | null {
  if (run.state !== 'success') return null
  if (!worker.complete || headOf(run.sha) !== worker.head)
    return `S3: ${run.name} is green without a complete observation of its commit`
  const promise = worker.shared ? 'S5' : 'S4'
  if (run.name === 'countersign/plan' && !worker.justified.plan)
    return `${promise}: countersign/plan is green without the approval of this very plan and base`
  if (run.name === 'countersign/review' && !worker.justified.review)
    return `${promise}: countersign/review is green without the approvals of this very commit and base`
  return null
}

function mergeBreak(world: World, state: State, worker: Worker, entries: readonly Entry[]): string | null {
  if (state.head !== worker.head) return 'S1: merged a head that nobody looked at'
  if (!worker.complete) return 'S1: merged on an incomplete observation'
  if (!worker.justified.merge) return 'S1: merged without the approvals of this very commit and base'
  // A rejection that has arrived before the act must stop it: the records of the round no longer fit.
  const fresh = entries
    .slice(worker.facts)
    .some(
      ({ message }) =>
        message !== null &&
        tables.message.get(message).letter === 'r' &&
        tables.message.get(message).who !== 'agent',
    )
  if (fresh && !world.expectedLength) return 'S1: merged over a rejection that was already on record'
  return null
}

function whoIs(id: number | undefined): Who | null {
  return (Object.keys(people) as Who[]).find((who) => people[who].id === id) ?? null
}

function withFacts(state: State, pull: number, entries: Entry[]): State {
  return { ...state, facts: pair(state.facts, pull, tables.facts.put(entries)) }
}

function withRun(state: State, { run, runId }: Extract<Action, { kind: 'checkRun' }>): State {
  const runs = tables.runs.get(state.runs)
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
  return {
    ...state,
    runs: tables.runs.put([...runs.filter((one) => one.id !== id), observed].sort((a, b) => a.id - b.id)),
  }
}

/** Messages arrive in any order, once, twice or never. */
function networkSteps(state: State): Step[] {
  return [...new Set(state.flying)].flatMap((id) => {
    const message = tables.message.get(id)
    const rest = state.flying.filter((_, index) => index !== state.flying.indexOf(id))
    const words = messageWords(message)
    const arrived = arrive(state, id, message)
    return [
      step(`${words} arrives`, { ...arrived, flying: rest }),
      ...(may(state, 'lose') ? [step(`${words} is lost`, { ...spend(state, 'lose'), flying: rest })] : []),
      ...(may(state, 'double')
        ? [step(`${words} arrives and will come again`, spend(arrived, 'double'))]
        : []),
    ]
  })
}

/** Intake records a delivery once, however often it comes. */
export function arrive(state: State, id: number, message: Message): State {
  const entries = tables.facts.get(state.facts[message.pull] ?? 0)
  if (entries.some((entry) => entry.message === id)) return state
  return withFacts(state, message.pull, [...entries, { who: message.who, body: message.body, message: id }])
}

function messageWords({ who, pull, check, letter, seen }: Message): string {
  const what =
    letter === 'm'
      ? '/agent merge'
      : `${letter === 'a' ? 'Approve' : 'Request changes'} on countersign/${check}`
  return `${who}'s ${what} for #${numberOf(pull)}${seen ? ` (seen: ${heads[seen.head]} on ${bases[seen.base]})` : ''}`
}

function peopleSteps(state: State): Step[] {
  const steps: Step[] = []
  if (may(state, 'send') && state.flying.length < 2) {
    for (const who of ['dana', 'erik', 'gus', 'agent'] as const) steps.push(...pressSteps(state, who))
    steps.push(
      send(state, {
        pull: 0,
        who: 'dana',
        letter: 'm',
        check: null,
        seen: null,
        nth: 0,
        body: mergeCommand(state),
      }),
    )
  }
  if (may(state, 'review')) {
    for (const who of ['dana', 'erik'] as const)
      for (const verdict of ['APPROVED', 'CHANGES_REQUESTED'] as const)
        steps.push(reviewStep(state, who, verdict))
  }
  for (const review of tables.reviews
    .get(state.reviews)
    .filter((one) => one.state !== 'DISMISSED' && may(state, 'review'))) {
    const reviews = tables.reviews
      .get(state.reviews)
      .map((one) => (one.id === review.id ? { ...one, state: 'DISMISSED' as const } : one))
    steps.push(
      step(`the review ${review.id} of ${review.who} is dismissed`, {
        ...spend(state, 'review'),
        reviews: tables.reviews.put(reviews),
      }),
    )
  }
  if (may(state, 'push'))
    steps.push(
      ...[0, 1, 2]
        .filter((head) => head !== state.head)
        .map((head) =>
          step(`${head === 2 ? 'gus' : 'the agent'} pushes ${heads[head]}`, {
            ...spend(state, 'push'),
            head,
          }),
        ),
    )
  if (may(state, 'retarget'))
    steps.push(
      step(`#34 is retargeted to ${bases[1 - state.base[0]]}`, {
        ...spend(state, 'retarget'),
        base: pair(state.base, 0, 1 - state.base[0]),
      }),
    )
  if (may(state, 'access') && state.access === 1)
    steps.push(step('erik loses write access', { ...spend(state, 'access'), access: 0 }))
  return steps
}

function agentSteps(state: State): Step[] {
  if (!may(state, 'sibling')) return []
  if (state.open[1] === 1)
    return [step('#35 is closed', { ...spend(state, 'sibling'), open: pair(state.open, 1, 2) })]
  return state.open[1] === 0
    ? [
        step('the agent opens #35 from the same commit to release', {
          ...spend(state, 'sibling'),
          open: pair(state.open, 1, 1),
        }),
      ]
    : []
}

/** People press what the page of the head's run shows now; the way to us may take long. */
function pressSteps(state: State, who: Who): Step[] {
  return tables.runs.get(state.runs).flatMap((run) => {
    const external = parseExternalId(run.externalId)
    const seen = external && shownAs.get(external.shown)
    const check =
      run.name === 'countersign/plan' ? 'plan' : run.name === 'countersign/review' ? 'review' : null
    if (!external || !seen || !check || headOf(run.sha) !== state.head || run.status !== 'completed')
      return []
    const letters = who === 'agent' ? (['a'] as const) : (['a', 'r'] as const)
    return letters.map((letter) => {
      const body: FactBody = {
        kind: 'button.pressed',
        checkRunId: run.id,
        checkName: run.name,
        sha: run.sha,
        identifier: `${letter}:${external.shown.slice(0, 16)}`,
        externalId: formatExternalId(keyOfPull(seen.pull), external.generation, external.shown),
      }
      return send(state, { pull: seen.pull, who, letter, check, seen, nth: 0, body })
    })
  })
}

/** Messages sent so far, as a number that only grows along a trace. */
const sent = (state: State) => 100 - (state.left[budgets.send] ?? 0)

function mergeCommand(state: State): FactBody {
  return {
    kind: 'comment.command',
    commentId: 100 + sent(state),
    on: 'pull',
    verb: 'merge',
    rest: '',
    bodyDigest: '0'.repeat(64),
    viaApp: null,
  }
}

function send(state: State, message: Message): Step {
  const numbered = { ...message, nth: sent(state) }
  const flying = [...state.flying, tables.message.put(numbered)].sort((a, b) => a - b)
  return step(`${messageWords(numbered).replace("'s", ' sends')}`, { ...spend(state, 'send'), flying })
}

function reviewStep(state: State, who: Who, verdict: 'APPROVED' | 'CHANGES_REQUESTED'): Step {
  const reviews = tables.reviews.get(state.reviews)
  const next = [
    ...reviews,
    { id: reviews.length + 1, who, state: verdict, head: state.head, base: state.base[0] },
  ]
  return step(`${who} reviews ${heads[state.head]} on ${bases[state.base[0]]} as ${verdict}`, {
    ...spend(state, 'review'),
    reviews: tables.reviews.put(next),
  })
}
