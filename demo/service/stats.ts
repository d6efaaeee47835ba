/** What the service knows of its own requests: totals for Prometheus, and the last seconds as JSON. */

/** Upper bounds of the histogram, in seconds. */
const bounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
/** Requests that are remembered one by one; older ones are forgotten first. */
const mostRemembered = 100_000

export interface Stats {
  add(status: number, ms: number): void
  prometheus(): string
  json(): object
}

export interface StatsOptions {
  version: string
  memoryLimitBytes: number
  /** What `json` looks back at. */
  windowMs: number
  /** Milliseconds that only grow. */
  now(): number
}

export function createStats({ version, memoryLimitBytes, windowMs, now }: StatsOptions): Stats {
  const totals = new Map<number, number>()
  const buckets = bounds.map(() => 0)
  let sum = 0
  let count = 0
  let recent: { at: number; ms: number; failed: boolean }[] = []

  function inWindow() {
    const from = now() - windowMs
    recent = recent.filter((one) => one.at >= from)
    return recent
  }
  return {
    add(status, ms) {
      totals.set(status, (totals.get(status) ?? 0) + 1)
      const seconds = ms / 1000
      bounds.forEach((bound, at) => {
        if (seconds <= bound) buckets[at] = (buckets[at] ?? 0) + 1
      })
      sum += seconds
      count += 1
      recent.push({ at: now(), ms, failed: status >= 500 })
      if (recent.length > mostRemembered) recent = recent.slice(-mostRemembered / 2)
    },
    prometheus() {
      const lines = [
        '# TYPE http_requests_total counter',
        ...[...totals].map(([status, total]) => `http_requests_total{status="${status}"} ${total}`),
        '# TYPE http_request_duration_seconds histogram',
        ...bounds.map((bound, at) => `http_request_duration_seconds_bucket{le="${bound}"} ${buckets[at]}`),
        `http_request_duration_seconds_bucket{le="+Inf"} ${count}`,
        `http_request_duration_seconds_sum ${sum}`,
        `http_request_duration_seconds_count ${count}`,
        '# TYPE process_resident_memory_bytes gauge',
        `process_resident_memory_bytes ${process.memoryUsage.rss()}`,
        '# TYPE service_memory_limit_bytes gauge',
        `service_memory_limit_bytes ${memoryLimitBytes}`,
        '# TYPE service_info gauge',
        `service_info{version=${JSON.stringify(version)}} 1`,
      ]
      return `${lines.join('\n')}\n`
    },
    json() {
      const window = inWindow()
      const requests = window.length
      const errors = window.filter((one) => one.failed).length
      const sorted = window.map((one) => one.ms).sort((one, other) => one - other)
      const residentBytes = process.memoryUsage.rss()
      return {
        version,
        windowSeconds: windowMs / 1000,
        requests,
        errors,
        // Nothing was asked: then nothing is known, and null says so.
        errorRatio: requests === 0 ? null : errors / requests,
        p95Ms: sorted[Math.ceil(requests * 0.95) - 1] ?? null,
        memory: { residentBytes, limitBytes: memoryLimitBytes, ratio: residentBytes / memoryLimitBytes },
      }
    },
  }
}
