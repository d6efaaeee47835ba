/** Collecting what monitors and probes show of a deployment: evidence like any other, kept under its request (R1, R3). */
import type { EvidenceRequest, EvidenceResult } from '../core/evidence.ts'
import type { MonitorReading, MonitorSource } from '../core/monitoring.ts'
import type { Clock, Monitors, Probes } from '../core/ports.ts'

export type MeasureRequest = Extract<EvidenceRequest, { kind: 'sample' | 'baseline' | 'probes' }>

export interface MeasurePorts {
  monitors: Monitors
  probes: Probes
  clock: Clock
}

export function isMeasure(request: EvidenceRequest): request is MeasureRequest {
  return request.kind === 'sample' || request.kind === 'baseline' || request.kind === 'probes'
}

/** Measure once. What a source or a service does wrong is a reading of its own; only an abort rejects. */
export async function measure(
  request: MeasureRequest,
  { monitors, probes, clock }: MeasurePorts,
  signal: AbortSignal,
): Promise<EvidenceResult> {
  if (request.kind === 'probes') {
    const results = []
    // One after the other: a canary is small, and a service under test should not be loaded by it.
    for (const check of request.checks) results.push(await probes.probe(check, request.url, signal))
    return { ok: true, body: { results } }
  }
  const read = async (source: MonitorSource): Promise<MonitorReading> => {
    if (request.kind === 'baseline') return monitors.past(source, request.fromMs, request.toMs, signal)
    // What a source without a past shows after a restart says nothing of the moment that was missed.
    if (source.kind === 'json' && clock.nowMs() > request.untilMs)
      return { ok: false, reason: 'nobody was there to ask at that moment, and this source has no past' }
    return monitors.sample(source, request.atMs, signal)
  }
  const readings = await Promise.all(
    request.sources.map(async ({ name, source }) => ({ name, reading: await read(source) })),
  )
  return { ok: true, body: { readings } }
}
