/** The loop itself: what a round reads again, what it decides on, and what it never does on an old or broken decision. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { createPatience, patienceMs } from '../src/act/patience.ts'
import { systemClock } from '../src/adapters/clock.ts'
import { createReadings, readingsLiveMs } from '../src/adapters/github/readings.ts'
import { silentLog } from '../src/adapters/log.ts'
import { createMetrics } from '../src/adapters/metrics/prometheus.ts'
import type { Action } from '../src/core/action.ts'
import { RetryLater, Terminal } from '../src/core/errors.ts'
import type { Fact, FactBody } from '../src/core/facts.ts'
import type { Forge, Ledger, Queue, Reading } from '../src/core/ports.ts'
import { type RoundPorts, reconcile, type SubjectLoop } from '../src/reconcile.ts'
import { openTestLedger } from './support/ledger.ts'

const repository = 'acme/widgets'
const sha = (digit: string) => digit.repeat(40)

/** A tip that moves, seen through the real readings, and what was done to it. */
interface Place {
  tip: string
  /** How often GitHub was asked. */
  looks: number
  done: string[]
  queued: string[]
}
interface Snapshot {
  facts: Fact[]
  missing: string[]
  tip: string
}

let ledger: Ledger
/** Each test has a subject of its own in the one ledger. */
let key: string
let tests = 0
let place: Place
let ports: RoundPorts
let forge: Forge

beforeAll(async () => {
  ledger = await openTestLedger()
})
afterAll(() => ledger.close())

beforeEach(() => {
  tests += 1
  key = `pull:acme/widgets#${tests}`
  place = { tip: sha('a'), looks: 0, done: [], queued: [] }
  forge = {
    async branchTip() {
      place.looks += 1
      return { found: true, value: place.tip }
    },
    async pull(_name: string, number: number) {
      place.looks += 1
      const head = { ref: `topic${number}`, sha: sha(`${number}`) }
      const base = { ref: 'main', tip: place.tip }
      const pull = { number, head, base, draft: true, state: 'open' }
      return { found: true, value: { repository: {}, pull, siblings: number === 2 ? [1] : [] } }
    },
    async issue() {
      place.looks += 1
      const repository = { defaultBranch: 'main' }
      return { found: true, value: { repository, tip: place.tip, issue: {}, ownComments: [] } }
    },
    async pullsWithHead() {
      place.looks += 1
      return []
    },
    async upsertComment(_name: string, _number: number, _marker: string, body: string) {
      place.done.push(`comment ${body}`)
      return 1
    },
    async merge(_name: string, _number: number, input: { sha: string }) {
      place.done.push(`merge ${input.sha[0]}`)
      return { kind: 'moved' }
    },
    async writeCheckRun(_name: string, run: { state: string }) {
      place.done.push(`run ${run.state}`)
      return 1
    },
  } as unknown as Forge
  const queue = { reconcile: async (of: string) => void place.queued.push(of) } as unknown as Queue
  const readings = createReadings(forge, systemClock)
  ports = {
    ledger,
    forge,
    queue,
    readings,
    patience: createPatience(systemClock),
    clock: systemClock,
    log: silentLog,
    metrics: createMetrics(false),
  }
})

function loopOf(
  decide: (snapshot: Snapshot) => Action[],
  parts: Partial<SubjectLoop<Snapshot, null>> = {},
): SubjectLoop<Snapshot, null> {
  return {
    async observe(of, forge) {
      const facts = await ledger.facts(of)
      const tip = await forge.branchTip(repository, 'main')
      return tip.found ? { facts, missing: [], tip: tip.value } : null
    },
    extend: async (snapshot, recorded) => ({ ...snapshot, facts: [...snapshot.facts, ...recorded] }),
    judge: () => null,
    decide,
    check: () => [],
    isOver: () => false,
    ...parts,
  }
}

const fact = (reason: string): FactBody => ({ kind: 'work.failed', what: 'test', reason })
const record = (reason: string): Action => ({ kind: 'record', subject: key, actor: null, body: fact(reason) })
const comment = (body: string): Action => ({
  kind: 'comment',
  repository,
  number: 3,
  marker: 'm',
  body,
  commentId: null,
})
const merge = (of: string): Action => ({
  kind: 'merge',
  subject: key,
  repository,
  number: 3,
  sha: of,
  baseRef: 'main',
  base: sha('b'),
  method: 'merge',
  title: 't',
  message: 'm',
})
const run = (state: 'success' | 'failure') =>
  ({
    kind: 'checkRun',
    repository,
    run: { state, name: 'countersign/plan' },
    runId: null,
  }) as unknown as Action

