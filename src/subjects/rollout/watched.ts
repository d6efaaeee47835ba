/** A deployment with its canary and its window, while it is watched and when people look at it again later (R1, R3). */
import type { EvidenceView } from '../../core/evidence.ts'
import type { Fact } from '../../core/facts.ts'
import type { RolloutSnapshot } from '../../core/snapshot/rollout.ts'
import type { Policy } from '../../policy/schema.ts'
import type { EnvironmentSettings } from '../../rollout/settings.ts'
import { lastHealthyMeans, type Seen } from '../../rollout/state.ts'
import { isAmount, judgeWindow, type Readings, type WindowVerdict } from '../../rollout/window.ts'
import { judgeCanary } from './canary.ts'
import { windowRequests } from './needs.ts'
import type { Watched } from './verdicts.ts'

/** How often a window that goes well is told on the way. */
const timesTold = 5

export function judgeWatched(
  snapshot: RolloutSnapshot<Policy>,
  settings: EnvironmentSettings | null,
  seen: Seen | null,
): Watched | null {
  if (!seen || seen.adopted) return null
  const canary = judgeCanary(snapshot, settings, seen)
  const { window } = seen
  if (!window) return { seen, canary, window: null, told: null }
  const { rules } = window.body
  const { before, samples } = measured(snapshot, seen, window, snapshot.nowMs)
  const judged = (some: readonly Readings[]) =>
    before === null ? judgeWindow(rules, new Map(), []) : judgeWindow(rules, before, some)
  const whole = judged(samples)
  const every = Math.ceil(rules.samples / timesTold)
  const told =
    whole.state === 'watching' ? judged(samples.slice(0, samples.length - (samples.length % every))) : whole
  return { seen, canary, window: whole, told }
}

/**
 * A window of the past, judged again from what was measured then. Whatever it says now, what it came to is on record.
 *
 * @returns null where nothing that was measured is left, or nothing had been yet.
 */
export function judgePast(
  facts: readonly Fact[],
  evidence: EvidenceView,
  seen: Seen,
  nowMs: number,
): WindowVerdict | null {
  const { window } = seen
  if (!window) return null
  const { before, samples } = measured({ facts, evidence }, seen, window, nowMs)
  return before === null || samples.length === 0 ? null : judgeWindow(window.body.rules, before, samples)
}

/** The baseline, null while it is collected, and the samples up to the first that is not there. */
function measured(
  { facts, evidence }: { facts: readonly Fact[]; evidence: EvidenceView },
  seen: Seen,
  window: NonNullable<Seen['window']>,
  nowMs: number,
): { before: ReadonlyMap<string, number> | null; samples: Readings[] } {
  const requests = windowRequests(seen, window.body, seen.ended?.atMs ?? nowMs)
  const samples: Readings[] = []
  for (const request of requests.samples) {
    const result = evidence.get(request)
    if (!result) break
    samples.push(new Map(result.ok ? result.body.readings.map(({ name, reading }) => [name, reading]) : []))
  }
  const result = evidence.get(requests.baseline)
  // guard: baselineFirst
  if (!result) return { before: null, samples }
  // From the time before the deployment, else from the last healthy window.
  const earlier = lastHealthyMeans(facts.filter(({ seq }) => seq < window.seq))
  const read = (result.ok ? result.body.readings : []).flatMap(({ name, reading }): [string, number][] =>
    reading.ok && isAmount(reading.value) ? [[name, reading.value]] : [],
  )
  return { before: new Map([...earlier, ...read]), samples }
}
