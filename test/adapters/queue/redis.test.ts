/** The queue on Redis keeps the contract, between processes too, and says so within a second when Redis is away. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, expect, test } from '@jest/globals'
import { systemClock } from '../../../src/adapters/clock.ts'
import { silentLog } from '../../../src/adapters/log.ts'
import { bullQueue } from '../../../src/adapters/queue/bull/queue.ts'
import { RetryLater } from '../../../src/core/errors.ts'
import { describeWith, withRedis } from '../../support/require.ts'
import { freePort, startRedis } from '../../support/servers.ts'
import { queueContract } from './contract.ts'

const tools = { clock: systemClock, log: silentLog }
const key = 'pull:octo/repo#1'
const concurrency = { reconcile: 4, acknowledge: 1, work: 1, watch: 1 }
const nothing = async () => undefined

describeWith('redis', 'Redis', () => {
  const redis = withRedis()
  queueContract((given, name) =>
    bullQueue({ redisUrl: redis.url, prefix: name, stalledAfterMs: 1000 }, given),
  )

  test('S7: rounds of one key never overlap in two processes that share the queue', async () => {
    const open = () => bullQueue({ redisUrl: redis.url, prefix: 'two' }, tools)
    const [first, second] = await Promise.all([open(), open()])
    let running = 0
    let mostAtOnce = 0
    const reconcile = async () => {
      mostAtOnce = Math.max(mostAtOnce, ++running)
      await new Promise((resolve) => setTimeout(resolve, 5))
      running -= 1
    }
    await first.start({ reconcile, acknowledge: nothing, work: nothing }, concurrency)
    await second.start({ reconcile, acknowledge: nothing, work: nothing }, concurrency)
    for (let times = 0; times < 100; times++) {
      await Promise.all([first.reconcile(key), second.reconcile(key)])
    }
    await first.idle()
    expect(mostAtOnce).toBe(1)
    await Promise.all([first.close(0), second.close(0)])
  })

  test('T34: kill -9 of a worker process loses none of its jobs', async () => {
    const child = spawn(process.execPath, [join(import.meta.dirname, 'worker.ts'), redis.url, 'killed'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const exited = once(child, 'exit')
    const queue = await bullQueue({ redisUrl: redis.url, prefix: 'killed', stalledAfterMs: 1000 }, tools)
    await queue.reconcile(key)
    await queue.acknowledge({ repository: 'octo/repo', commentId: 3, on: 'pull' })
    await queue.work('w', {
      kind: 'session',
      subject: 'task:octo/repo#1',
      phase: 'plan',
      attempt: 1,
      endpoint: 'main',
      model: 'm',
    })
    const begun: string[] = []
    for await (const line of createInterface({ input: child.stdout })) {
      begun.push(line)
      if (begun.length === 3) child.kill('SIGKILL')
    }
    await exited
    expect(begun.sort()).toEqual(['comment 3', key, 'session'])
    // Asked for while the dead worker holds it: runs afterwards too.
    await queue.reconcile(key)

    const ended: string[] = []
    await queue.start(
      {
        reconcile: async (round) => void ended.push(round),
        acknowledge: async (item) => void ended.push(`comment ${item.commentId}`),
        work: async (item) => void ended.push(item.kind),
      },
      concurrency,
    )
    await queue.idle()
    expect(new Set(ended)).toEqual(new Set(['comment 3', key, 'session']))
    await queue.close(0)
  })
})

describeWith('redis', 'Redis that goes away', () => {
  test('every method rejects within a second, and works again when Redis is back', async () => {
    const server = await startRedis()
    const queue = await bullQueue({ redisUrl: server.url, prefix: 'away' }, tools)
    await queue.reconcile(key)
    await server.stop('SIGKILL')
    for (const attempt of [() => queue.reconcile(key), () => queue.ping(), () => queue.depths()]) {
      const began = performance.now()
      await expect(attempt()).rejects.toThrow(RetryLater)
      expect(performance.now() - began).toBeLessThan(900)
    }
    const back = await startRedis(Number(new URL(server.url).port))
    let rounds = 0
    await queue.start(
      { reconcile: async () => void rounds++, acknowledge: nothing, work: nothing },
      concurrency,
    )
    for (let left = 50; left > 0; left--) {
      const again = await queue.reconcile(key).then(
        () => true,
        () => false,
      )
      if (again) break
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    await queue.idle()
    expect(rounds).toBe(1)
    await queue.close(0)
    await back.stop()
  })

  test('a silent Redis is noticed within a second', async () => {
    const server = await startRedis()
    const queue = await bullQueue({ redisUrl: server.url, prefix: 'silent' }, tools)
    process.kill(server.pid, 'SIGSTOP')
    const began = performance.now()
    await expect(queue.reconcile(key)).rejects.toThrow(RetryLater)
    expect(performance.now() - began).toBeLessThan(1000)
    process.kill(server.pid, 'SIGCONT')
    await queue.close(0)
    await server.stop()
  })
})

describe('Redis that never was', () => {
  test('opening rejects within a second', async () => {
    const began = performance.now()
    const redisUrl = `redis://127.0.0.1:${await freePort()}`
    await expect(bullQueue({ redisUrl, prefix: 'none' }, tools)).rejects.toThrow('Redis does not answer')
    expect(performance.now() - began).toBeLessThan(1000)
  })
})
