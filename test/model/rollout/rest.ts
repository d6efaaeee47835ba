/** L3: once faults stop, whatever was begun ends: told from the truth, and not from what Countersign believes. */
import { placeOf } from '../../subjects/rolloutWorld.ts'
import { leftOf } from './starts.ts'
import { type State, townOf } from './state.ts'
import { stepsOf } from './steps.ts'
import { isBreached, standsIn } from './truth.ts'
import { environmentsOf, type World } from './worker.ts'

const maximumSteps = 400
/** What happens when nothing goes wrong any more, the first that can. Nobody presses anything. */
const kindly = [
  /^(a round|the round)/,
  / arrives$/,
  / succeeds$/,
  /^the baseline .* is read$/,
  /^the probes .* pass$/,
  /^the sample .* is good$/,
  /^the clock goes on/,
]

/** The state when nothing is left to do, or the sentence of a promise that broke on the way there. */
export function toRest(world: World, start: State): State | string {
  let state: State = { ...start, left: leftOf({ tick: 100 }) }
  for (let count = 0; count < maximumSteps; count++) {
    const options = stepsOf(world, state)
    const step = kindly.flatMap((pattern) => options.filter(({ words }) => pattern.test(words))).at(0)
    if (!step) return state
    if (step.broken) return step.broken
    state = step.next
  }
  return 'L2: the rounds never came to rest'
}

/** The sentence of a broken L3, or null. */
export function restBreak(world: World, start: State): string | null {
  const rest = toRest(world, start)
  if (typeof rest === 'string') return rest
  const town = townOf(rest)
  for (const environment of environmentsOf(world.rounds)) {
    const truth = { setting: world.rounds.setting, town, environment }
    const { facts } = placeOf(town, environment)
    const bodies = facts.map(({ body }) => body)
    const endless = bodies.findIndex(
      (body, seq) =>
        body.kind === 'deploy.intended' &&
        body.purpose === 'rollback' &&
        !bodies.some((one) => one.kind === 'rollback.ended' && one.intent === seq),
    )
    if (endless >= 0) return `L3: a rollback in ${environment} never ends`
    const stands = standsIn(truth)
    if (!stands || stands.purpose === 'rollback') continue
    // Deployed and deleted between two looks: nobody can know of it.
    if (
      stands.deleted &&
      !bodies.some((body) => body.kind === 'deploy.seen' && body.deployment === stands.id)
    )
      continue
    const ended = bodies.some((body) => body.kind === 'window.ended' && body.deployment === stands.id)
    const failed = bodies.some((body) => body.kind === 'rollout.failed' && body.deployment === stands.id)
    const adopted = bodies.some(
      (body) => body.kind === 'deploy.seen' && body.deployment === stands.id && body.adopted,
    )
    if (isBreached(truth, stands.id) && !failed && !ended)
      return `L3: ${stands.real} fails in ${environment}, and nobody minds`
    if (!ended && !failed && !adopted) return `L3: ${stands.real} in ${environment} is watched for ever`
    const kept = bodies.some(
      (body) =>
        (body.kind === 'rollout.held' || (body.kind === 'rollout.failed' && body.keeps !== null)) &&
        body.deployment === stands.id,
    )
    const taken = bodies.some((body) => body.kind === 'deploy.intended' && body.replaces === stands.id)
    if (failed && !taken && !kept) return `L3: ${stands.real} failed in ${environment}, and stays`
  }
  return null
}
