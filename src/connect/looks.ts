/** Looks for the board: observed and judged as a round would, on the readings that rounds share, and shared by viewers. */
import { Semaphore } from 'async-mutex'
import type { SubjectKey } from '../core/ids.ts'
import type { Clock, Readings } from '../core/ports.ts'
import type { ObservePorts } from '../observe/ports.ts'
import { observePull } from '../observe/pull.ts'
import { observeRollout } from '../observe/rollout.ts'
import { observeTask } from '../observe/task.ts'
import * as pulls from '../subjects/pull.ts'
import * as rollouts from '../subjects/rollout.ts'
import * as tasks from '../subjects/task.ts'
import type { Looks } from '../web/looks.ts'

/** Two pages that are loaded within this time show the same look. */
const sharedMs = 5000
const mostShared = 2000
/** Looks under way at once, over all viewers: rounds go first. */
const atOnce = 6

export function createLooks(observing: Omit<ObservePorts, 'forge'>, readings: Readings, clock: Clock): Looks {
  const places = new Semaphore(atOnce)
  const shared = new Map<SubjectKey, { untilMs: number; look: Promise<unknown> }>()
  const look =
    <Snapshot, Verdicts>(
      observe: (key: SubjectKey, ports: ObservePorts) => Promise<Snapshot | null>,
      judge: (snapshot: Snapshot) => Verdicts,
    ) =>
    (key: SubjectKey): Promise<{ snapshot: Snapshot; verdicts: Verdicts } | null> => {
      const known = shared.get(key)
      if (known && known.untilMs > clock.nowMs())
        return known.look as Promise<{ snapshot: Snapshot; verdicts: Verdicts } | null>
      const fresh = places.runExclusive(async () => {
        const snapshot = await observe(key, { ...observing, forge: readings.open({ fresh: false }).forge })
        return snapshot && { snapshot, verdicts: judge(snapshot) }
      })
      shared.delete(key)
      const [oldest] = shared.keys()
      if (shared.size >= mostShared && oldest !== undefined) shared.delete(oldest)
      shared.set(key, { untilMs: clock.nowMs() + sharedMs, look: fresh })
      // A failure is no look: the next page asks again.
      fresh.catch(() => shared.get(key)?.look === fresh && shared.delete(key))
      return fresh
    }
  return {
    task: look(observeTask, tasks.judge),
    pull: look((key, ports) => observePull(key, ports), pulls.judge),
    rollout: look(observeRollout, rollouts.judge),
  }
}