describe('a round', () => {
  test('S1: an action that would break an invariant stops everything, records included', async () => {
    const loop = loopOf(() => [record('one'), comment('hello')], { check: () => ['S1 MergedApproved: no'] })
    await expect(reconcile(key, loop, ports)).rejects.toThrow('S1 MergedApproved')
    expect(place.done).toEqual([])
    expect(await ledger.facts(key)).toEqual([])
  })

  test('S7: when somebody recorded meanwhile, nothing is done and the round runs again', async () => {
    const loop = loopOf(() => [record('mine'), comment('on old facts')], {
      async observe(of, forge) {
        const seen = await loopOf(() => []).observe(of, forge)
        await ledger.append(key, [{ actor: null, body: fact('theirs') }])
        return seen
      },
    })
    expect(await reconcile(key, loop, ports)).toEqual({ actions: [], again: true })
    expect(place.done).toEqual([])
    expect(place.queued).toEqual([key])
    expect((await ledger.facts(key)).map(({ body }) => body)).toEqual([fact('theirs')])
  })

  test('S3: beside a run that GitHub refuses no other turns green, and everything else is done', async () => {
    const write = forge.writeCheckRun
    forge.writeCheckRun = async (...asked) => {
      if (asked[1].state === 'failure') throw new Terminal('refused', '')
      return write(...asked)
    }
    await reconcile(
      key,
      loopOf(() => [run('failure'), run('success'), comment('hello')]),
      ports,
    )
    expect(place.done).toEqual(['comment hello'])
  })

  test('R3, L2: a write that must wait for its turn takes no wish to be woken with it', async () => {
    forge.writeCheckRun = async () => {
      throw new RetryLater('80 content writes of this minute', 40_000)
    }
    const wake: Action = { kind: 'wake', subject: key, atMs: systemClock.nowMs() + 600 }
    const round = reconcile(
      key,
      loopOf(() => [run('success'), wake]),
      ports,
    )
    await expect(round).rejects.toThrow(RetryLater)
    expect(place.queued).toEqual([key])
  })

  test('what it records is decided on again with the same look, and only the last word is written', async () => {
    const loop = loopOf(({ facts }) =>
      facts.length < 3 ? [record(`${facts.length}`), comment(`draft ${facts.length}`)] : [comment('final')],
    )
    const { actions, again } = await reconcile(key, loop, ports)
    expect(actions).toEqual(['record', 'record', 'record', 'comment'])
    expect(again).toBe(false)
    expect(place.done).toEqual(['comment final'])
    expect(place.looks).toBe(1)
  })

  test('T30: a decision that records for ever is cut, and goes on in the next round', async () => {
    const loop = loopOf(({ facts }) => [record(`${facts.length}`)])
    expect(await reconcile(key, loop, ports)).toMatchObject({ again: true })
    expect(await ledger.facts(key)).toHaveLength(8)
    expect(place.queued).toEqual([key])
  })

  test('facts that ask for more than was read lead to another look', async () => {
    const loop = loopOf(({ facts }) => (facts.length === 0 ? [record('x')] : [comment(`${facts.length}`)]), {
      extend: async () => null,
    })
    await reconcile(key, loop, ports)
    expect(place.done).toEqual(['comment 1'])
  })

  test('S7: a crash between record and act leaves the act to the next round', async () => {
    const loop = loopOf(({ facts }) => (facts.length === 0 ? [record('decided')] : [comment('follows')]))
    const crashing = {
      ...loop,
      async extend(): Promise<Snapshot> {
        throw new Error('the process died here')
      },
    }
    await expect(reconcile(key, crashing, ports)).rejects.toThrow('died')
    expect(place.done).toEqual([])
    await reconcile(key, loop, ports)
    expect(place.done).toEqual(['comment follows'])
  })
})

