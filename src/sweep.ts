/** The sweep: what brings a lost, late or failed delivery back (T12). Each part is bounded, paced by the clock, abortable. */
import { z } from 'zod'
import { formatKey, parseKey, type RepositoryName } from './core/ids.ts'
import type {
  Clock,
  Deliveries,
  Forge,
  ForgeReads,
  Ledger,
  Log,
  Metrics,
  Queue,
  Readings,
} from './core/ports.ts'

export interface SweepPorts {
  ledger: Pick<Ledger, 'openSubjects' | 'setting' | 'putSetting' | 'setOpen'>
  queue: Pick<Queue, 'reconcile'>
  readings: Pick<Readings, 'drop'>
  clock: Clock
  log: Log
  metrics: Metrics
  /** Null when the App's own deliveries cannot be read. */
  deliveries: Deliveries | null
  forge: Pick<ForgeReads, 'installedRepositories'>
  audit: Audit
}

/** The audit of a repository's protected branches, one at a time. */
export interface Audit {
  /** From now on: what moved before is not looked at. */
  begin(repository: RepositoryName): Promise<void>
  /** What moved since the last look. */
  look(repository: RepositoryName): Promise<void>
}

/** Subjects a sweep; the ledger gives those first that were visited longest ago, so all get their turn. */
const subjectsASweep = 500
/**
 * Repositories whose branches a sweep looks at. An unchanged one costs a conditional request, which is free, and so many
 * stay in the memory of answers that makes it so.
 */
export const auditsASweep = 200
/** GitHub redelivers for three days. */
const redeliverableMs = 3 * 24 * 3600 * 1000
/** The last look goes this far back again: a delivery may be listed late, and asking twice changes nothing. */
const overlapMs = 10 * 60 * 1000
const redeliveriesASweep = 100
const longestRetryMs = 60_000
const lastLookSetting = 'redelivery.lastLookMs'
const lastAuditSetting = 'audit.lastRepository'

/** Queue every open subject whose turn it is, to be read anew: no event may have told what has changed. Returns how many. */
export async function sweepOnce({ ledger, queue, readings, metrics }: SweepPorts): Promise<number> {
  const subjects = await ledger.openSubjects(subjectsASweep)
  for (const repository of new Set(subjects.flatMap((key) => parseKey(key)?.repository ?? [])))
    readings.drop(repository)
  for (const subject of subjects) await queue.reconcile(subject)
  metrics.count('sweep_subjects_total', {}, subjects.length)
  return subjects.length
}

/**
 * Ask GitHub again for deliveries that failed since the last look, at most three days back. The last look is remembered
 * only as far as everything before it was asked for. Returns how many were asked for.
 */
export async function redeliverOnce({
  ledger,
  clock,
  log,
  metrics,
  deliveries,
}: SweepPorts): Promise<number> {
  if (!deliveries) return 0
  const nowMs = clock.nowMs()
  const stored = z.coerce
    .number()
    .int()
    .nonnegative()
    .safeParse(await ledger.setting(lastLookSetting))
  const lastMs = stored.success ? stored.data - overlapMs : 0
  const failed = await deliveries.failedSince(Math.max(lastMs, nowMs - redeliverableMs))
  const oldestFirst = [...failed].sort((a, b) => a.deliveredAtMs - b.deliveredAtMs)
  const now = oldestFirst.slice(0, redeliveriesASweep)
  for (const { id, guid } of now) {
    log.info({ delivery: guid }, 'asking for a failed delivery again')
    await deliveries.redeliver(id)
    metrics.count('redeliveries_total')
  }
  const next = oldestFirst[now.length]
  await ledger.putSetting(lastLookSetting, String(next ? next.deliveredAtMs : nowMs))
  return now.length
}

/**
 * Look at what moved the protected branches of the repositories whose turn it is (T20): all of them, or as many as a
 * sweep takes from where the last one ended, so that each has one turn before any has another. One that cannot be read
 * holds up no other. Returns how many were looked at.
 */
export async function auditOnce(
  { ledger, forge, audit, log, metrics }: SweepPorts,
  signal: AbortSignal,
): Promise<number> {
  const all = [...new Set(await forge.installedRepositories())].sort()
  const last = (await ledger.setting(lastAuditSetting)) ?? ''
  const next = all.filter((name) => name > last)
  const turn = [...next, ...all.slice(0, all.length - next.length)].slice(0, auditsASweep)
  for (const repository of turn) {
    if (signal.aborted) return 0
    try {
      await audit.look(repository)
    } catch (error) {
      log.warn({ repository, error }, 'the branches of a repository could not be audited')
    }
  }
  const end = turn.at(-1)
  if (end !== undefined && turn.length < all.length) await ledger.putSetting(lastAuditSetting, end)
  metrics.count('audited_repositories_total', {}, turn.length)
  return turn.length
}

/**
 * Sweep, audit and redeliver at once and then every `everyMs` of the clock, until aborted. A failing part is logged and tried
 * again at the next turn: the sweep is what everything else relies on, so it never ends by itself.
 */
export async function runSweep(ports: SweepPorts, everyMs: number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    let failed = false
    for (const part of [redeliverOnce, sweepOnce, auditOnce]) {
      try {
        await part(ports, signal)
      } catch (error) {
        if (signal.aborted) return
        failed = true
        ports.log.warn({ error, part: part.name }, 'a part of the sweep failed and is tried again')
      }
    }
    await paused(ports.clock, failed ? Math.min(everyMs, longestRetryMs) : everyMs, signal)
  }
}

/** Repositories that the App was just given: their audit begins, and their open pull requests get a round, one every `pauseMs`, so that limits are kept (O6). */
export async function scanRepositories(
  {
    forge,
    queue,
    audit,
    clock,
    log,
  }: Pick<SweepPorts, 'queue' | 'audit' | 'clock' | 'log'> & { forge: Pick<Forge, 'openPulls'> },
  repositories: readonly RepositoryName[],
  pauseMs: number,
  signal: AbortSignal,
): Promise<number> {
  let queued = 0
  for (const repository of repositories) {
    if (signal.aborted) break
    try {
      await audit.begin(repository)
      for (const number of await forge.openPulls(repository)) {
        if (signal.aborted) break
        await queue.reconcile(formatKey({ kind: 'pull', repository, number }))
        queued += 1
        await paused(clock, pauseMs, signal)
      }
    } catch (error) {
      log.warn({ repository, error }, 'the open pull requests of a new repository could not be scanned')
    }
  }
  return queued
}

/** Sleep that an abort ends quietly; the caller's loop looks at the signal. */
async function paused(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  try {
    await clock.sleep(ms, signal)
  } catch (error) {
    if (!signal.aborted) throw error
  }
}
