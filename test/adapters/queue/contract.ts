/** What every queue must do, in one process or over Redis. */
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { systemClock } from '../../../src/adapters/clock.ts'
import { silentLog } from '../../../src/adapters/log.ts'
import type { GivenUp, QueueTools } from '../../../src/adapters/queue/common.ts'
import { RetryLater, Terminal } from '../../../src/core/errors.ts'
import type { Queue, QueueHandlers } from '../../../src/core/ports.ts'
import type { Acknowledgement, WorkItem } from '../../../src/core/work.ts'
import { listeningLog } from '../../support/listeningLog.ts'

const key = 'pull:octo/repo#1'
const other = 'pull:octo/repo#2'
const concurrency = { reconcile: 4, acknowledge: 2, work: 1, watch: 1 }
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** Work for a repository, told apart by its phase. */
const session = (repository: string, phase: string): WorkItem => ({
  kind: 'session',
  subject: `task:${repository}#1`,
  phase,
  attempt: 1,
  endpoint: 'main',
  model: 'm',
})

/** Wait until something holds, at most five seconds. */
async function until(holds: () => boolean): Promise<void> {
  for (let left = 500; left > 0 && !holds(); left--) await pause(10)
  expect(holds()).toBe(true)
}

/** Register the suite. `open` gives an empty queue; two calls with the same `name` share their jobs, if the queue can. */
export function queueContract(open: (tools: QueueTools, name: string) => Promise<Queue>): void {
  let queue: Queue
  let given: GivenUp[]
  let names = 0
  let name: string
  const tools = (): QueueTools => ({
    clock: systemClock,
    log: silentLog,
    onGiveUp: (one) => given.push(one),
    retry: { attempts: 3, backoffMs: 30 },
  })
  const start = (handlers: Partial<QueueHandlers>, lanes: Partial<typeof concurrency> = {}) =>
    queue.start(
      {
        reconcile: handlers.reconcile ?? (async () => undefined),
        acknowledge: handlers.acknowledge ?? (async () => undefined),
        work: handlers.work ?? (async () => undefined),
      },
      { ...concurrency, ...lanes },
    )
  beforeEach(async () => {
    given = []
    name = `test-${process.pid}-${names++}`
    queue = await open(tools(), name)
  })
  afterEach(() => queue.close(0))

  test('T34: a waiting key is not queued twice', async () => {
    const rounds: string[] = []
    for (let times = 0; times < 20; times++) await queue.reconcile(key)
    await queue.reconcile(other)
    expect((await queue.depths()).reconcile).toBe(2)
    await start({ reconcile: async (round) => void rounds.push(round) })
    await queue.idle()
    expect(rounds.sort()).toEqual([key, other])
  })

  test('S8: a key that arrives during its own round runs again afterwards, once', async () => {
    let rounds = 0
    await start({
      reconcile: async () => {
        rounds += 1
        if (rounds === 1) for (let times = 0; times < 5; times++) await queue.reconcile(key)
        await pause(20)
      },
    })
    await queue.reconcile(key)
    await queue.idle()
    expect(rounds).toBe(2)
  })

  test('S7: rounds of one key never overlap, and all end after the last request', async () => {
    let running = 0
    let mostAtOnce = 0
    let started = 0
    await start({
      reconcile: async () => {
        started += 1
        mostAtOnce = Math.max(mostAtOnce, ++running)
        await pause(Math.random() * 8)
        running -= 1
      },
    })
    let startedBeforeLast = 0
    for (let times = 0; times < 60; times++) {
      startedBeforeLast = started
      await queue.reconcile(key)
      await pause(Math.random() * 5)
    }
    await queue.idle()
    expect(mostAtOnce).toBe(1)
    expect(started).toBeGreaterThan(startedBeforeLast)
  })

  test('R3, R4: what looks after a deployment does not wait behind work', async () => {
    const began: string[] = []
    let end: () => void = () => undefined
    const held = new Promise<void>((resolve) => {
      end = resolve
    })
    await start({
      work: async (item) => {
        began.push(item.kind)
        if (item.kind === 'session') await held
      },
    })
    await queue.work('one', session('octo/repo', 'plan'))
    await queue.work('two', session('octo/repo', 'spec'))
    await until(() => began.length === 1)
    await queue.work('three', {
      kind: 'collect',
      subject: 'rollout:octo/repo@production',
      repository: 'octo/repo',
      request: { kind: 'sample', deployment: 1, atMs: 1, untilMs: 2, sources: [] },
    })
    await until(() => began.length === 2)
    expect(began).toEqual(['session', 'collect'])
    end()
    await queue.idle()
    expect(await queue.depths()).toEqual({ reconcile: 0, acknowledge: 0, work: 0, watch: 0 })
  })

  test('different keys run at once, up to the concurrency', async () => {
    let running = 0
    let mostAtOnce = 0
    await start({
      reconcile: async () => {
        mostAtOnce = Math.max(mostAtOnce, ++running)
        await pause(60)
        running -= 1
      },
    })
    for (let number = 1; number <= 12; number++) await queue.reconcile(`pull:octo/repo#${number}`)
    await queue.idle()
    expect(mostAtOnce).toBe(4)
  })

  test('a delayed key waits; the earlier of two delays wins, in either order', async () => {
    const ran = new Map<string, number>()
    await start({ reconcile: async (round) => void ran.set(round, performance.now()) })
    const began = performance.now()
    await queue.reconcile(key, { delayMs: 60_000 })
    await queue.reconcile(key, { delayMs: 300 })
    await queue.reconcile(other, { delayMs: 300 })
    await queue.reconcile(other, { delayMs: 60_000 })
    await until(() => ran.size === 2)
    for (const atMs of ran.values()) expect(atMs - began).toBeGreaterThanOrEqual(290)
    for (const atMs of ran.values()) expect(atMs - began).toBeLessThan(2000)
  })

  test('an immediate request supersedes a delayed one', async () => {
    let rounds = 0
    await start({ reconcile: async () => void rounds++ })
    await queue.reconcile(key, { delayMs: 300 })
    await queue.reconcile(key)
    await until(() => rounds === 1)
    await pause(600)
    expect(rounds).toBe(1)
  })

  test('a wake asked for during the round itself is kept', async () => {
    let rounds = 0
    await start({
      reconcile: async () => {
        rounds += 1
        if (rounds === 1) await queue.reconcile(key, { delayMs: 50 })
      },
    })
    await queue.reconcile(key)
    await until(() => rounds === 2)
  })

  test.each(['reconcile', 'acknowledge', 'work'] as const)(
    'errors in %s: later, again, given up',
    async (lane) => {
      const item: WorkItem | Acknowledgement | string =
        lane === 'reconcile'
          ? key
          : lane === 'work'
            ? session('octo/repo', 'plan')
            : { repository: 'octo/repo', commentId: 5, on: 'issue' }
      const queueIt = () =>
        lane === 'reconcile'
          ? queue.reconcile(key)
          : lane === 'work'
            ? queue.work('work:1', item as WorkItem)
            : queue.acknowledge(item as Acknowledgement)
      const errors: Error[] = []
      const tries: number[] = []
      await start({
        [lane]: async () => {
          tries.push(performance.now())
          const error = errors.shift()
          if (error) throw error
        },
      })

      errors.push(new RetryLater('limited', 250), new Error('once'), new Error('twice'))
      await queueIt()
      await until(() => tries.length === 4)
      await queue.idle()
      expect((tries[1] ?? 0) - (tries[0] ?? 0)).toBeGreaterThanOrEqual(240)
      expect(given).toEqual([])

      tries.length = 0
      errors.push(new Terminal('it is gone', 'The pull request is gone.'))
      await queueIt()
      await until(() => given.length === 1)
      expect(given[0]).toMatchObject({ lane, reason: 'it is gone', error: { name: 'Terminal' } })
      expect(given[0]?.item).toEqual(lane === 'reconcile' ? null : item)

      given.length = 0
      tries.length = 0
      errors.push(new Error('1'), new Error('2'), new Error('3'), new Error('never reached'))
      await queueIt()
      await until(() => given.length === 1)
      await pause(200)
      expect(tries).toHaveLength(3)
      expect(given[0]?.reason).toBe('failed 3 times, last with: 3')

      errors.length = 0
      tries.length = 0
      await queueIt()
      await until(() => tries.length === 1)
    },
  )

  test('an immediate request does not wait for the pause after a failure', async () => {
    await queue.close(0)
    queue = await open({ ...tools(), retry: { attempts: 3, backoffMs: 30_000 } }, `${name}-slow`)
    let rounds = 0
    await start({
      reconcile: async () => {
        rounds += 1
        if (rounds === 1) throw new Error('once')
      },
    })
    await queue.reconcile(key)
    await until(() => rounds === 1)
    await pause(50)
    await queue.reconcile(key)
    await until(() => rounds === 2)
  })

  test('O6: repositories take turns: a newcomer does not wait behind a long line', async () => {
    const order: string[] = []
    for (let number = 0; number < 10; number++)
      await queue.work(`big:${number}`, session('octo/big', `${number}`))
    for (let number = 0; number < 3; number++)
      await queue.work(`small:${number}`, session('octo/small', `${number}`))
    await start({ work: async (item) => void order.push('subject' in item ? item.subject : '') })
    await queue.idle()
    expect(order).toHaveLength(13)
    expect(order.slice(0, 6).filter((subject) => subject === 'task:octo/small#1')).toHaveLength(3)
  })

  test('O6: a newcomer comes next although the long line has been running for a while', async () => {
    const order: string[] = []
    let release: () => void = () => undefined
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    await start({
      work: async (item) => {
        if ('phase' in item && item.phase === '4') await held
        order.push(item.subject)
      },
    })
    for (let number = 0; number < 10; number++)
      await queue.work(`big:${number}`, session('octo/big', `${number}`))
    await until(() => order.length === 4)
    await queue.work('small', session('octo/small', 'x'))
    release()
    await queue.idle()
    expect(order.indexOf('task:octo/small#1')).toBeLessThanOrEqual(6)
  })

  test('S7: equal work that waits or runs is not queued twice; it can be queued again afterwards', async () => {
    let runs = 0
    const item = session('octo/repo', 'plan')
    await queue.work('a', item)
    await queue.work('a', item)
    await start({
      work: async () => {
        runs += 1
        if (runs === 1) await queue.work('a', item)
        await pause(20)
      },
    })
    await queue.idle()
    expect(runs).toBe(1)
    await queue.work('a', item)
    await queue.idle()
    expect(runs).toBe(2)
  })

  test('work and acknowledgements arrive as they were sent', async () => {
    const seen: unknown[] = []
    const item = session('octo/repo', 'a\0b 😀')
    const reaction: Acknowledgement = { repository: 'octo/repo', commentId: 9, on: 'review_comment' }
    await start({ work: async (got) => void seen.push(got), acknowledge: async (got) => void seen.push(got) })
    await queue.work('a', item)
    await queue.idle()
    await queue.acknowledge(reaction)
    await queue.idle()
    expect(seen).toEqual([item, reaction])
  })

  test('what is not a key or a work item is refused', async () => {
    await expect(queue.reconcile('nonsense')).rejects.toThrow('not a subject key')
    await expect(queue.work('a', { kind: 'dance' } as unknown as WorkItem)).rejects.toThrow('not a work item')
  })

  test('what running jobs ask for while the queue closes does not hold the end up', async () => {
    const log = listeningLog()
    await queue.close(0)
    queue = await open({ ...tools(), log }, `${name}-closing`)
    let ended = 0
    const end = async () => {
      await pause(200)
      // As work does: its subject's key, and its own round's; a round asks for more work.
      await queue.reconcile(key)
      await queue.reconcile(other, { delayMs: 10 })
      await queue.work('b', session('octo/repo', 'tests'))
      ended += 1
    }
    await start({ work: end, reconcile: end })
    await queue.work('a', session('octo/repo', 'plan'))
    await queue.reconcile(key)
    await pause(100)
    await queue.close(1000)
    expect(ended).toBe(2)
    expect(log.said).not.toContainEqual(expect.stringMatching(/left behind/))
  })

  test('a job that does not end when it is told to is left behind, and the log says so', async () => {
    const log = listeningLog()
    await queue.close(0)
    queue = await open({ ...tools(), log }, `${name}-deaf`)
    let release: () => void = () => undefined
    await start({
      work: () =>
        new Promise((resolve) => {
          release = resolve
        }),
    })
    await queue.work('a', session('octo/repo', 'plan'))
    await pause(100)
    await queue.close(0)
    release()
    expect(log.said).toContainEqual(expect.stringMatching(/left behind/))
  })

  test('close aborts what runs after the grace, and refuses what comes', async () => {
    let aborted = false
    await start({
      work: (_, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            aborted = true
            reject(signal.reason)
          })
        }),
    })
    await queue.work('a', session('octo/repo', 'plan'))
    await pause(100)
    const began = performance.now()
    await queue.close(100)
    expect(aborted).toBe(true)
    expect(performance.now() - began).toBeLessThan(2000)
    await expect(queue.reconcile(key)).rejects.toThrow(RetryLater)
    await expect(queue.ping()).rejects.toThrow(RetryLater)
    expect(given).toEqual([])
  })
}
