/** Work item `alert`: tells people outside GitHub once, and puts on record whether it left the house (R3). */
import { factsOf } from '../core/facts.ts'
import type { Alerts, Clock, Ledger, Log, Metrics, Queue } from '../core/ports.ts'
import type { WorkItem } from '../core/work.ts'

export interface AlertPorts {
  alerts: Alerts
  ledger: Pick<Ledger, 'append' | 'facts' | 'intend'>
  queue: Pick<Queue, 'reconcile'>
  clock: Clock
  metrics: Metrics
  log: Log
}

/** Pauses before the second and third try, in milliseconds of the App's clock. */
const pausesMs = [2000, 10_000]

/** The intent row comes first: after a crash in the middle nobody is told twice, and the record says that it is not known. */
export async function runAlert(
  item: Extract<WorkItem, { kind: 'alert' }>,
  ports: AlertPorts,
  signal: AbortSignal,
): Promise<void> {
  const { subject, of, channel, message } = item
  const { ledger, clock, metrics, log } = ports
  if (factsOf(await ledger.facts(subject), 'alert.sent').some(({ body }) => body.of === of)) return
  const sent = (await ledger.intend(`alert:${subject}:${of}`))
    ? await send()
    : {
        ok: false as const,
        reason: 'the process ended while it was being sent; whether it arrived is not known',
      }
  const sentence = sent.ok ? `Sent to ${channel}.` : `Not sent to ${channel}: ${sent.reason}`.slice(0, 4000)
  if (!sent.ok) log.error({ subject, channel, reason: sent.reason }, 'an alert was not sent')
  metrics.count('alerts_total', { outcome: sent.ok ? 'sent' : 'failed' })
  await ledger.append(subject, [
    { actor: null, body: { kind: 'alert.sent', of, channel, ok: sent.ok, sentence } },
  ])
  await ports.queue.reconcile(subject)

  async function send() {
    let outcome = await ports.alerts.send(channel, message, signal)
    for (const pause of pausesMs) {
      if (outcome.ok) break
      await clock.sleep(pause, signal)
      outcome = await ports.alerts.send(channel, message, signal)
    }
    return outcome
  }
}
