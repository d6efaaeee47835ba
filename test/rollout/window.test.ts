/** R3 as tables: what samples come to, by the rules of a window. */
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { MonitorReading } from '../../src/core/monitoring.ts'
import { requestsName, type WatchRules } from '../../src/core/watch.ts'
import { RolloutSettings, watchRules } from '../../src/rollout/settings.ts'
import { judgeWindow, mostSamples, type Readings } from '../../src/rollout/window.ts'

const source = { kind: 'json', url: 'https://metrics.example/now', pointer: '/v' }

/** Rules as policy gives them, with R3's defaults unless parts say otherwise. */
function rulesOf(monitors: object, parts: object = {}): WatchRules {
  const written = { window_minutes: 5, requests: { source }, monitors, ...parts }
  const { environments } = RolloutSettings.parse({ environments: { production: written } })
  return watchRules(environments['production'] as never)
}
const errorRate = { errors: { rule: 'error_rate', source } }
const rules = rulesOf(errorRate)

const readingOf = (value: number | string): MonitorReading =>
  typeof value === 'number' ? { ok: true, value } : { ok: false, reason: value }
const sample = (values: Record<string, number | string>, requests: number | string = 1000): Readings =>
  new Map(
    Object.entries({ [requestsName]: requests, ...values }).map(([name, one]) => [name, readingOf(one)]),
  )
const errors = (...values: (number | string)[]) => values.map((value) => sample({ errors: value }))
const judged = (samples: Readings[], before: number | null = 0.0005, by = rules) =>
  judgeWindow(by, new Map(before === null ? [] : [['errors', before]]), samples)

describe('R3: the error rate, by its defaults', () => {
  test.each<[string, number | null, (number | string)[], string]>([
    ['five good ones pass', 0.0005, [0, 0, 0, 0, 0], 'healthy'],
    ['four are not enough', 0.0005, [0, 0, 0, 0], 'watching'],
    ['0.1 % is within', 0.0001, [0.001, 0.001, 0.001, 0.001, 0.001], 'healthy'],
    ['over 0.1 % in three samples', 0.0001, [0.0011, 0.0011, 0.0011], 'failed'],
    ['over 0.1 % in two samples', 0.0001, [0.0011, 0.0011], 'watching'],
    ['over 0.1 % in three, but not one after the other', 0.0001, [0.0011, 0.0011, 0, 0.0011, 0], 'healthy'],
    ['1.5 times the baseline is within', 0.002, [0.003, 0.003, 0.003, 0.003, 0.003], 'healthy'],
    ['over 1.5 times the baseline in three samples', 0.002, [0.0031, 0.0031, 0.0031], 'failed'],
    ['0.5 % is within the ceiling', 0.0001, [0.005], 'watching'],
    ['over 0.5 % at once', 0.0001, [0.0051], 'failed'],
    ['over 0.5 % but not over twice a high baseline', 0.004, [0.0055], 'watching'],
    ['over twice a high baseline at once', 0.004, [0.0081], 'failed'],
    ['without a baseline only the ceiling counts', null, [0.004, 0.004, 0.004, 0.004, 0.004], 'healthy'],
    ['without a baseline, over the ceiling', null, [0.0051], 'failed'],
    ['a breach that has begun is watched to its end, well', 0.0001, [0, 0, 0, 0, 0.002, 0], 'healthy'],
    ['a breach that has begun is watched to its end', 0.0001, [0, 0, 0, 0, 0.002], 'watching'],
    [
      'a breach that has begun is watched to its end, badly',
      0.0001,
      [0, 0, 0, 0.002, 0.002, 0.002],
      'failed',
    ],
    ['silence between does not end a breach', 0.0001, [0.002, 'gone', 0.002, 'gone', 0.002], 'failed'],
    ['silence where a breach had begun ends nothing', 0.0001, [0, 0, 0, 0, 0.002, 'gone'], 'watching'],
    ['a breach after the last sample still counts', 0.0001, [0, 0, 0, 0, 0, 0.5], 'failed'],
    ['silence after the last sample does not', 0.0001, [0, 0, 0, 0, 0, ...Array(9).fill('gone')], 'healthy'],
  ])('%s', (_, before, values, state) => {
    expect(judged(errors(...values), before).state).toBe(state)
  })
})

describe('R3: what says nothing', () => {
  test.each<[string, Readings]>([
    ['no answer', sample({ errors: 'timed out' })],
    ['nothing at all', new Map()],
    ['NaN', sample({ errors: Number.NaN })],
    ['Infinity', sample({ errors: Number.POSITIVE_INFINITY })],
    ['a negative number', sample({ errors: -0.1 })],
    ['99 requests', sample({ errors: 0 }, 99)],
    ['99 requests, all failed', sample({ errors: 1 }, 99)],
    ['an unknown number of requests', sample({ errors: 0 }, 'timed out')],
    ['NaN requests', sample({ errors: 0 }, Number.NaN)],
    ['endless requests', sample({ errors: 0 }, Number.POSITIVE_INFINITY)],
    ['fewer than no requests', sample({ errors: 0 }, -5)],
  ])('%s: never a pass, bounded, then held', (_, silent) => {
    const verdicts = Array.from({ length: 8 }, (__, at) => judged(Array(at + 1).fill(silent)))
    expect(verdicts.map(({ state }) => state)).toEqual([...Array(5).fill('watching'), 'held', 'held', 'held'])
    expect(verdicts[0]?.sentence).toMatch(/Watched: 0 of 5 samples\. The last one said nothing: `errors`: .+/)
    expect(verdicts[5]?.sentence).toMatch(/6 samples in a row.*Nobody can tell whether it is healthy\.$/)
  })

  test('100 requests are enough', () => {
    expect(judged(Array(5).fill(sample({ errors: 0 }, 100))).state).toBe('healthy')
  })

  test('silence now and then is held as well, after three times as many in all', () => {
    const silent = Array.from({ length: 16 }, () => [0.0011, 'gone']).flat()
    const slow = rulesOf(errorRate, { window_minutes: 30 })
    const every = silent.map((one, at) => (at % 2 === 0 ? 0 : one))
    expect(judged(errors(...every.slice(0, 31)), 0.0005, slow).state).toBe('watching')
    expect(judged(errors(...every), 0.0005, slow).state).toBe('held')
  })

  test('a breach ends a window that has told nothing before', () => {
    expect(judged(errors('gone', 'gone', 0.5)).state).toBe('failed')
  })
})