describe('old readings', () => {
  test('a second round within seconds asks GitHub nothing, and may hold back on what it knows', async () => {
    await reconcile(
      key,
      loopOf(() => []),
      ports,
    )
    place.tip = sha('c')
    await reconcile(
      key,
      loopOf(() => [run('failure')]),
      ports,
    )
    expect(place).toMatchObject({ looks: 1, done: ['run failure'] })
  })

  test('S3, A3: what lets something pass is decided on what the round has read itself', async () => {
    await reconcile(
      key,
      loopOf(() => []),
      ports,
    )
    place.tip = sha('c')
    const loop = loopOf(({ tip }) => [run(tip === sha('a') ? 'success' : 'failure')])
    await reconcile(key, loop, ports)
    expect(place).toMatchObject({ looks: 2, done: ['run failure'] })
  })

  test('S1: a merge is decided on a look made for it, although the round has read everything itself', async () => {
    const loop = loopOf(({ facts, tip }) => (facts.length === 0 ? [record('wanted')] : [merge(tip)]), {
      async extend(snapshot, recorded) {
        place.tip = sha('c')
        return { ...snapshot, facts: [...snapshot.facts, ...recorded] }
      },
    })
    await reconcile(key, loop, ports)
    expect(place).toMatchObject({ looks: 2, done: ['merge c'] })
  })

  test('T12: an event drops what it made old, a read under way included', async () => {
    const first = ports.readings.open({ fresh: false })
    const underWay = first.forge.branchTip(repository, 'main')
    ports.readings.drop(repository, ['branches'])
    await underWay
    const second = ports.readings.open({ fresh: false })
    await second.forge.branchTip(repository, 'main')
    expect(place.looks).toBe(2)
    expect(second.reused()).toBe(false)
    ports.readings.drop(repository, ['people'])
    const third = ports.readings.open({ fresh: false })
    await third.forge.branchTip(repository, 'main')
    expect(place.looks).toBe(2)
    expect(third.reused()).toBe(true)
  })

  test('a look that was opened before another one asked does not count that as old', async () => {
    const early = ports.readings.open({ fresh: true })
    await ports.readings.open({ fresh: true }).forge.branchTip(repository, 'main')
    await early.forge.branchTip(repository, 'main')
    expect(early.reused()).toBe(false)
    expect(place.looks).toBe(1)
  })

  test('S3: a second look of the round reads anew what was read before the round, and nothing else', async () => {
    const before = ports.readings.open({ fresh: false })
    await before.forge.branchTip(repository, 'main')
    const round = ports.readings.open({ fresh: false })
    await round.forge.branchTip(repository, 'main')
    await round.forge.branchTip(repository, 'release')
    expect(round.reused()).toBe(true)
    const again = round.again({ fresh: true })
    await again.forge.branchTip(repository, 'main')
    await again.forge.branchTip(repository, 'release')
    expect(again.reused()).toBe(false)
    expect(place.looks).toBe(3)
  })

  test('T12: a branch that moved makes old what shows it elsewhere, and nothing that shows it there', async () => {
    const look = () => ports.readings.open({ fresh: false }).forge
    const numbers = [1, 2, 3]
    for (const number of numbers) await look().pull(repository, number)
    await look().branchTip(repository, 'topic1')
    await look().branchTip(repository, 'topic2')
    const asked = place.looks
    ports.readings.moved(repository, 'topic1', sha('1'))
    for (const number of numbers) await look().pull(repository, number)
    await look().branchTip(repository, 'topic2')
    expect(place.looks).toBe(asked)
    await look().branchTip(repository, 'topic1')
    expect(place.looks).toBe(asked + 1)
    ports.readings.moved(repository, 'topic2', sha('c'))
    for (const number of numbers) await look().pull(repository, number)
    expect(place.looks).toBe(asked + 2)
    // All three are based on it.
    ports.readings.moved(repository, 'main', sha('c'))
    for (const number of numbers) await look().pull(repository, number)
    expect(place.looks).toBe(asked + 5)
  })

  test('T12: a read under way while its branch moves is kept only if it has seen that, and looked at once more', async () => {
    const underWay = ports.readings.open({ fresh: false })
    const [old, seen] = [underWay.forge.pull(repository, 4), underWay.forge.pull(repository, 5)]
    ports.readings.moved(repository, 'topic4', sha('moved'))
    ports.readings.moved(repository, 'topic5', sha('5'))
    const joined = ports.readings.open({ fresh: false })
    await Promise.all([old, seen, joined.forge.pull(repository, 4), joined.forge.pull(repository, 5)])
    expect(place.looks).toBe(2)
    // Whoever was given it while nobody knew comes back for it.
    expect(joined.endsMs()).toBeGreaterThan(systemClock.nowMs())
    const later = ports.readings.open({ fresh: false })
    await later.forge.pull(repository, 5)
    expect(place.looks).toBe(2)
    await later.forge.pull(repository, 4)
    expect(place.looks).toBe(3)
    expect(later.endsMs()).toBeNull()
  })

  test('S3: the tip that came with an issue is as old as the issue, and ends with the next move of a branch', async () => {
    const tip = (reading: Reading) => reading.forge.branchTip(repository, 'main')
    const round = ports.readings.open({ fresh: false })
    await round.forge.issue(repository, 7)
    expect(await tip(round)).toEqual({ found: true, value: sha('a') })
    expect([place.looks, round.reused()]).toEqual([1, false])
    const next = ports.readings.open({ fresh: false })
    await tip(next)
    expect([place.looks, next.reused()]).toEqual([1, true])
    // Nothing is granted on it in another round than the one that read it.
    await tip(next.again({ fresh: true }))
    expect(place.looks).toBe(2)
    place.tip = sha('c')
    ports.readings.moved(repository, 'main', sha('c'))
    expect(await tip(ports.readings.open({ fresh: false }))).toEqual({ found: true, value: sha('c') })
  })

  test.each<[string, () => void]>([
    ['a branch moves', () => ports.readings.moved(repository, 'main', sha('c'))],
    ['branches are dropped', () => ports.readings.drop(repository, ['branches'])],
  ])('T12: an issue under way while %s does not tell where they stand', async (_, move) => {
    const underWay = ports.readings.open({ fresh: false }).forge.issue(repository, 8)
    move()
    place.tip = sha('c')
    await underWay
    const later = ports.readings.open({ fresh: false }).forge
    expect(await later.branchTip(repository, 'main')).toEqual({ found: true, value: sha('c') })
    await later.issue(repository, 8)
    expect(place.looks).toBe(2)
  })

  test('T12: an issue under way while a branch moves tells where it stands when it has seen that', async () => {
    const { forge: look } = ports.readings.open({ fresh: false })
    const underWay = look.issue(repository, 9)
    ports.readings.moved(repository, 'main', place.tip)
    ports.readings.moved(repository, 'topic', sha('c'))
    await underWay
    await look.branchTip(repository, 'main')
    expect(place.looks).toBe(1)
  })

  test('S7: a comment that a kept reading does not show is not there where nobody else writes any, else it is looked for', async () => {
    const seen: unknown[] = []
    forge.upsertComment = async (...[, , , , found]) => seen.push(found)
    const all = loopOf(() => [comment('new')])
    await reconcile(key, all, ports)
    await reconcile(key, all, ports)
    const alone = createReadings(forge, systemClock, { alone: true })
    await reconcile(key, all, { ...ports, readings: alone })
    await reconcile(key, all, { ...ports, readings: alone })
    expect(seen).toEqual(['none', null, 'none', 'none'])
  })

  test('O6: whom an event about a commit is for is told by what is kept of its pull requests', async () => {
    expect(ports.readings.withHead(repository, sha('2'))).toEqual([])
    const { forge: look } = ports.readings.open({ fresh: false })
    for (const number of [2, 3]) await look.pull(repository, number)
    expect(ports.readings.withHead(repository, sha('2'))).toEqual([2, 1])
    expect(ports.readings.withHead(repository, sha('9'))).toEqual([])
    ports.readings.moved(repository, 'topic2', sha('c'))
    expect(ports.readings.withHead(repository, sha('2'))).toEqual([])
  })

  test('T12: a pull request that an event shows in another state is read again, and so is its sibling', async () => {
    const look = () => ports.readings.open({ fresh: false }).forge
    for (const number of [1, 2]) await look().pull(repository, number)
    const told = (state: 'open' | 'closed', draft: boolean) =>
      ports.readings.moved(repository, 'topic1', sha('1'), { number: 1, state, draft })
    told('open', true)
    for (const number of [1, 2]) await look().pull(repository, number)
    expect(place.looks).toBe(2)
    told('open', false)
    for (const number of [1, 2]) await look().pull(repository, number)
    expect(place.looks).toBe(3)
    told('closed', true)
    for (const number of [1, 2]) await look().pull(repository, number)
    expect(place.looks).toBe(5)
  })

  test('S3, T12: checks that have changed are reused for the rest of a burst only, never to grant, and are looked at after it', async () => {
    let nowMs = 1_000_000
    const clock = { nowMs: () => nowMs, sleep: systemClock.sleep }
    const readings = createReadings(forge, clock)
    const wakes: number[] = []
    const queue = { reconcile: async (_: string, { delayMs = 0 } = {}) => void wakes.push(delayMs) }
    ports = { ...ports, readings, clock, queue: queue as unknown as Queue }
    const loop = (...actions: Action[]) =>
      loopOf(() => actions, {
        async observe(of, forge) {
          await forge.pull(repository, 1)
          return { facts: await ledger.facts(of), missing: [], tip: place.tip }
        },
      })
    await reconcile(key, loop(), ports)
    readings.checked(repository, sha('1'), 700)
    nowMs += 300
    await reconcile(key, loop(run('failure')), ports)
    expect(place.looks).toBe(1)
    expect(wakes).toEqual([400])
    await reconcile(key, loop(run('success')), ports)
    expect(place.looks).toBe(2)
    expect(wakes).toHaveLength(1)
    readings.checked(repository, sha('1'), 700)
    nowMs += 700
    await reconcile(key, loop(), ports)
    expect(place.looks).toBe(3)
  })

  test('T12: where events may come to another process, nothing is kept longer than what no event tells of', async () => {
    let nowMs = 1_000_000
    const clock = { nowMs: () => nowMs, sleep: systemClock.sleep }
    for (const [lives, looks] of [
      [{}, 1],
      [{ toldMs: readingsLiveMs }, 2],
    ] as const) {
      place.looks = 0
      const readings = createReadings(forge, clock, lives)
      for (let turn = 0; turn < 2; turn++, nowMs += readingsLiveMs)
        await readings.open({ fresh: false }).forge.pull(repository, 1)
      expect(place.looks).toBe(looks)
    }
  })
})

