/** The App's front door behind the signature: a verified delivery becomes facts, then keys in the queue, then an answer. */
import { burstMs, createBursts } from './app/bursts.ts'
import { createHints, type HintResolvers } from './app/hints.ts'
import { staleAfter } from './app/stale.ts'
import type { Clock, Ledger, Log, Metrics, NewFact, Queue, Readings } from './core/ports.ts'
import { intake } from './intake/intake.ts'

export interface Delivery {
  /** X-GitHub-Event, e.g. `issue_comment`. */
  event: string
  /** X-GitHub-Delivery. A redelivery has the same one, so it is no reason to leave a delivery out (github-facts). */
  id: string
  payload: unknown
}

export interface AppPorts {
  ledger: Pick<Ledger, 'append'>
  queue: Pick<Queue, 'reconcile' | 'acknowledge'>
  log: Log
  metrics: Metrics
  clock: Clock
  resolvers: HintResolvers
  readings: Omit<Readings, 'open'>
  appId: number
  /** The accounts under which Countersign acts; empty until they are known. */
  own(): ReadonlySet<number>
}

export interface App {
  /**
   * Record what only this delivery can tell, then queue its subjects. Resolves to a word about what was understood.
   * Rejects when ledger or queue are away: the answer must then be 503, so that the delivery is asked for again.
   */
  receive(delivery: Delivery): Promise<string>
  /** Resolves when no hint waits for its look at GitHub, or for its burst to pass. */
  idle(): Promise<void>
}

export function createApp(ports: AppPorts): App {
  const { ledger, queue, log, metrics, resolvers, readings, appId } = ports
  const lookups = createHints(ports.clock, log)
  const bursts = createBursts(ports.clock)

  return {
    async receive({ event, id, payload }) {
      const understood = intake(event, payload, id, { appId, own: ports.own() })
      const { facts, keys, hints, acknowledge, shas, bases, installed, word } = understood
      // Before anything is queued: a round that this event asks for must not reuse what it made old.
      for (const { repository, parts } of staleAfter(event, understood)) readings.drop(repository, parts)
      const looks = new Map([...new Set(hints)].map((key) => [key, bursts.delayMs(key)]))
      const withinMs = Math.min(burstMs, ...looks.values())
      for (const { repository, sha } of understood.checked) readings.checked(repository, sha, withinMs)
      for (const { repository, ref, sha, pull } of understood.moved)
        readings.moved(repository, ref, sha, pull)

      const bySubject = new Map<string, NewFact[]>()
      for (const { subject, entry } of facts)
        bySubject.set(subject, [...(bySubject.get(subject) ?? []), entry])
      // Facts first: a round that ran before them would not see why it was asked for.
      for (const [subject, entries] of bySubject) {
        const written = await ledger.append(subject, entries)
        metrics.count('facts_total', { via: 'webhook' }, written?.length ?? 0)
      }
      // A person is told that they were heard before a round begins to work on it.
      await Promise.all([
        ...acknowledge.map((item) => queue.acknowledge(item)),
        ...[...new Set(keys)].map((key) => queue.reconcile(key)),
        ...[...looks].map(([key, delayMs]) => queue.reconcile(key, { delayMs })),
      ])

      const queueAll = async (found: Promise<string[]>) => {
        for (const key of await found) await queue.reconcile(key)
      }
      for (const { repository, sha } of shas) {
        const resolve = () => queueAll(resolvers.withHead(repository, sha))
        lookups.add(`head ${repository} ${sha}`, resolve, burstMs)
      }
      for (const { repository, ref } of bases) {
        lookups.add(`base ${repository} ${ref}`, () => queueAll(resolvers.onBase(repository, ref)))
      }
      if (installed.length > 0) lookups.add(`installed ${id}`, () => resolvers.onInstalled(installed))

      if (word.startsWith('ignored: cannot read')) log.warn({ event, delivery: id }, word)
      return word
    },
    async idle() {
      await lookups.idle()
      await bursts.idle()
    },
  }
}