describe('R3: what alerts', () => {
  const alerting = rulesOf({
    slow: { rule: 'latency_p95', source },
    memory: { rule: 'memory', source },
    rate: { rule: 'error_rate', source, on: 'alert' },
  })
  const calm = { slow: 500, memory: 0.85, rate: 0 }
  const alerts = (...values: object[]) => {
    const samples = values.map((one) => sample({ ...calm, ...one }))
    const { state, alerts: told } = judgeWindow(alerting, new Map(), samples)
    return [state, ...told.map(({ name, over }) => `${name} ${over}`)]
  }
  test.each<[string, object[], string[]]>([
    ['500 ms and 85 % are within', Array(5).fill({}), ['healthy']],
    ['p95 over 500 ms in three samples', Array(3).fill({ slow: 501 }), ['watching', 'slow true']],
    ['p95 over 500 ms in two samples', Array(2).fill({ slow: 501 }), ['watching']],
    ['memory over 85 %', Array(3).fill({ memory: 0.86 }), ['watching', 'memory true']],
    ['and back again', [...Array(3).fill({ memory: 0.86 }), {}], ['watching', 'memory false']],
    ['over a ceiling at once', [{ rate: 0.9 }], ['watching', 'rate true']],
    [
      'it never rolls back',
      Array(5).fill({ slow: 9999, memory: 1, rate: 1 }),
      ['healthy', 'slow true', 'memory true', 'rate true'],
    ],
  ])('%s', (_, values, expected) => {
    expect(alerts(...values)).toEqual(expected)
  })

  test('without a monitor that rolls back, the window says so', () => {
    const { state, sentence } = judgeWindow(rulesOf({}), new Map(), Array(5).fill(sample({})))
    expect([state, sentence]).toEqual([
      'healthy',
      expect.stringMatching(/No monitor that could roll it back is configured/),
    ])
  })
})

test('R3: few requests say nothing of rates, and memory is memory', () => {
  const both = rulesOf({ memory: { rule: 'memory', source, on: 'rollback' } })
  expect(judgeWindow(both, new Map(), Array(3).fill(sample({ memory: 0.99 }, 3))).state).toBe('failed')
})

test('R3: means are of the samples that told something', () => {
  expect(judged(errors(0, 'gone', 0.0002, 0.0001)).means).toEqual({ errors: expect.closeTo(0.0001, 8) })
})

const value = fc.oneof(
  { weight: 6, arbitrary: fc.constant<number | string>(0) },
  { weight: 2, arbitrary: fc.constantFrom<number | string>(0.0009, 0.002, 0.004, 'gone', Number.NaN, -1) },
  { weight: 1, arbitrary: fc.constant<number | string>(0.02) },
)
const requests = fc.oneof(
  { weight: 8, arbitrary: fc.constant<number | string>(1000) },
  { weight: 1, arbitrary: fc.constantFrom<number | string>(50, 'gone') },
)
const two = rulesOf({ ...errorRate, more: { rule: 'error_rate', source } }, { inconclusive_samples: 1 })
const most = mostSamples(two)
const stories = fc.array(fc.record({ errors: value, more: value, requests }), {
  minLength: most,
  maxLength: most,
})
type Story = { errors: number | string; more: number | string; requests: number | string }[]
const read = (story: Story) =>
  judgeWindow(
    two,
    new Map([['errors', 0.0005]]),
    story.map((one) => sample({ errors: one.errors, more: one.more }, one.requests)),
  ).state

test('R3: every window ends, the same way however late it is looked at, but for a breach that came after', () => {
  const ends = new Set<string>()
  fc.assert(
    fc.property(stories, (story) => {
      const states = story.map((_, at) => read(story.slice(0, at + 1)))
      const end = states.find((state) => state !== 'watching')
      expect(end).toBeDefined()
      ends.add(end ?? '')
      for (const state of states.slice(states.indexOf(end ?? 'failed')))
        expect([end, 'failed']).toContain(state)
    }),
    { numRuns: 600 },
  )
  expect([...ends].sort()).toEqual(['failed', 'healthy', 'held'])
})

test('S9: taking figures away never ends a window healthy', () => {
  let watched = 0
  fc.assert(
    fc.property(
      stories,
      fc.array(fc.tuple(fc.nat(most - 1), fc.constantFrom('errors', 'more', 'requests')), {
        minLength: 1,
        maxLength: 4,
      }),
      (story, taken) => {
        const states = story.map((_, at) => read(story.slice(0, at + 1)))
        const known = story.slice(0, states.findIndex((state) => state !== 'watching') + 1)
        const less = known.map((one, at) => {
          const gone = taken.flatMap(([place, name]) => (place === at ? [[name, 'taken away']] : []))
          return { ...one, ...Object.fromEntries(gone) }
        })
        for (let end = 1; end <= known.length; end++)
          if (states[end - 1] !== 'healthy') expect(read(less.slice(0, end))).not.toBe('healthy')
        watched += known.length
      },
    ),
    { numRuns: 600 },
  )
  expect(watched).toBeGreaterThan(1000)
})
