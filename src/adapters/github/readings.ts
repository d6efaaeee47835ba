/** Readings kept for a few seconds, so that a burst of rounds asks GitHub once; docs/adr/0005 and 0012 argue why it is safe. */
import type { RepositoryName, Sha } from '../../core/ids.ts'
import type { Clock, ForgeReads, Reading, ReadingPart, Readings } from '../../core/ports.ts'
import { pullsShown, showsChecksOf, showsElsewhere, showsOtherwise } from './readingsOld.ts'
import { carries, everyBranch, seedsOf } from './readingsSeeds.ts'
import { type Given, givenOut, stillSo } from './readingsStand.ts'

/** How old a reading may be that a round reuses, in milliseconds of the App's clock. */
export const readingsLiveMs = 10_000
/**
 * The same for what GitHub tells of by events, in a process that gets them all. Nothing else of it changes but by an
 * administrator's hand, and a fresh look reads that.
 */
export const toldReadingsLiveMs = 60_000
const told = new Set<ReadingPart>(['repository', 'pull', 'issue', 'checks'])
/** After this it is known whether a reading that was under way has seen what moved meanwhile. */
const settledWithinMs = 1000
/** Readings kept of all repositories together; beyond it everything is read again. */
const mostKept = 2000

interface Entry {
  part: ReadingPart
  asked: readonly unknown[]
  value: Promise<unknown>
  /** What it came to, once it has. */
  answer?: unknown
  startedMs: number
  /** Counts up with every look and every read, so that "before" does not depend on the clock's grain. */
  order: number
  /** An event has told of a change: not reused from then on, in milliseconds of the clock. */
  endsMs?: number
  /** Events that came while it was under way: whether it turned out to be older than they are. */
  older: ((entry: Entry) => boolean)[]
  /** Branches that moved while it was under way: where it shows them elsewhere, that is not kept by itself. */
  moved: Map<string, Sha>
}

/** What was asked of GitHub, per repository; in flight or answered. */
export interface KeptReadings extends Readings {
  /** Put what we wrote into the reading of what was asked, `['pull', 34]` say, if it is kept. */
  mend(name: RepositoryName, asked: readonly unknown[], change: (value: unknown) => unknown): void
}

/**
 * @param forge answers what is not kept. Failed reads and failed look-ups of people are never kept.
 * @param lives how long a reading may be reused, in milliseconds, and one that GitHub tells of by events; `alone` when no
 *   other process acts for the App.
 */
