/** The handler of rounds: which subject a key means, and how that kind is observed, judged and decided. */
import { Bug } from '../core/errors.ts'
import { parseKey, type SubjectKey } from '../core/ids.ts'
import type { Clock, Forge, Ledger, Log, Metrics, Queue } from '../core/ports.ts'
import type { ObservePorts } from '../observe/ports.ts'
import { observePull } from '../observe/pull.ts'
import { observeTask } from '../observe/task.ts'
import { type Round, reconcile } from '../reconcile.ts'
import * as pulls from '../subjects/pull.ts'
import * as tasks from '../subjects/task.ts'

interface RoundPorts {
  forge: Forge
  ledger: Ledger
  queue: Queue
  clock: Clock
  metrics: Metrics
  log: Log
}

/** One handler for every kind of subject; each round's time is observed. */
export function roundHandler(ports: RoundPorts): (key: SubjectKey) => Promise<void> {
  const { forge, ledger, clock, metrics } = ports
  const observing: ObservePorts = { forge, ledger, clock, needs: { pull: pulls.needs, task: tasks.needs } }

  const round = (key: SubjectKey): Promise<Round> => {
    const subject = parseKey(key)
    switch (subject?.kind) {
      case 'pull':
        return reconcile(key, { ...pulls, observe: (of) => observePull(of, observing) }, ports)
      case 'task': {
        const observe = (of: SubjectKey) => observeTask(of, observing)
        return reconcile(key, { ...tasks, check: () => [], observe }, ports)
      }
      default:
        throw new Bug(`no subject for the key ${key}`)
    }
  }

  return async (key) => {
    const began = performance.now()
    await round(key)
    metrics.observe('round_seconds', (performance.now() - began) / 1000, {
      subject: parseKey(key)?.kind ?? 'unknown',
    })
  }
}
