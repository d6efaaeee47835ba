/** Ghosts: what really runs, what samples really showed, and what people really meant, apart from what Countersign concluded. */

import type { FactBody, FactKind } from '../../../src/core/facts.ts'
import { matchesGlob } from '../../../src/core/glob.ts'
import { settingsOf } from '../../../src/rollout/settings.ts'
import {
  type Deployed,
  type Entry,
  placeOf,
  type Setting,
  shaOf,
  type Town,
} from '../../subjects/rolloutWorld.ts'
import { type Message, messages, type Seen, type Who } from './state.ts'

/** What a sample can show, with the letter that the ghosts know it by. */
export const letters = {
  good: 'g',
  bad: 'b',
  over: 'o',
  other: 'p',
  none: 'n',
  few: 'f',
  less: 'z',
  high: 'h',
} as const
export type Letter = (typeof letters)[keyof typeof letters]

const samplesNeeded = 2

export interface Truth {
  setting: Setting
  town: Town
  environment: string
}

const bodies = <K extends FactKind>({ town, environment }: Truth, kind: K) =>
  placeOf(town, environment).facts.flatMap(({ body }) =>
    body.kind === kind ? [body as Extract<FactBody, { kind: K }>] : [],
  )

export const deployedOf = ({ town, environment }: Truth, id: number): Deployed | undefined =>
  placeOf(town, environment).deployments.find((one) => one.id === id)

/** The deployment that stands. */
export const standsIn = (truth: Truth): Deployed | undefined =>
  deployedOf(truth, placeOf(truth.town, truth.environment).stood.at(-1) ?? -1)

/** The letters of a deployment's samples, in order. */
export function samplesOf({ town }: Truth, id: number): string[] {
  return Object.entries(town.readings)
    .filter(([name]) => name.startsWith(`sample ${id} `))
    .map(([name, reading]) => ({ at: Number(name.split(' ')[2]), letter: String(reading['letter']) }))
    .sort((a, b) => a.at - b.at)
    .map(({ letter }) => letter)
}

const toldNothing = (letter: string) => ['n', 'f', 'z'].includes(letter)

/** Whether it is really doing badly: over a ceiling, or over a limit in two samples that follow each other. */
export const isBreached = (truth: Truth, id: number): boolean =>
  hasBreach(
    truth,
    id,
    samplesOf(truth, id).filter((letter) => !toldNothing(letter)),
  )

function hasBreach(truth: Truth, id: number, told: readonly string[]): boolean {
  // As high as that is a breach, unless it was as high before.
  const wasHigh = truth.town.readings[`baseline ${id}`]?.['letter'] === letters.high
  return (
    told.includes('b') ||
    (told.includes('h') && !wasHigh) ||
    told.some((letter, at) => (letter === 'o' || letter === 'p') && told[at + 1] === letter)
  )
}

/** Whether enough samples really said that all is well, as a round may have seen it that acts after the next one came. */
function isHealthy(truth: Truth, id: number): boolean {
  const told = samplesOf(truth, id).filter((letter) => !toldNothing(letter))
  return told.some(
    (letter, at) =>
      at + 1 >= samplesNeeded && !['o', 'p'].includes(letter) && !hasBreach(truth, id, told.slice(0, at + 1)),
  )
}

/** The messages that have arrived, in the order in which they were sent. */
const arrived = (facts: readonly Entry[]): Message[] =>
  [...new Set(facts.flatMap(({ message }) => (message === undefined ? [] : [message])))]
    .map((id) => messages.get(id))
    .sort((a, b) => a.nth - b.nth)

const hasWrite = ({ town }: Truth, who: Who) =>
  who !== 'agent' && ['write', 'admin'].includes(town.roles[{ dana: 1, erik: 2, gus: 4 }[who]] ?? 'none')

/** The commit that was last counted as healthy; each time was held to the truth when it was recorded. */
export function healthyIn(truth: Truth): string | null {
  const last = bodies(truth, 'window.ended').findLast(({ outcome }) => outcome === 'healthy')
  return last ? (deployedOf(truth, last.deployment)?.real ?? null) : null
}

/** First-parent commits after `from`, up to `to`, newest first. */
function between({ setting }: Truth, from: string | null, to: string): string[] {
  const way: string[] = []
  for (let at: string | null = to; at !== null && at !== from; at = setting.commits[at]?.parent ?? null)
    way.push(at)
  return way
}

/** Whether a person said so of what was held. */
const saidOf = (truth: Truth, letter: 'f' | 'q', id: number) =>
  arrived(placeOf(truth.town, truth.environment).facts).some(
    (one) =>
      one.letter === letter &&
      one.seen?.kind === 'held' &&
      one.seen.deployment === id &&
      one.who &&
      hasWrite(truth, one.who),
  )

