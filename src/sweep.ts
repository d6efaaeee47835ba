/** The sweep: what brings a lost, late or failed delivery back (T12). Each part is bounded, paced by the clock, abortable. */
import { z } from 'zod'
import { formatKey, parseKey, type RepositoryName } from './core/ids.ts'
import type { Clock, Deliveries, Forge, Ledger, Log, Metrics, Queue, Readings } from './core/ports.ts'

export interface SweepPorts {
  ledger: Pick<Ledger, 'openSubjects' | 'setting' | 'putSetting' | 'setOpen'>
  queue: Pick<Queue, 'reconcile'>
  readings: Pick<Readings, 'drop'>
  clock: Clock
  log: Log
  metrics: Metrics
  /** Null when the App's own deliveries cannot be read. */
  deliveries: Deliveries | null
}

/** Subjects a sweep; the ledger gives those first that were visited longest ago, so all get their turn. */
const subjectsASweep = 500
/** GitHub redelivers for three days. */
const redeliverableMs = 3 * 24 * 3600 * 1000
/** The last look goes this far back again: a delivery may be listed late, and asking twice changes nothing. */
const overlapMs = 10 * 60 * 1000
const redeliveriesASweep = 100
const longestRetryMs = 60_000
const lastLookSetting = 'redelivery.lastLookMs'

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
 * Sweep and redeliver at once and then every `everyMs` of the clock, until aborted. A failing part is logged and tried
 * again at the next turn: the sweep is what everything else relies on, so it never ends by itself.
 */
export async function runSweep(ports: SweepPorts, everyMs: number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    let failed = false
    for (const part of [redeliverOnce, sweepOnce]) {
      try {
        await part(ports)
      } catch (error) {
        if (signal.aborted) return
        failed = true
        ports.log.warn({ error, part: part.name }, 'a part of the sweep failed and is tried again')
      }
    }
    await paused(ports.clock, failed ? Math.min(everyMs, longestRetryMs) : everyMs, signal)
  }
}

/** The open pull requests of repositories that the App was just given, one every `pauseMs`, so that limits are kept (O6). */
export async function scanRepositories(
  {
    forge,
    queue,
    clock,
    log,
  }: Pick<SweepPorts, 'queue' | 'clock' | 'log'> & { forge: Pick<Forge, 'openPulls'> },
  repositories: readonly RepositoryName[],
  pauseMs: number,
  signal: AbortSignal,
): Promise<number> {
  let queued = 0
  for (const repository of repositories) {
    if (signal.aborted) break
    try {
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
