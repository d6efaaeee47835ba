/** Everything that can happen around a rollout: people, the delivery, monitors, the clock, the network and the worker. */
import { formatExternalId, parseExternalId } from '../../../src/core/checkRun.ts'
import type { EvidenceRequest } from '../../../src/core/evidence.ts'
import { requestsName } from '../../../src/core/watch.ts'
import { finishes, starts } from '../../subjects/rolloutEffects.ts'
import {
  placeOf,
  type Reading,
  readingName,
  keyOf as subjectOf,
  within,
} from '../../subjects/rolloutWorld.ts'
import type { Step } from '../explore.ts'
import { people } from '../people.ts'
import {
  type Budget,
  idle,
  type Message,
  may,
  messages,
  type State,
  spend,
  townOf,
  type Who,
} from './state.ts'
import { letters } from './truth.ts'
import { environmentsOf, sends, shownAs, type World, withTown, workerSteps } from './worker.ts'

/** Deliveries that may be on their way at once. */
const mostFlying = 3
const hourMs = 3_600_000

export function stepsOf(world: World, state: State): Step<State>[] {
  return [
    ...workerSteps(world, state),
    ...networkSteps(state),
    ...deploymentSteps(world, state),
    ...measureSteps(world, state),
    ...peopleSteps(state),
    ...deliverySteps(world, state),
    ...clockSteps(state),
  ]
}

const step = (words: string, next: State): Step<State> => ({ words, next, broken: null })

export const messageWords = ({ who, letter, environment, seen }: Message) =>
  letter === 'j'
    ? `the question of a job for ${environment}`
    : `${who}'s ${{ a: 'Approve', r: 'Reject', f: 'Healthy', q: 'Roll back' }[letter]} on ${seen?.kind === 'range' ? `${seen.from ?? 'nothing'}..${seen.to}` : `deployment ${seen?.deployment}`}`

function networkSteps(state: State): Step<State>[] {
  return [...new Set(state.flying)].flatMap((id) => {
    const words = messageWords(messages.get(id))
    const flying = state.flying.filter((_, index) => index !== state.flying.indexOf(id))
    return [
      step(`${words} arrives`, arrive({ ...state, flying }, id)),
      ...(may(state, 'lose') ? [step(`${words} is lost`, { ...spend(state, 'lose'), flying })] : []),
      ...(may(state, 'double')
        ? [step(`${words} arrives and will come again`, arrive(spend(state, 'double'), id))]
        : []),
    ]
  })
}

/** Intake: a delivery is recorded once, however often it comes. */
export function arrive(state: State, id: number): State {
  const { environment, who, body } = messages.get(id)
  return withTown(state, (town) => {
    const { facts } = placeOf(town, environment)
    if (facts.some(({ message }) => message === id)) return town
    const entry = { by: who === null ? null : people[who], atMs: town.nowMs, body, message: id }
    return within(town, environment, { facts: [...facts, entry] })
  })
}

/** GitHub's and the repository's own part: what was let through succeeds or does not. */
function deploymentSteps({ rounds }: World, state: State): Step<State>[] {
  const town = townOf(state)
  return environmentsOf(rounds).flatMap((environment) => {
    const { deployments } = placeOf(town, environment)
    const going = deployments.filter(
      (one) =>
        ['none', 'in_progress'].includes(one.state) && !one.deleted && !waits(town, environment, one.id),
    )
    const ends = going.flatMap(({ id, real }) => [
      step(
        `deployment ${id} of ${real} to ${environment} succeeds`,
        withTown(state, (on) => finishes(on, environment, id, 'success')),
      ),
      ...(may(state, 'fail')
        ? [
            step(
              `deployment ${id} of ${real} to ${environment} fails`,
              withTown(spend(state, 'fail'), (on) => finishes(on, environment, id, 'failure')),
            ),
          ]
        : []),
    ])
    const again = may(state, 'rerun')
      ? deployments
          .filter((one) => one.state === 'failure' && !one.succeeded && !one.deleted)
          .map(({ id, real }) =>
            step(
              `deployment ${id} of ${real} to ${environment} comes up when its job is run again`,
              withTown(spend(state, 'rerun'), (on) => finishes(on, environment, id, 'success')),
            ),
          )
      : []
    const gone =
      may(state, 'gone') && deployments.length > 0
        ? [
            step(
              `${environment} is deleted with its deployments`,
              withTown(spend(state, 'gone'), (on) =>
                within(on, environment, {
                  deployments: placeOf(on, environment).deployments.map((one) => ({ ...one, deleted: true })),
                  waiting: [],
                }),
              ),
            ),
          ]
        : []
    return [...ends, ...again, ...gone]
  })
}