/** The sentence of a promise that a deployment of `to` would break, or null. */
export function forwardBreak(
  truth: Truth,
  to: string,
  complete: boolean,
  ownRun: number | null,
): string | null {
  const { setting, town, environment } = truth
  const settings = settingsOf(setting.policy.rollout.environments, environment)
  const { facts, deployments } = placeOf(town, environment)
  if (!settings) return 'S11: a deployment where policy names no environment'
  if (!complete) return 'S9: a deployment although not everything was read'
  const busy = deployments.find(
    (one) =>
      ['none', 'in_progress'].includes(one.state) &&
      !one.succeeded &&
      !one.deleted &&
      one.runId !== ownRun &&
      one.real !== to,
  )
  if (busy) return `S11: ${to} while ${busy.real} is under way`
  if (rollbackOpen(truth)) return `S11: ${to} while a rollback is under way`
  const stands = standsIn(truth)
  if (stands && settings.monitors['errors'] && watchedNow(truth, stands.id))
    return `S11: ${to} while ${stands.real} is still watched`
  const from = healthyIn(truth)
  // Where nothing was ever healthy there is no way to look at, and a fix may come forward.
  const way = between(truth, from, to)
  const undone = new Set(way.flatMap((name) => setting.commits[name]?.undoes ?? []))
  const tainted =
    from === null ? undefined : way.find((name) => failedBefore(truth, name) && !undone.has(name))
  if (tainted ?? failedBefore(truth, to))
    return `S11: ${to} brings ${tainted ?? to}, which failed here before`
  const unjudged = way.find((name) => from !== null && !isJudged(setting, name) && !undone.has(name))
  if (unjudged) return `S11: ${to} brings ${unjudged}, which nobody has judged`
  const before = settings.after
  if (
    before !== undefined &&
    !bodies({ ...truth, environment: before }, 'window.ended').some(
      ({ outcome, deployment }) =>
        outcome === 'healthy' && deployedOf({ ...truth, environment: before }, deployment)?.real === to,
    )
  )
    return `S11: ${to} did not pass ${before}`
  if (settings.freeze.length > 0 && town.nowMs < Date.UTC(2026, 0, 6, 8))
    return `S11: ${to} is deployed in a freeze window`
  const last = !Object.values(setting.policy.rollout.environments).some(({ after }) => after === environment)
  return last ? peopleBreak(truth, facts, { kind: 'range', from, to }, settings.four_eyes ? 2 : 1) : null
}

/** Whether a deployment of it really stood, failed, and was not counted as healthy since. */
const failedBefore = (truth: Truth, name: string) =>
  bodies(truth, 'rollout.failed').some(
    ({ deployment }) =>
      deployedOf(truth, deployment)?.real === name &&
      deployedOf(truth, deployment)?.succeeded !== false &&
      !bodies(truth, 'window.ended').some(
        (end) => end.deployment === deployment && end.outcome === 'healthy',
      ),
  )

const isJudged = ({ commits }: Setting, name: string) => {
  const { pull, pusher, mergedAs = name } = commits[name] ?? {}
  if (!pull) return pusher?.type === 'User'
  const kinds = pull.facts.map(({ body }) => body.kind)
  return kinds.includes('merged') && !kinds.includes('incident') && mergedAs === name
}

/** A window is open on it: it has begun and nothing has ended it. */
const watchedNow = (truth: Truth, id: number) =>
  bodies(truth, 'window.opened').some(({ deployment }) => deployment === id) &&
  !bodies(truth, 'window.ended').some(({ deployment }) => deployment === id)

const rollbackOpen = ({ town, environment }: Truth) => {
  const { facts } = placeOf(town, environment)
  return facts.some(
    ({ body }, seq) =>
      body.kind === 'deploy.intended' &&
      body.purpose === 'rollback' &&
      !facts.some((one) => one.body.kind === 'rollback.ended' && one.body.intent === seq),
  )
}

/** People, by what they sent: enough of them looked at this very range, and nobody's last word is no. */
function peopleBreak(truth: Truth, facts: readonly Entry[], range: Seen, needed: number): string | null {
  const { setting, town } = truth
  const to = range.kind === 'range' ? range.to : ''
  const times = new Map(facts.map(({ message, atMs }) => [message, atMs]))
  const own = arrived(facts).filter(
    ({ seen, letter }) =>
      (letter === 'a' || letter === 'r') && JSON.stringify(seen) === JSON.stringify(range),
  )
  const pushed = between(truth, range.kind === 'range' ? range.from : null, to).flatMap((name) =>
    (setting.commits[name]?.pull?.facts ?? []).flatMap(({ actor, body }) =>
      body.kind === 'head.pushed' && actor ? [actor.login] : [],
    ),
  )
  const who = [...new Set(own.flatMap((one) => (one.who ? [one.who] : [])))].filter((one) =>
    hasWrite(truth, one),
  )
  const no = who.find((one) => own.filter((message) => message.who === one).at(-1)?.letter === 'r')
  if (no) return `S11: ${to} although ${no} said no`
  const behind = who.filter(
    (one) =>
      !pushed.includes(one) &&
      own.some(
        (message) =>
          message.who === one &&
          message.letter === 'a' &&
          (times.get(messages.put(message)) ?? 0) + 24 * 3_600_000 > town.nowMs,
      ),
  )
  return behind.length < needed ? `S11: ${to} with ${behind.length} of ${needed} people behind it` : null
}

