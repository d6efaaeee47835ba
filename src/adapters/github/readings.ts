/** Readings kept for a few seconds, so that a burst of rounds asks GitHub once; docs/adr/0005-readings.md argues why it is safe. */
import type { RepositoryName, Sha } from '../../core/ids.ts'
import type {
  Clock,
  ForgeReads,
  Found,
  IssueObservation,
  PullObservation,
  Reading,
  ReadingPart,
  Readings,
} from '../../core/ports.ts'
import type { WorkflowRun } from '../../core/snapshot/pull.ts'

/** How old a reading may be that a round reuses, in milliseconds of the App's clock. */
export const readingsLiveMs = 10_000
/** A repository's name, default branch and visibility change by an administrator's hand, and a fresh look reads them. */
const repositoryLivesMs = 60_000
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
}

/** What was asked of GitHub, per repository; in flight or answered. */
export interface KeptReadings extends Readings {
  /** Put what we wrote into the reading of what was asked, `['pull', 34]` say, if it is kept. */
  mend(name: RepositoryName, asked: readonly unknown[], change: (value: unknown) => unknown): void
}

/**
 * @param forge answers what is not kept. Failed reads and failed look-ups of people are never kept.
 * @param liveMs how long a reading may be reused, in milliseconds.
 */
export function createReadings(forge: ForgeReads, clock: Clock, liveMs = readingsLiveMs): KeptReadings {
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
    const entry: Entry = { part, asked, value, startedMs: clock.nowMs(), order }
    if (!entries.has(key)) kept += 1
    entries.set(key, entry)
    value.then(
      (answer) => {
        entry.answer = answer
        if (!known(answer)) forget(entries, key, entry)
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
    entry.value = entry.value.then(change)
    // Nobody may be waiting for it.
    entry.value.catch(() => forget(entries, key, entry))
  }

  /** What came with a pull request or an issue is kept as if it had been asked for by itself, just then. */
  function seed(name: RepositoryName, { answer, startedMs, order: asOf }: Entry): void {
    const keep = (part: ReadingPart, asked: readonly unknown[], value: unknown) => {
      const entries = keptOf(name)
      const key = JSON.stringify([part, ...asked])
      const known = entries.get(key)
      if (kept >= mostKept || (known && known.order > asOf)) return
      if (!known) kept += 1
      entries.set(key, { part, asked, value: Promise.resolve(value), answer: value, startedMs, order: asOf })
    }
    const found = answer as Found<IssueObservation | PullObservation>
    if (!found.found) return
    keep('repository', [], { found: true, value: found.value.repository })
    if (!('pull' in found.value)) return
    const { pull, checks, baseRules } = found.value
    if (checks) keep('checks', [pull.head.sha], checks)
    if (baseRules) keep('branches', ['rules', pull.base.ref], baseRules)
  }

  function open({ fresh }: { fresh: boolean }): Reading {
    order += 1
    return lookFrom(order, fresh)
  }

  /** @param began what was read after this is the round's own. */
  function lookFrom(began: number, fresh: boolean): Reading {
    let reused = false

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
      const lifeMs = part === 'repository' ? Math.max(repositoryLivesMs, liveMs) : liveMs
      const usable = entry !== undefined && (own || (!fresh && clock.nowMs() - entry.startedMs < lifeMs))
      if (!usable) return ask(name, [part, ...asked], read, known)
      reused ||= !own
      // The key covers the method and its parameters, so what is kept under it has its type.
      return entry.value as Promise<T>
    }

    return {
      reused: () => reused,
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
        deployments: (name, environment) =>
          through(name, 'deployments', [environment], () => forge.deployments(name, environment)),
        issueType: (name, number) =>
          through(name, 'issue', ['type', number], () => forge.issueType(name, number)),
        checks: (name, sha) => through(name, 'checks', [sha], () => forge.checks(name, sha)),
        pushes: (name, ref) => through(name, 'branches', ['pushes', ref], () => forge.pushes(name, ref)),
        branchTip: (name, ref) => through(name, 'branches', ['tip', ref], () => forge.branchTip(name, ref)),
        branchRules: (name, ref) =>
          through(name, 'branches', ['rules', ref], () => forge.branchRules(name, ref)),
        resolves: (name, sha, reference) =>
          through(name, 'issue', ['resolves', sha, reference], () => forge.resolves(name, sha, reference)),
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
      }
      if (entries.size === 0) repositories.delete(name.toLowerCase())
    },
    checked(name, sha) {
      const entries = repositories.get(name.toLowerCase()) ?? new Map<string, Entry>()
      for (const [key, entry] of entries) if (showsChecksOf(entry, sha)) forget(entries, key, entry)
    },
    moved(name, ref, to) {
      const entries = repositories.get(name.toLowerCase()) ?? new Map<string, Entry>()
      for (const [key, entry] of entries) if (showsElsewhere(entry, ref, to)) forget(entries, key, entry)
    },
    mend,
  }
}

/** Whether a reading shows the branch, or a pull request from or onto it, anywhere but there; one under way may. */
function showsElsewhere({ part, asked, answer }: Entry, ref: string, to: Sha): boolean {
  if (part === 'branches') return asked[1] === ref
  if (part !== 'pull') return false
  const reading = answer as Found<PullObservation> | undefined
  if (!reading?.found) return true
  const { head, base } = reading.value.pull
  return (head.ref === ref && head.sha !== to) || (base.ref === ref && base.tip !== to)
}

/** Whether more comes with a reading than was asked for: `issue` also stands for types and references. */
const carries = (part: ReadingPart, asked: readonly unknown[]) =>
  (part === 'pull' || part === 'issue') && asked.length === 1

/** Whether a reading shows the checks of a commit, by itself or with a pull request; one under way may. */
function showsChecksOf({ part, asked, answer }: Entry, sha: Sha): boolean {
  if (part === 'checks' && asked[0] === 'run') {
    const run = answer as Found<WorkflowRun> | undefined
    return !run?.found || run.value.sha === sha
  }
  if (part === 'checks') return asked.at(-1) === sha
  if (part !== 'pull') return false
  const reading = answer as Found<PullObservation> | undefined
  return !reading?.found || reading.value.pull.head.sha === sha
}