const waits = (town: ReturnType<typeof townOf>, environment: string, id: number) =>
  placeOf(town, environment).waiting.includes(1000 + id)

const figures = (
  letter: string,
  errors: number | string,
  more: number | string = errors,
  requests: number = 1000,
): Reading => ({
  letter,
  errors,
  more,
  [requestsName]: requests,
})
/** What samples can show; all but good ones cost a budget. */
const weather: { reading: Reading; budget: Budget | null; words: string }[] = [
  { reading: figures(letters.good, 0), budget: null, words: 'good' },
  { reading: figures(letters.bad, 0.02), budget: 'bad', words: 'over the ceiling' },
  { reading: figures(letters.over, 0.003, 0), budget: 'over', words: 'over the limit' },
  { reading: figures(letters.other, 0, 0.003), budget: 'over', words: 'over the other limit' },
  { reading: figures(letters.high, 0.0055), budget: 'high', words: 'high' },
  { reading: figures(letters.none, 'no answer'), budget: 'none', words: 'silent' },
  { reading: figures(letters.few, 0, 0, 5), budget: 'none', words: 'of few requests' },
  { reading: figures(letters.less, -1), budget: 'none', words: 'less than nothing' },
]

function measureSteps({ rounds }: World, state: State): Step<State>[] {
  return environmentsOf(rounds).flatMap((environment) =>
    rounds
      .decide(state, environment, false)
      .unmeasured.slice(0, 1)
      .flatMap((request) => measure(state, request)),
  )
}

function measure(state: State, request: EvidenceRequest): Step<State>[] {
  const name = readingName(request) ?? ''
  const put = (words: string, reading: Reading, from = state) =>
    step(
      words,
      withTown(from, (town) => ({ ...town, readings: { ...town.readings, [name]: reading } })),
    )
  if (request.kind === 'baseline')
    return [
      put(`the ${name} is read`, figures('-', 0)),
      ...(may(state, 'high')
        ? [put(`the high ${name} is read`, figures(letters.high, 0.004), spend(state, 'high'))]
        : []),
    ]
  if (request.kind === 'probes')
    return [
      put(`the ${name} pass`, { ok: 1 }),
      ...(may(state, 'bad') ? [put(`the ${name} fail`, { ok: 0 }, spend(state, 'bad'))] : []),
    ]
  return weather.flatMap(({ reading, budget, words }) =>
    budget === null
      ? [put(`the ${name} is ${words}`, reading)]
      : may(state, budget)
        ? [put(`the ${name} is ${words}`, reading, spend(state, budget))]
        : [],
  )
}

function peopleSteps(state: State): Step<State>[] {
  const access = may(state, 'access')
    ? [
        step(
          'erik loses write access',
          withTown(spend(state, 'access'), (town) => ({
            ...town,
            roles: { ...town.roles, 2: 'read' as const },
          })),
        ),
      ]
    : []
  if (!may(state, 'send') || state.flying.length >= mostFlying) return access
  return [...access, ...pressSteps(state)]
}

