/** The ports of a rollout that reach out beside GitHub and models, from the operator's settings (T35). */
import { createAlerts } from '../adapters/alerts/alerts.ts'
import { createMonitors } from '../adapters/monitors/monitors.ts'
import type { Allowed } from '../adapters/outbound/addresses.ts'
import { bareHost, portOf } from '../adapters/outbound/addresses.ts'
import { countingOutbound } from '../adapters/outbound/counting.ts'
import { createOutbound } from '../adapters/outbound/outbound.ts'
import { createProbes } from '../adapters/probe/probe.ts'
import type { Alerts, Clock, Metrics, Monitors, Probes } from '../core/ports.ts'
import type { Environment } from '../environment.ts'

export interface Outside {
  monitors: Monitors
  probes: Probes
  alerts: Alerts
}

export function createOutside(
  { allow, tokens, webhooks }: Environment['outbound'],
  { clock, metrics }: { clock: Clock; metrics: Metrics },
): Outside {
  const client = (purpose: string, allowed: readonly Allowed[]) =>
    countingOutbound(createOutbound({ allow: allowed }), purpose, metrics)
  return {
    monitors: createMonitors({ outbound: client('monitor', allow), tokens }),
    probes: createProbes({ outbound: client('probe', allow), clock }),
    alerts: createAlerts({ outbound: client('alert', Object.values(webhooks).map(placeOf)), webhooks }),
  }
}

/** The operator named this webhook, so it may be inside without being named a second time. */
function placeOf(webhook: string): Allowed {
  const url = new URL(webhook)
  return { kind: 'host', host: bareHost(url), port: portOf(url) }
}
