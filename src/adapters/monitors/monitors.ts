/** The Monitors port: each kind of source read over HTTP, with whatever it does told as a reading (R3). */
import type { MonitorReading, MonitorSource } from '../../core/monitoring.ts'
import { bounded } from '../../core/outgoingText.ts'
import type { Monitors } from '../../core/ports.ts'
import { code } from '../../core/sentences.ts'
import type { Outbound } from '../outbound/outbound.ts'
import { authorizationFor, type OriginToken } from '../outbound/tokens.ts'
import { readJson } from './json.ts'
import { type PrometheusQuery, readPrometheus } from './prometheus.ts'
import { noValue } from './reading.ts'

const defaultTimeoutMs = 10_000
const longestReason = 500

export interface MonitorsOptions {
  outbound: Outbound
  tokens: readonly OriginToken[]
  /** Of one request; 10 s. */
  timeoutMs?: number
}

export function createMonitors({
  outbound,
  tokens,
  timeoutMs = defaultTimeoutMs,
}: MonitorsOptions): Monitors {
  type Request = { url: string; method: 'GET' | 'POST'; body?: string; headers?: Record<string, string> }

  /** Asks once and reads the answer; a body is read whatever its status, since Prometheus explains errors there. */
  async function ask(
    { headers = {}, ...request }: Request,
    signal: AbortSignal,
    read: (text: string, status: number) => MonitorReading,
  ): Promise<MonitorReading> {
    const answer = await outbound.ask({
      ...request,
      headers: { ...headers, ...authorizationFor(request.url, tokens) },
      timeoutMs,
      signal,
    })
    if (answer.kind !== 'answered') return noValue(bounded(answer.reason, longestReason))
    const reading = read(answer.text, answer.status)
    if (reading.ok) return reading
    const host = code(new URL(request.url).host)
    return noValue(bounded(`${host} ${reading.reason}`, longestReason))
  }
  function query(url: string, asked: PrometheusQuery, signal: AbortSignal): Promise<MonitorReading> {
    const path = asked.kind === 'instant' ? 'query' : 'query_range'
    const { kind: _kind, ...parameters } = asked
    const at = new URL(url)
    at.pathname = `${at.pathname.replace(/\/+$/, '')}/api/v1/${path}`
    // POST, since a query may be longer than a URL.
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const fields = Object.entries(parameters).map(([name, value]): [string, string] => [name, String(value)])
    const body = new URLSearchParams(fields).toString()
    return ask({ url: at.href, method: 'POST', headers, body }, signal, readPrometheus)
  }

  return {
    sample(source, atMs, signal) {
      switch (source.kind) {
        case 'prometheus':
          return query(source.url, { kind: 'instant', query: source.query, time: atMs / 1000 }, signal)
        case 'json':
          return ask({ url: source.url, method: 'GET' }, signal, (text, status) =>
            readJson(text, status, source.pointer),
          )
        default:
          return source satisfies never
      }
    },
    async past(source: MonitorSource, fromMs, toMs, signal) {
      signal.throwIfAborted()
      if (source.kind === 'json') return noValue('a JSON page shows what is now and has no past')
      if (!(fromMs < toMs)) return noValue('the time to look back at is empty')
      const range = { start: fromMs / 1000, end: toMs / 1000, step: stepSeconds(fromMs, toMs) }
      return query(source.url, { kind: 'range', query: source.query, ...range }, signal)
    },
  }
}

/** Points of a look back: enough for a mean, few enough for any server. */
const pointsOfRange = 100

/** Whole seconds, so that equal ranges ask for equal points. */
function stepSeconds(fromMs: number, toMs: number): number {
  return Math.max(1, Math.ceil((toMs - fromMs) / 1000 / pointsOfRange))
}