/** The sentence of a promise that a rollback would break, or null. */
export function rollbackBreak(truth: Truth, to: string, replaces: number | null): string | null {
  const { setting, environment } = truth
  const stands = standsIn(truth)
  if (replaces === null || stands?.id !== replaces) return `S11: a rollback of what does not stand, to ${to}`
  if (healthyIn(truth) !== to) return `S11: a rollback to ${to}, which was not the last healthy one`
  const wanted = saidOf(truth, 'q', replaces)
  if (!isBreached(truth, replaces) && !wanted && truth.town.readings[`probes ${replaces}`]?.['ok'] !== 0)
    return `S11: a rollback of ${stands.real}, which is not failing`
  const globs = settingsOf(setting.policy.rollout.environments, environment)?.irreversible ?? []
  const paths = between(truth, to, stands.real).flatMap((name) => setting.commits[name]?.paths ?? [])
  if (!wanted && paths.some((path) => globs.some((glob) => matchesGlob(glob, path))))
    return `S11: ${stands.real} is rolled back and cannot be taken back`
  return null
}

/** The sentence of a promise that this record breaks, or null. `truth` is as it was before. */
export function recordBreak(truth: Truth, body: FactBody, complete: boolean): string | null {
  const { facts } = placeOf(truth.town, truth.environment)
  switch (body.kind) {
    case 'settled':
      return facts.some((one) => one.body.kind === 'settled' && one.body.of === body.of)
        ? 'S7: one press was answered twice'
        : null
    case 'deploy.decided':
      return body.by.type !== 'User' ? 'S6: an agent has a decision on record' : null
    case 'deploy.seen':
      return bodies(truth, 'deploy.seen').some(({ deployment }) => deployment === body.deployment)
        ? 'S7: one deployment was seen twice'
        : deployedOf(truth, body.deployment)?.real !== nameOf(truth, body.sha)
          ? 'S11: a deployment is taken for another commit than it deploys'
          : null
    case 'rollout.failed':
      return failedBreak(truth, body.deployment)
    case 'window.ended':
      return body.outcome === 'healthy' ? healthyBreak(truth, body.deployment) : null
    case 'deploy.intended': {
      const to = nameOf(truth, body.sha)
      if (body.purpose === 'forward')
        return unaskedBreak(truth, to) ?? forwardBreak(truth, to, complete, null)
      const again = bodies(truth, 'deploy.intended').some(({ replaces }) => replaces === body.replaces)
      return again ? 'S7: one deployment is rolled back twice' : rollbackBreak(truth, to, body.replaces)
    }
    default:
      return null
  }
}

/** Nobody in the model ever says `/agent retry`, unless the setting has it from the beginning. */
function unaskedBreak(truth: Truth, to: string): string | null {
  const said = Object.values(truth.setting.commits).flatMap(({ pull }) =>
    (pull?.facts ?? []).filter(({ body }) => body.kind === 'comment.command' && body.verb === 'retry'),
  )
  const tried = bodies(truth, 'deploy.intended').filter(
    ({ purpose, sha }) => purpose === 'forward' && nameOf(truth, sha) === to,
  )
  return tried.length > said.length ? `S7: ${to} is deployed once more, and nobody said so` : null
}

const nameOf = ({ setting }: Truth, sha: string) =>
  Object.keys(setting.commits).find((name) => shaOf(name) === sha) ?? '?'

function failedBreak(truth: Truth, id: number): string | null {
  const before = bodies(truth, 'rollout.failed').filter(({ deployment }) => deployment === id)
  // One that came to nothing may come up after all, and then fail.
  if (before.some(({ stood }) => stood !== false)) return 'S7: one deployment failed twice'
  const one = deployedOf(truth, id)
  const dead = one?.deleted || (!one?.succeeded && one?.state === 'failure')
  const known =
    isBreached(truth, id) || saidOf(truth, 'q', id) || truth.town.readings[`probes ${id}`]?.['ok'] === 0
  return dead || known ? null : `S9: deployment ${id} counts as failed, and it is not`
}

function healthyBreak(truth: Truth, id: number): string | null {
  if (saidOf(truth, 'f', id)) return null
  return isHealthy(truth, id)
    ? null
    : `S9: deployment ${id} counts as healthy after ${samplesOf(truth, id).join('') || 'no sample'}`
}
