/** A reading without a value, as both kinds of source give it. */
import type { MonitorReading } from '../../core/monitoring.ts'

export const noValue = (reason: string): MonitorReading => ({ ok: false, reason })
