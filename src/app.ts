/** The App's front door behind the signature: a verified delivery becomes facts, then keys in the queue, then an answer. */
import { createHints, type HintResolvers } from './app/hints.ts'
import { staleAfter } from './app/stale.ts'
import type { Ledger, Log, Metrics, NewFact, Queue, Readings } from './core/ports.ts'
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
  resolvers: HintResolvers
  readings: Pick<Readings, 'drop'>
  appId: number
}

export interface App {
  /**
   * Record what only this delivery can tell, then queue its subjects. Resolves to a word about what was understood.
   * Rejects when ledger or queue are away: the answer must then be 503, so that the delivery is asked for again.
   */
  receive(delivery: Delivery): Promise<string>
  /** Resolves when no hint waits for its look at GitHub. */
  idle(): Promise<void>
}

export function createApp({ ledger, queue, log, metrics, resolvers, readings, appId }: AppPorts): App {
  const hints = createHints(log)

  return {
    async receive({ event, id, payload }) {
      const understood = intake(event, payload, id, { appId })
      const { facts, keys, acknowledge, shas, bases, installed, word } = understood
      // Before anything is queued: a round that this event asks for must not reuse what it made old.
      for (const { repository, parts } of staleAfter(event, understood)) readings.drop(repository, parts)

      const bySubject = new Map<string, NewFact[]>()
      for (const { subject, entry } of facts)
        bySubject.set(subject, [...(bySubject.get(subject) ?? []), entry])
      // Facts first: a round that ran before them would not see why it was asked for.
      for (const [subject, entries] of bySubject) {
        const written = await ledger.append(subject, entries)
        metrics.count('facts_total', { via: 'webhook' }, written?.length ?? 0)
      }
      await Promise.all([
        ...[...new Set(keys)].map((key) => queue.reconcile(key)),
        ...acknowledge.map((item) => queue.acknowledge(item)),
      ])

      const queueAll = async (found: Promise<string[]>) => {
        for (const key of await found) await queue.reconcile(key)
      }
      for (const { repository, sha } of shas) {
        hints.add(`head ${repository} ${sha}`, () => queueAll(resolvers.withHead(repository, sha)))
      }
      for (const { repository, ref } of bases) {
        hints.add(`base ${repository} ${ref}`, () => queueAll(resolvers.onBase(repository, ref)))
      }
      if (installed.length > 0) hints.add(`installed ${id}`, () => resolvers.onInstalled(installed))

      if (word.startsWith('ignored: cannot read')) log.warn({ event, delivery: id }, word)
      return word
    },
    idle: () => hints.idle(),
  }
}