function pressSteps(state: State): Step<State>[] {
  const town = townOf(state)
  return town.runs.flatMap((run) => {
    const external = parseExternalId(run.externalId)
    const now = external && shownAs.get(external.shown)
    if (!external || run.status !== 'completed' || run.conclusion === 'success') return []
    const environment = external.subject.slice(external.subject.indexOf('@') + 1)
    const press = (who: Who, letter: Message['letter'], shown: string, from: State): Step<State>[] => {
      const seen = shownAs.get(shown)
      if (!seen) return []
      const nth = state.left.reduce((sum, count) => sum - count, 1000)
      const identifier = `${{ a: 'a', r: 'r', f: 'f', q: 'r', j: '' }[letter]}:${shown.slice(0, 16)}`
      const message: Message = {
        environment,
        who,
        letter,
        seen,
        nth,
        body: {
          kind: 'button.pressed',
          checkRunId: run.id,
          checkName: 'countersign/deploy',
          sha: run.sha,
          identifier,
          // GitHub sends what the run carries now, whatever page the person still looks at.
          externalId: formatExternalId(subjectOf(environment), external.generation, external.shown),
        },
      }
      const flying = [...from.flying, messages.put(message)].sort((a, b) => a - b)
      return [
        step(
          `${messageWords(message).replace("'s", ' sends')}${shown === external.shown ? '' : ' (an older page)'}`,
          { ...from, flying },
        ),
      ]
    }
    const from = spend(state, 'send')
    const pressed = !now
      ? []
      : now.kind === 'held'
        ? (['f', 'q'] as const).flatMap((letter) => press('dana', letter, external.shown, from))
        : [
            ...(['dana', 'erik', 'gus'] as const).flatMap((who) =>
              (['a', 'r'] as const).flatMap((letter) => press(who, letter, external.shown, from)),
            ),
            ...press('agent', 'a', external.shown, from),
          ]
    const older = state.older.find(([id]) => id === run.id)
    const stale = older && may(state, 'stale') ? press('dana', 'a', older[1], spend(from, 'stale')) : []
    return [...pressed, ...stale]
  })
}

/** Commits are merged; the repository's own delivery starts jobs, which wait where the environment is ruled. */
function deliverySteps({ rounds }: World, state: State): Step<State>[] {
  const { setting } = rounds
  const town = townOf(state)
  const next = Object.keys(setting.commits).find((name) => setting.commits[name]?.parent === town.tip)
  const observed = environmentsOf(rounds).filter(
    (name) => setting.policy.rollout.environments[name]?.deploy === 'observe',
  )
  const job = (from: State, commit: string, ruled: boolean): State =>
    observed.reduce((on, environment) => {
      const started = starts(ruled ? setting : { ...setting, ruled: [] }, townOf(on), environment, {
        sha: commit,
        real: commit,
      })
      const begun = withTown(on, () => started.town)
      return started.asked ? sends(begun, environment, started.asked) : begun
    }, from)
  const moved = (from: State, tip: string) => withTown(from, (on) => ({ ...on, tip }))
  return [
    ...(next && may(state, 'push')
      ? [step(`${next} is merged`, job(moved(spend(state, 'push'), next), next, true))]
      : []),
    ...(may(state, 'rerun') && observed.length > 0
      ? [step(`${town.tip} is delivered again`, job(spend(state, 'rerun'), town.tip, true))]
      : []),
    ...(may(state, 'past') && observed.length > 0
      ? [step(`${town.tip} is deployed past the rule`, job(spend(state, 'past'), town.tip, false))]
      : []),
  ]
}

/** Time goes to where a round asked to be woken; or a whole day passes. */
function clockSteps(state: State): Step<State>[] {
  const town = townOf(state)
  const wakes = Object.values(town.places).flatMap(({ wakeMs }) =>
    wakeMs !== null && wakeMs > town.nowMs ? [wakeMs] : [],
  )
  const goes = (words: string, from: State, nowMs: number) =>
    step(
      words,
      withTown(from, (on) => ({ ...on, nowMs })),
    )
  const day = may(state, 'day') ? [goes('a day passes', spend(state, 'day'), town.nowMs + 25 * hourMs)] : []
  const [next] = wakes.sort((a, b) => a - b)
  return next === undefined || !may(state, 'tick')
    ? day
    : [goes('the clock goes on', spend(state, 'tick'), next), ...day]
}

export const isIdle = (state: State) => state.worker === idle && state.flying.length === 0
