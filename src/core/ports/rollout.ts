/** Monitors, Probes and Alerts: what a rollout sees of a running service, and whom it tells (R1, R3, T35). */
import type { AlertMessage, MonitorReading, MonitorSource, ProbeCheck, ProbeResult } from '../monitoring.ts'

/** Figures about a service. Whatever a source does is a reading; both methods reject on abort only, with its reason. */
export interface Monitors {
  /** The figure at a time (epoch ms); a source without a past gives what it shows now. */
  sample(source: MonitorSource, atMs: number, signal: AbortSignal): Promise<MonitorReading>
  /** The mean of the finite points of a time range (epoch ms). Not ok for a source that has no past. */
  past(source: MonitorSource, fromMs: number, toMs: number, signal: AbortSignal): Promise<MonitorReading>
}

/** Requests to a deployed service. Rejects on abort only: whatever the service does is a result. */
export interface Probes {
  /** @param baseUrl where the deployment says it is; what may be reached there is the operator's to say. */
  probe(check: ProbeCheck, baseUrl: string, signal: AbortSignal): Promise<ProbeResult>
}

/** Messages to people outside GitHub. Rejects on abort only. */
export interface Alerts {
  /**
   * Sent once for each call; whoever calls keeps account of what was sent.
   *
   * @param channel a name that the operator gave to an address; policy names channels, never addresses.
   */
  send(
    channel: string,
    message: AlertMessage,
    signal: AbortSignal,
  ): Promise<{ ok: true } | { ok: false; reason: string }>
}
