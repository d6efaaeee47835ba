/** Readings kept for a few seconds, so that a burst of rounds asks GitHub once; docs/adr/0005-readings.md argues why it is safe. */
import type { RepositoryName } from '../../core/ids.ts'
import type {
  Clock,
  Forge,
  ForgeActs,
  ForgeReads,
  Git,
  Reading,
  ReadingPart,
  Readings,
} from '../../core/ports.ts'

/** How old a reading may be that a round reuses, in milliseconds of the App's clock. */
export const readingsLiveMs = 10_000
/** A repository's name, default branch and visibility change by an administrator's hand, and a fresh look reads them. */
const repositoryLivesMs = 60_000
/** Readings kept of all repositories together; beyond it everything is read again. */
const mostKept = 2000

interface Entry {
  part: ReadingPart
  value: Promise<unknown>
  startedMs: number
  /** Counts up with every look and every read, so that "before" does not depend on the clock's grain. */
  order: number
}

/** What was asked of GitHub, per repository; in flight or answered. */
export interface KeptReadings extends Readings {
  /** Put a comment that we wrote into the readings that show it, so that it is not read back at once. */
  commented(name: RepositoryName, number: number, comment: { id: number; marker: string; body: string }): void
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
    entries: Map<string, Entry>,
    key: string,
    part: ReadingPart,
    read: () => Promise<T>,
    known: (value: T) => boolean,
  ): Promise<T> {
    if (kept >= mostKept) {
      repositories.clear()
      kept = 0
    }
    order += 1
    const value = read()
    const entry: Entry = { part, value, startedMs: clock.nowMs(), order }
    if (!entries.has(key)) kept += 1
    entries.set(key, entry)
    value.then(
      (answer) => {
        if (!known(answer)) forget(entries, key, entry)
      },
      () => forget(entries, key, entry),
    )
    return value
  }

  function open({ fresh }: { fresh: boolean }): Reading {
    order += 1
    const opened = order
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
      const own = entry !== undefined && entry.order > opened
      const lifeMs = part === 'repository' ? Math.max(repositoryLivesMs, liveMs) : liveMs
      const usable = entry !== undefined && (own || (!fresh && clock.nowMs() - entry.startedMs < lifeMs))
      if (!usable) return ask(entries, key, part, read, known)
      reused ||= !own
      // The key covers the method and its parameters, so what is kept under it has its type.
      return entry.value as Promise<T>
    }

    return {
      reused: () => reused,
      forge: {
        ...forge,
        repository: (name) => through(name, 'repository', [], () => forge.repository(name)),
        pull: (name, number) => through(name, 'pull', [number], () => forge.pull(name, number)),
        issue: (name, number) => through(name, 'issue', [number], () => forge.issue(name, number)),
        workflowRuns: (name, sha) =>
          through(name, 'checks', ['runs', sha], () => forge.workflowRuns(name, sha)),
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
    commented(name, number, comment) {
      const entries = keptOf(name)
      for (const key of [JSON.stringify(['pull', number]), JSON.stringify(['issue', number])]) {
        const entry = entries.get(key)
        if (entry)
          entries.set(key, { ...entry, value: entry.value.then((found) => withComment(found, comment)) })
      }
    },
  }
}

type Conversation = Awaited<ReturnType<ForgeReads['issue']>> | Awaited<ReturnType<ForgeReads['pull']>>

function withComment(found: unknown, comment: { id: number; marker: string; body: string }): Conversation {
  // Only pull and issue readings are kept under these keys.
  const reading = found as Conversation
  if (!reading.found) return reading
  const others = reading.value.ownComments.filter((one) => one.marker !== comment.marker)
  return { ...reading, value: { ...reading.value, ownComments: [...others, comment] } } as Conversation
}

/**
 * The same forge, whose acts drop the readings that they make old. A read that was under way meanwhile is dropped too,
 * since it may have looked before the act.
 */
export function dropping(forge: Forge, readings: KeptReadings): Forge {
  const after = async <T>(
    name: RepositoryName,
    parts: ReadingPart[] | undefined,
    act: Promise<T>,
  ): Promise<T> => {
    try {
      return await act
    } finally {
      // A refused or lost answer may have been carried out all the same.
      readings.drop(name, parts)
    }
  }
  // Spelled out, so that a new act does not compile before somebody has said what it makes old.
  const acts: ForgeActs = {
    async upsertComment(name, number, marker, body, commentId) {
      try {
        const id = await forge.upsertComment(name, number, marker, body, commentId)
        readings.commented(name, number, { id, marker, body })
        return id
      } catch (error) {
        readings.drop(name, ['pull', 'issue'])
        throw error
      }
    },
    writeCheckRun: (name, run, runId) => after(name, ['checks'], forge.writeCheckRun(name, run, runId)),
    setLabels: (name, number, add, remove) =>
      after(name, ['pull', 'issue'], forge.setLabels(name, number, add, remove)),
    // A reaction is in no reading.
    acknowledge: (item) => forge.acknowledge(item),
    openPull: (name, input) => after(name, undefined, forge.openPull(name, input)),
    markReady: (name, nodeId) => after(name, ['pull'], forge.markReady(name, nodeId)),
    postReview: (name, number, input) => after(name, ['pull'], forge.postReview(name, number, input)),
    replyInThread: (name, number, input) => after(name, ['pull'], forge.replyInThread(name, number, input)),
    resolveThread: (name, threadId) => after(name, ['pull'], forge.resolveThread(name, threadId)),
    openIssue: (...input) => forge.openIssue(...input),
    addSubIssue: (...input) => forge.addSubIssue(...input),
    editBody: (name, number, input) => after(name, ['issue'], forge.editBody(name, number, input)),
    // An issue of its own, which no round reads.
    reportIncident: (...input) => forge.reportIncident(...input),
    rerunFailedJobs: (name, runId) => after(name, ['checks'], forge.rerunFailedJobs(name, runId)),
    merge: (name, number, input) => after(name, undefined, forge.merge(name, number, input)),
  }
  return { ...forge, ...acts }
}

/** git whose pushes drop the readings of the repository: GitHub's own webhook about them comes later than the next round. */
export function droppingPushes(git: Git, readings: Pick<Readings, 'drop'>): Git {
  const after = async <T>(name: RepositoryName, push: Promise<T>): Promise<T> => {
    try {
      return await push
    } finally {
      readings.drop(name)
    }
  }
  return {
    ...git,
    push: (name, ...rest) => after(name, git.push(name, ...rest)),
    pushFix: (name, ...rest) => after(name, git.pushFix(name, ...rest)),
  }
}