/** A write that only informs, as decide marks it. */
const informing = (body: string): Action => ({ ...comment(body), mayWait: true }) as Action

describe('what only informs', () => {
  let nowMs = 0
  const wakes: number[] = []
  beforeEach(() => {
    nowMs = 1_000_000
    wakes.length = 0
    const clock = { nowMs: () => nowMs, sleep: systemClock.sleep }
    const queue = {
      reconcile: async (_: string, { delayMs = 0 } = {}) => void wakes.push(delayMs),
    } as unknown as Queue
    ports = { ...ports, clock, queue, patience: createPatience(clock) }
  })
  const round = (...actions: Action[]) =>
    reconcile(
      key,
      loopOf(() => actions),
      ports,
    )

  test('O3: waits for what comes next, and is written once with the last word, at its own wake', async () => {
    await round(informing('the plan session starts'))
    nowMs += 2000
    await round(informing('the plan is checked'))
    expect(place.done).toEqual([])
    expect(wakes).toEqual([patienceMs, patienceMs - 2000])
    nowMs += patienceMs - 2000
    await round(informing('the plan is validated'))
    expect(place.done).toEqual(['comment the plan is validated'])
    expect(wakes).toHaveLength(2)
  })

  test('O3: what asks somebody is written at once, and ends the waiting', async () => {
    await round(informing('the plan session starts'))
    await round(comment('the plan waits for approval'))
    expect(place.done).toEqual(['comment the plan waits for approval'])
    nowMs += patienceMs
    await round(informing('the tests session starts'))
    expect(place.done).toHaveLength(1)
    expect(wakes).toEqual([patienceMs, patienceMs])
  })

  test('T12: a process that forgets what waits has it stated again by its next round', async () => {
    await round(informing('half way'))
    ports = { ...ports, patience: createPatience(ports.clock) }
    await round(informing('half way'))
    nowMs += patienceMs
    await round(informing('half way'))
    expect(place.done).toEqual(['comment half way'])
  })

  test('what was no longer wanted for a while waits anew', async () => {
    await round(informing('one'))
    nowMs += 10 * patienceMs
    await round(informing('two'))
    expect(place.done).toEqual([])
    expect(wakes).toEqual([patienceMs, patienceMs])
  })

  test('L2: where every round comes late, it is written all the same', async () => {
    await round(informing('one'))
    for (const word of ['two', 'three']) {
      nowMs += 10 * patienceMs
      await round(informing(word))
    }
    expect(place.done).toEqual(['comment three'])
  })
})
