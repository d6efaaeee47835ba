/** Witnesses: ways to a good end that the rules must leave open, since a guard that forbids everything would be safe too. */
import { placeOf, type Setting } from '../../subjects/rolloutWorld.ts'
import { type Pattern, production, revertOfB, sends, settingOf, staged, ways, workflow } from './starts.ts'
import { type State, townOf } from './state.ts'

export interface Witness {
  setting: Setting
  path: readonly Pattern[]
  /** Whether the state is the good end. */
  ends(state: State): boolean
}

const { first, asked, running, back, inBoth, arrives, approved, runs, watches, sample } = ways

/** The commit that stands, and how its last window ended. */
const stands =
  (commit: string, outcome: string, environment = 'production') =>
  (state: State): boolean => {
    const { facts, deployments, stood } = placeOf(townOf(state), environment)
    const last = facts.findLast(({ body }) => body.kind === 'window.ended')?.body
    const real = deployments.find(({ id }) => id === stood.at(-1))?.real
    return real === commit && last?.kind === 'window.ended' && last.outcome === outcome
  }
const backAtA = stands('a', 'failed')
const plain = settingOf(production())

export const witnesses: Readonly<Record<string, Witness>> = {
  'a second commit becomes healthy': {
    setting: plain,
    path: [...running, ...watches],
    ends: stands('b', 'healthy'),
  },
  'a commit passes staging, and then production': {
    setting: settingOf(staged, { ruled: [] }),
    path: inBoth,
    ends: stands('a', 'healthy'),
  },
  'over the ceiling, the last healthy commit stands again': {
    setting: plain,
    path: back,
    ends: backAtA,
  },
  'over the limit in two samples, it stands again by a workflow': {
    setting: settingOf(production({ workflow })),
    path: [
      ...running,
      ...sample('over the limit'),
      ...sample('over the limit'),
      /^the question of a job .* arrives$/,
      'settle',
      /^deployment .* of a .* succeeds/,
      'settle',
    ],
    ends: backAtA,
  },
  'a commit that takes the failed one back becomes healthy': {
    setting: settingOf(production(), { commits: { c: { ...revertOfB, undoes: ['b'] } } }),
    path: [...back, /^c is merged/, ...arrives, ...approved('c'), ...runs('c'), ...watches],
    ends: stands('c', 'healthy'),
  },
  'what was silent is counted as healthy by a person': {
    setting: plain,
    path: [...running, ...sample('silent'), ...sample('silent'), ...sends('dana', 'Healthy'), 'settle'],
    ends: stands('b', 'healthy'),
  },
  'what was silent is rolled back by a person': {
    setting: plain,
    path: [
      ...running,
      ...sample('silent'),
      ...sample('silent'),
      ...sends('dana', 'Roll back'),
      'settle',
      ...arrives,
      /^deployment .* of a .* succeeds/,
      'settle',
    ],
    ends: stands('a', 'held'),
  },
  'a rejection is lifted by its person': {
    setting: plain,
    path: [
      ...asked,
      ...sends('erik', 'Reject'),
      'settle',
      ...sends('erik', 'Approve'),
      'settle',
      ...runs('b'),
      ...watches,
    ],
    ends: stands('b', 'healthy'),
  },
  'one sample over a limit is forgiven': {
    setting: plain,
    path: [...running, ...sample('over the limit'), ...sample('good')],
    ends: stands('b', 'healthy'),
  },
  'the next commit goes ahead once the one before it is healthy': {
    setting: plain,
    path: [...running, /^c is merged/, ...arrives, ...watches, ...approved('c'), ...runs('c'), ...watches],
    ends: stands('c', 'healthy'),
  },
  'the first one goes again after its question was lost': {
    setting: plain,
    path: [
      ...first,
      /^b is merged/,
      /is lost$/,
      /^b is delivered again/,
      ...arrives,
      ...approved('b'),
      ...runs('b'),
      ...watches,
    ],
    ends: stands('b', 'healthy'),
  },
}
