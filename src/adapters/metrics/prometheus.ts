/** The Metrics port as a Prometheus registry. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { Bug } from '../../core/errors.ts'
import type { Metrics } from '../../core/ports.ts'
import { type MetricDefinition, metricDefinitions } from './names.ts'

export interface PrometheusMetrics extends Metrics {
  /** The text that Prometheus reads, and its content type. */
  text(): Promise<string>
  readonly contentType: string
}

/** @param withProcess also memory, CPU and event-loop figures of this process; off in tests, since they hold timers. */
export function createMetrics(withProcess = true): PrometheusMetrics {
  const registry = new Registry()
  if (withProcess) collectDefaultMetrics({ register: registry, prefix: 'countersign_' })
  const counters = new Map<string, Counter>()
  const gauges = new Map<string, Gauge>()
  const histograms = new Map<string, Histogram>()
  for (const [name, definition] of Object.entries(metricDefinitions)) {
    const options = optionsOf(name, definition, registry)
    if (definition.kind === 'counter') counters.set(name, new Counter(options))
    else if (definition.kind === 'gauge') gauges.set(name, new Gauge(options))
    else histograms.set(name, new Histogram({ ...options, buckets: [...(definition.buckets ?? [])] }))
  }
  const known = <T>(metrics: Map<string, T>, name: string): T => {
    const metric = metrics.get(name)
    if (!metric)
      throw new Bug(`metric ${name} is not declared in src/adapters/metrics/names.ts with this kind`)
    return metric
  }
  return {
    count: (name, labels = {}, by = 1) => known(counters, name).inc(labels, by),
    gauge: (name, value, labels = {}) => known(gauges, name).set(labels, value),
    observe: (name, value, labels = {}) => known(histograms, name).observe(labels, value),
    text: () => registry.metrics(),
    contentType: registry.contentType,
  }
}

function optionsOf(name: string, { help, labels }: MetricDefinition, registry: Registry) {
  return { name: `countersign_${name}`, help, labelNames: [...labels], registers: [registry] }
}
