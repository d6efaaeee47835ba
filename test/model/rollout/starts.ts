/** Settings of the search, and points on the way that plain steps reach, so that depth is spent well. */
import { Policy } from '../../../src/policy/schema.ts'
import { byAgent, errors } from '../../subjects/rolloutStory.ts'
import { type Commit, type Setting, shaOf } from '../../subjects/rolloutWorld.ts'
import { type Budget, budgets, emptyState, type Left, type State } from './state.ts'
import { stepsOf } from './steps.ts'
import type { World } from './worker.ts'

/** A step by its words, or rounds until none has anything to do. */
export type Pattern = RegExp | 'settle'
export interface Start {
  state: State
  trace: string[]
}

const { source } = errors
const watched = {
  window_minutes: 2,
  inconclusive_samples: 1,
  requests: { source },
  monitors: { errors: { ...errors, samples: 2 }, more: { ...errors, samples: 2 } },
}
/** Production, delivered by the repository's own jobs, unless parts say otherwise. */
export const production = (parts: object = {}) => ({ production: { ...watched, ...parts } })
export const staged = {
  staging: { ...watched, deploy: 'create' },
  production: { ...watched, deploy: 'create', after: 'staging' },
}
export const workflow = '.github/workflows/deploy.yml'

export function settingOf(
  environments: object,
  {
    commits = {},
    ruled = ['production'],
    url = null,
  }: Partial<Omit<Setting, 'policy' | 'commits'>> & { commits?: Record<string, Commit> } = {},
): Setting {
  const policy = Policy.parse({ seniors: ['dana'], rollout: { environments } })
  return {
    policy,
    ruled,
    url,
    commits: { a: byAgent(null, 1), b: byAgent('a', 2), c: byAgent('b', 3), ...commits },
  }
}

/** A commit that says of itself that it takes `b` back. */
export const revertOfB: Commit = {
  ...byAgent('b', 3),
  message: `Revert "b"\n\nThis reverts commit ${shaOf('b')}.`,
}

export const sends = (who: string, what: string): Pattern[] => [
  new RegExp(`^${who} sends ${what}`),
  new RegExp(`^${who}'s ${what}.* arrives$`),
]
const arrives: Pattern[] = [/^the question of a job .* arrives$/, 'settle']
const sample = (what: string): Pattern[] => [
  /^the clock goes on/,
  'settle',
  new RegExp(`^the sample .* is ${what}$`),
  'settle',
]
const runs = (what: string): Pattern[] => [
  'settle',
  new RegExp(`^deployment .* of ${what} to .* succeeds`),
  'settle',
  /^the baseline/,
  'settle',
]
const watches: Pattern[] = [...sample('good'), ...sample('good')]
const approved = (what: string): Pattern[] => [...sends('dana', `Approve on \\w+..${what}`), 'settle']

/** `a` is asked for, approved, deployed and healthy in production. */
const first: Pattern[] = [/^a is delivered again/, ...arrives, ...approved('a'), ...runs('a'), ...watches]
const asked: Pattern[] = [...first, /^b is merged/, ...arrives]
const running: Pattern[] = [...asked, ...approved('b'), ...runs('b')]
const breached: Pattern[] = [...running, ...sample('over the ceiling')]
/** `b` was taken back. */
const back: Pattern[] = [...breached, ...arrives, /^deployment .* of a .* succeeds/, 'settle']
/** `a` is healthy in staging, and then in production. */
const inBoth: Pattern[] = ['settle', ...runs('a'), ...watches, ...approved('a'), ...runs('a'), ...watches]
export const ways = {
  back,
  inBoth,
  first,
  asked,
  running,
  breached,
  arrives,
  approved,
  runs,
  watches,
  sample,
} as const

export const leftOf = (left: Left) => Object.keys(budgets).map((name) => left[name as Budget] ?? 0)

/** Play a script with everything allowed, and go on with what may still happen. */
export function startAfter(world: World, patterns: readonly Pattern[], left: Left): Start {
  let state: State = { ...emptyState('a', {}), left: Object.keys(budgets).map(() => 50) }
  const trace: string[] = []
  for (const pattern of patterns) {
    const wanted = (words: string) =>
      pattern === 'settle'
        ? /^(a round|the round)/.test(words) && !words.includes('unread')
        : pattern.test(words)
    for (let count = 0; count < (pattern === 'settle' ? 60 : 1); count++) {
      const options = stepsOf(world, state)
      const step = options.find(({ words }) => wanted(words) && !/crashes/.test(words))
      if (!step && pattern === 'settle') break
      if (!step)
        throw new Error(
          `no step fits ${pattern} after:\n${trace.slice(-6).join('\n')}\nthere are:\n${options.map(({ words }) => words).join('\n')}`,
        )
      if (step.broken) throw new Error(`${step.broken}, after:\n${[...trace, step.words].join('\n')}`)
      state = step.next
      trace.push(step.words)
    }
  }
  return { state: { ...state, left: leftOf(left) }, trace }
}

export interface Scenario {
  setting: Setting
  from: readonly (readonly Pattern[])[]
  left: Left
  piecemeal?: true
}

/** What a search concentrates on, each with budgets for a few kinds of step. */
export const scenarios: Readonly<Record<string, Scenario>> = {
  commits: {
    setting: settingOf(production()),
    from: [first, asked, running, breached, back],
    left: { push: 2, send: 2, bad: 1, tick: 5, rerun: 1, fail: 1 },
  },
  monitors: {
    setting: settingOf(production()),
    from: [running],
    left: { bad: 2, over: 3, none: 4, tick: 9, send: 1, push: 1 },
  },
  people: {
    setting: settingOf(production({ four_eyes: true })),
    from: [
      [
        ...first.slice(0, 3),
        ...sends('dana', 'Approve'),
        'settle',
        ...sends('erik', 'Approve'),
        ...runs('a'),
        ...watches,
        /^b is merged/,
        ...arrives,
      ],
    ],
    left: { send: 4, access: 1, day: 1, tick: 2, bad: 1 },
  },
  network: {
    setting: settingOf(production()),
    from: [first, asked, running, breached],
    left: { push: 2, send: 2, lose: 1, double: 2, tick: 3, bad: 1 },
  },
  dispatched: {
    setting: settingOf(production({ workflow })),
    from: [running, breached],
    left: { push: 1, send: 1, bad: 1, fail: 1, tick: 4, rerun: 1, past: 1 },
  },
  staged: {
    setting: settingOf(staged, { ruled: [] }),
    from: [[], ['settle', ...runs('a'), ...watches], inBoth],
    left: { push: 1, send: 2, bad: 1, none: 1, fail: 1, rerun: 1, tick: 9 },
  },
  crashes: {
    setting: settingOf(production()),
    from: [asked, running, breached],
    left: { crash: 2, push: 1, send: 1, bad: 1, tick: 2, double: 1 },
    piecemeal: true,
  },
  crashedWorkflows: {
    setting: settingOf(production({ workflow })),
    from: [running],
    left: { crash: 2, bad: 1, tick: 4, push: 1 },
    piecemeal: true,
  },
  readings: {
    setting: settingOf(production()),
    from: [asked, running, breached],
    left: { blind: 3, push: 1, send: 2, bad: 1, tick: 3, past: 1, gone: 1 },
  },
}
