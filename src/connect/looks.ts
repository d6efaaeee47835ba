/** Looks for the board: observed and judged as a round would, on the readings that rounds share, and kept while they stand. */
import { Semaphore } from 'async-mutex'
import { createLru } from '../adapters/github/lru.ts'
import type { Fact } from '../core/facts.ts'
import type { SubjectKey } from '../core/ids.ts'
import type { Clock, Ledger, Reading, Readings } from '../core/ports.ts'
import type { ObservePorts } from '../observe/ports.ts'
import { observePull } from '../observe/pull.ts'
import { observeRollout } from '../observe/rollout.ts'
import { observeTask } from '../observe/task.ts'
import * as pulls from '../subjects/pull.ts'
import * as rollouts from '../subjects/rollout.ts'
import * as tasks from '../subjects/task.ts'
import type { Look, Looks } from '../web/looks.ts'

/** Two pages that are loaded within this time show the same look, whatever happens meanwhile. */
const sharedMs = 5000
/**
 * As long as no event has told of a change, no fact was recorded and no round has run, a look stands; so a page that is left open
 * asks GitHub for nothing. What nobody tells of is read anew after this, as by the sweep.
 */
const keptMs = 300_000
/** Five pages of 60: a snapshot holds the facts of its subject, deliverables and all. */
const mostKept = 300
/** Subjects whose last round is remembered; one that is forgotten ended long before any look that is kept. */
const mostRounds = 10_000
/** Looks under way at once, over all viewers: rounds go first. */
const atOnce = 6

export interface KeptLooks extends Looks {
  /** A round of this subject has ended: it may have collected what a look reads. */
  roundEnded(key: SubjectKey): void
}

interface Kept {
  atMs: number
  reading: Reading
  look: Promise<Look<Seen, unknown> | null>
}
interface Seen {
  key: SubjectKey
  facts: Fact[]
}

export function createLooks(
  observing: Omit<ObservePorts, 'forge'> & { ledger: Pick<Ledger, 'factsAfter'> },
  readings: Readings,
  clock: Clock,
): KeptLooks {
  const { ledger } = observing
  const places = new Semaphore(atOnce)
  const kept = createLru<Kept>({ entries: mostKept })
  const rounds = createLru<number>({ entries: mostRounds })

  /** Whether what was seen then would be seen now, as far as anybody has told. */
  async function stands({ atMs, reading, look }: Kept): Promise<boolean> {
    const ageMs = clock.nowMs() - atMs
    if (ageMs < sharedMs) return true
    if (ageMs >= keptMs || !reading.stands()) return false
    const seen = (await look)?.snapshot
    if (!seen) return false
    const others = relatives(seen)
    if ([seen.key, ...others].some((key) => (rounds.get(key) ?? 0) >= atMs)) return false
    return (await ledger.factsAfter(seen.key, seen.facts.length - 1)).length === 0
  }

  const looks =
    <Snapshot extends Seen, Verdicts>(
      observe: (key: SubjectKey, ports: ObservePorts) => Promise<Snapshot | null>,
      judge: (snapshot: Snapshot) => Verdicts,
    ) =>
    async (key: SubjectKey): Promise<Look<Snapshot, Verdicts> | null> => {
      const known = kept.get(key)
      if (known && (await stands(known))) return known.look as Promise<Look<Snapshot, Verdicts> | null>
      // Somebody else may have begun meanwhile.
      const begun = kept.get(key)
      if (begun && begun !== known) return begun.look as Promise<Look<Snapshot, Verdicts> | null>
      const reading = readings.open({ fresh: false })
      const look = places.runExclusive(async () => {
        const snapshot = await observe(key, { ...observing, forge: reading.forge })
        return snapshot && { snapshot, verdicts: judge(snapshot) }
      })
      kept.set(key, { atMs: clock.nowMs(), reading, look })
      // A failure is no look: the next page asks again.
      look.catch(() => {
        if (kept.get(key)?.look === look) kept.delete(key)
      })
      return look
    }

  return {
    task: looks(observeTask, tasks.judge),
    pull: looks((key, ports) => observePull(key, ports), pulls.judge),
    rollout: looks(observeRollout, rollouts.judge),
    roundEnded: (key) => rounds.set(key, clock.nowMs()),
  }
}

/** The subjects whose facts and evidence a snapshot holds beside its own. */
function relatives(seen: Seen): SubjectKey[] {
  const related = seen as Partial<{
    pull: Partial<Seen> | null
    task: Seen | null
    parent: Seen | null
    children: { key: SubjectKey }[]
  }>
  const all = [related.pull, related.task, related.parent, ...(related.children ?? [])]
  return all.flatMap((one) => one?.key ?? [])
}
