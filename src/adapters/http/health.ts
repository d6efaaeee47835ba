/** `/healthz`, `/readyz` and `/metrics`: for whoever keeps the service running (O5). */
import type { Log } from '../../core/ports.ts'
import type { Answer } from './webhook.ts'

/** One thing that must work before traffic is sent here. Resolves to a word; rejects with why not. */
export type ReadinessCheck = () => Promise<string>

export interface MetricsText {
  text(): Promise<string>
  readonly contentType: string
}

const checkWithinMs = 1000
const json = { 'content-type': 'application/json' }

/** Alive: the process answers. Nothing else is asked, since a restart would not bring Redis back. */
export const healthy: Answer = { status: 200, text: '{"status":"alive"}', headers: json }

/** Ready when every check passes within a second. Why one does not is for the log: anybody may ask, and errors name hosts and users. */
export async function readiness(checks: Readonly<Record<string, ReadinessCheck>>, log: Log): Promise<Answer> {
  const results = await Promise.all(
    Object.entries(checks).map(async ([name, check]) => {
      let timer: NodeJS.Timeout | undefined
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error('no answer within a second')), checkWithinMs)
      })
      try {
        return { name, ok: true, state: await Promise.race([check(), late]) }
      } catch (error) {
        log.warn({ check: name, error }, 'not ready')
        return { name, ok: false, state: 'does not answer' }
      } finally {
        clearTimeout(timer)
      }
    }),
  )
  const ready = results.every(({ ok }) => ok)
  const states = Object.fromEntries(results.map(({ name, state }) => [name, state]))
  return { status: ready ? 200 : 503, text: JSON.stringify({ ready, ...states }), headers: json }
}

export async function metricsAnswer(metrics: MetricsText): Promise<Answer> {
  return { status: 200, text: await metrics.text(), headers: { 'content-type': metrics.contentType } }
}
