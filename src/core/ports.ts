/** Ports: everything the loop needs from outside, as interfaces. Adapters implement them; only `main` knows both. */
export * from './ports/fileTools.ts'
export * from './ports/forge.ts'
export * from './ports/ledger.ts'
export * from './ports/model.ts'
export * from './ports/observations.ts'
export * from './ports/queue.ts'
export * from './ports/readings.ts'
export * from './ports/rollout.ts'
export * from './ports/viewers.ts'
export * from './ports/workspace.ts'

/** The App's clock. Tests and the demo compress it; decisions see it only as `snapshot.nowMs`. */
export interface Clock {
  nowMs(): number
  /** Resolves after `ms` of this clock, or rejects with the signal's reason. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

/** Counters, gauges and histograms, by name; unknown names are a Bug. */
export interface Metrics {
  count(name: string, labels?: Record<string, string>, by?: number): void
  observe(name: string, value: number, labels?: Record<string, string>): void
  gauge(name: string, value: number, labels?: Record<string, string>): void
}

/** Structured log with a correlation id in the bindings; secrets are redacted by known value (O5). */
export interface Log {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
  child(bindings: object): Log
}