export function createReadings(
  forge: ForgeReads,
  clock: Clock,
  { liveMs = readingsLiveMs, toldMs = toldReadingsLiveMs, alone = false } = {},
): KeptReadings {
  const repositories = new Map<string, Map<string, Entry>>()
  let kept = 0
  let order = 0

  const keptOf = (name: RepositoryName) => {
    const known = repositories.get(name.toLowerCase())
    if (known) return known
    const made = new Map<string, Entry>()
    repositories.set(name.toLowerCase(), made)
    return made
  }

  const forget = (entries: Map<string, Entry>, key: string, entry: Entry) => {
    if (entries.get(key) !== entry) return
    entries.delete(key)
    kept -= 1
  }

  const bound = (entry: Entry, withinMs: number) => {
    const endsMs = clock.nowMs() + withinMs
    entry.endsMs = Math.min(entry.endsMs ?? endsMs, endsMs)
  }

  function ask<T>(
    name: RepositoryName,
    [part, ...asked]: readonly [ReadingPart, ...unknown[]],
    read: () => Promise<T>,
    known: (value: T) => boolean,
  ): Promise<T> {
    const key = JSON.stringify([part, ...asked])
    if (kept >= mostKept) {
      repositories.clear()
      kept = 0
    }
    const entries = keptOf(name)
    order += 1
    const value = read()
    const entry: Entry = { part, asked, value, startedMs: clock.nowMs(), order, older: [], moved: new Map() }
    if (!entries.has(key)) kept += 1
    entries.set(key, entry)
    value.then(
      (answer) => {
        entry.answer = answer
        if (!known(answer) || entry.older.some((isOlder) => isOlder(entry))) forget(entries, key, entry)
        // One that was dropped while it was under way may be old in all that came with it.
        else if (carries(part, asked) && entries.get(key) === entry) seed(name, entry)
      },
      () => forget(entries, key, entry),
    )
    return value
  }

  /** A read under way may or may not have seen it; mended, it shows it either way. */
  function mend(name: RepositoryName, asked: readonly unknown[], change: (value: unknown) => unknown): void {
    const entries = keptOf(name)
    const key = JSON.stringify(asked)
    const entry = entries.get(key)
    if (!entry) return
    entry.value = entry.value.then((value) => {
      entry.answer = change(value)
      return entry.answer
    })
    // Nobody may be waiting for it.
    entry.value.catch(() => forget(entries, key, entry))
  }

  /** What came with a pull request or an issue is kept as if it had been asked for by itself, just then. */
  function seed(name: RepositoryName, { answer, startedMs, order: asOf, endsMs, moved }: Entry): void {
    const entries = keptOf(name)
    for (const { part, asked, value } of seedsOf(answer, moved)) {
      const key = JSON.stringify([part, ...asked])
      const known = entries.get(key)
      if (kept >= mostKept || (known && known.order > asOf)) continue
      if (!known) kept += 1
      const ends = endsMs === undefined ? {} : { endsMs }
      const of = { startedMs, order: asOf, older: [], moved: new Map(), ...ends }
      entries.set(key, { part, asked, value: Promise.resolve(value), answer: value, ...of })
    }
  }

  function open({ fresh }: { fresh: boolean }): Reading {
    order += 1
    return lookFrom(order, fresh)
  }

  /** @param began what was read after this is the round's own. */
  function lookFrom(began: number, fresh: boolean): Reading {
    let reused = false
    let endsMs: number | null = null
    const given: Given[] = []

    function through<T>(
      name: RepositoryName,
      part: ReadingPart,
      asked: readonly unknown[],
      read: () => Promise<T>,
      known: (value: T) => boolean = () => true,
    ): Promise<T> {
      const entries = keptOf(name)
      const key = JSON.stringify([part, ...asked])
      const entry = entries.get(key)
      const own = entry !== undefined && entry.order > began
      const lifeMs = told.has(part) ? toldMs : liveMs
      const lives = (one: Entry) =>
        clock.nowMs() < Math.min(one.startedMs + lifeMs, one.endsMs ?? Number.POSITIVE_INFINITY)
      // Nothing is granted on what may have changed meanwhile, even when this round itself has read it.
      const stands = (one: Entry) => own && one.endsMs === undefined && !isDoubtful(one)
      const usable = entry !== undefined && (fresh ? stands(entry) : own || lives(entry))
      // The key covers the method and its parameters, so what is kept under it has its type.
      const value = usable ? (entry.value as Promise<T>) : ask(name, [part, ...asked], read, known)
      given.push(givenOut(name, key, value))
      if (!usable) return value
      reused ||= !own
      const ends = entry.endsMs ?? (isDoubtful(entry) ? clock.nowMs() + settledWithinMs : undefined)
      if (ends !== undefined) endsMs = Math.min(endsMs ?? ends, ends)
      return value
    }

    return {
      reused: () => reused,
      showsOwn: () => alone || !reused,
      endsMs: () => endsMs,
      stands: () =>
        given.every((one) => {
          const now = repositories.get(one.name.toLowerCase())?.get(one.key)
          return stillSo(one, now) && !(now && isDoubtful(now))
        }),
      again: (options) => lookFrom(began, options.fresh),
      forge: {
        ...forge,
        repository: (name) => through(name, 'repository', [], () => forge.repository(name)),
        pull: (name, number) => through(name, 'pull', [number], () => forge.pull(name, number)),
        issue: (name, number) => through(name, 'issue', [number], () => forge.issue(name, number)),
        workflowRuns: (name, sha) =>
          through(name, 'checks', ['runs', sha], () => forge.workflowRuns(name, sha)),
        workflowRun: (name, runId) =>
          through(name, 'checks', ['run', runId], () => forge.workflowRun(name, runId)),
        deployments: (name, ...of) =>
          through(name, 'deployments', [...of[0], '', ...of[1]], () => forge.deployments(name, ...of)),
        issueType: (name, number) =>
          through(name, 'issue', ['type', number], () => forge.issueType(name, number)),
        checks: (name, sha) => through(name, 'checks', [sha], () => forge.checks(name, sha)),
        pushes: (name, ref) => through(name, 'branches', ['pushes', ref], () => forge.pushes(name, ref)),
        branchTip: (name, ref) => through(name, 'branches', ['tip', ref], () => forge.branchTip(name, ref)),
        branchRules: (name, ref) =>
          through(name, 'branches', ['rules', ref], () => forge.branchRules(name, ref)),
        resolves: (name, sha, all) =>
          through(name, 'issue', ['resolves', sha, ...all], () => forge.resolves(name, sha, all)),
        standing: (name, account, teams) =>
          through(
            name,
            'people',
            [account.id, account.login, ...teams],
            () => forge.standing(name, account, teams),
            ({ role, teams: held }) => role !== 'unknown' && held !== 'unknown',
          ),
      },
    }
  }

  return {
    open,
    drop(name, parts) {
      const entries = repositories.get(name.toLowerCase())
      if (!entries) return
      for (const [key, entry] of entries) {
        if (parts === undefined || parts.includes(entry.part)) forget(entries, key, entry)
        else if (parts.includes('branches')) entry.moved.set(everyBranch, '')
      }
      if (entries.size === 0) repositories.delete(name.toLowerCase())
    },
    checked(name, sha, withinMs) {
      for (const entry of repositories.get(name.toLowerCase())?.values() ?? [])
        if (showsChecksOf(entry, sha)) bound(entry, withinMs)
    },
    withHead(name, sha) {
      const all = [...(repositories.get(name.toLowerCase())?.values() ?? [])]
      const living = all.filter(({ startedMs }) => clock.nowMs() < startedMs + toldMs)
      return [...new Set(living.flatMap((entry) => pullsShown(entry, sha)))]
    },
    moved(name, ref, to, pull) {
      const entries = repositories.get(name.toLowerCase()) ?? new Map<string, Entry>()
      const isOlder = (entry: Entry) => showsElsewhere(entry, ref, to) || showsOtherwise(entry, pull)
      for (const [key, entry] of entries) {
        if (entry.answer === undefined) entry.moved.set(ref, to)
        if (entry.part === 'pull' && entry.answer === undefined) {
          entry.older.push(isOlder)
        } else if (isOlder(entry)) forget(entries, key, entry)
      }
    },
    mend,
  }
}

/** Under way while what it reads moved: given out, and kept only if it turns out to have seen that. */
const isDoubtful = ({ answer, older }: Entry) => answer === undefined && older.length > 0
