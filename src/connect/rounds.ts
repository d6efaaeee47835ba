/** The handler of rounds: which subject a key means, and how that kind is observed, judged and decided. */
import { Bug } from '../core/errors.ts'
import { parseKey, type SubjectKey } from '../core/ids.ts'
import type { ForgeReads } from '../core/ports.ts'
import { extendPull, extendTask } from '../observe/extend.ts'
import { observeGroup } from '../observe/group.ts'
import type { ObservePorts } from '../observe/ports.ts'
import { observePull } from '../observe/pull.ts'
import { observeRollout } from '../observe/rollout.ts'
import { observeTask } from '../observe/task.ts'
import { type Round, type RoundPorts, reconcile } from '../reconcile.ts'
import * as groups from '../subjects/group.ts'
import * as pulls from '../subjects/pull.ts'
import * as rollouts from '../subjects/rollout.ts'
import * as tasks from '../subjects/task.ts'

/** What observing takes beside GitHub. */
export const observingWith = ({ ledger, clock }: Pick<RoundPorts, 'ledger' | 'clock'>) => ({
  ledger,
  clock,
  needs: { pull: pulls.needs, task: tasks.needs, group: groups.needs, rollout: rollouts.needs },
})

/** One handler for every kind of subject; each round's time is observed. */
export function roundHandler(ports: RoundPorts): (key: SubjectKey) => Promise<void> {
  const extending: Omit<ObservePorts, 'forge'> = observingWith(ports)
  const observing = (forge: ForgeReads): ObservePorts => ({ ...extending, forge })
  const round = (key: SubjectKey): Promise<Round> => {
    const subject = parseKey(key)
    switch (subject?.kind) {
      case 'pull':
        return reconcile(
          key,
          {
            judge: pulls.judge,
            decide: pulls.decide,
            check: pulls.check,
            isOver: pulls.isOver,
            observe: (of, forge) => observePull(of, observing(forge)),
            extend: (snapshot, recorded) => extendPull(snapshot, recorded, extending),
          },
          ports,
        )
      case 'task':
        return reconcile(
          key,
          {
            judge: tasks.judge,
            decide: tasks.decide,
            isOver: tasks.isOver,
            check: () => [],
            observe: (of, forge) => observeTask(of, observing(forge)),
            extend: (snapshot, recorded) => extendTask(snapshot, recorded, extending),
          },
          ports,
        )
      case 'group':
        return reconcile(
          key,
          {
            judge: groups.judge,
            decide: groups.decide,
            check: groups.check,
            isOver: groups.isOver,
            observe: (of, forge) => observeGroup(of, observing(forge)),
            // It records on other subjects only; what they say is read anew.
            extend: async () => null,
          },
          ports,
        )
      case 'rollout':
        return reconcile(
          key,
          {
            judge: rollouts.judge,
            decide: rollouts.decide,
            check: rollouts.check,
            isOver: rollouts.isOver,
            observe: (of, forge) => observeRollout(of, observing(forge)),
            // What a fact leads to may be another commit's way: it is read anew, from what the round has read already.
            extend: async () => null,
          },
          ports,
        )
      default:
        throw new Bug(`no subject for the key ${key}`)
    }
  }

  return async (key) => {
    const began = performance.now()
    const { actions } = await round(key)
    const seconds = (performance.now() - began) / 1000
    ports.metrics.observe('round_seconds', seconds, { subject: parseKey(key)?.kind ?? 'unknown' })
    ports.log.debug({ subject: key, seconds, actions }, 'round ended')
  }
}
