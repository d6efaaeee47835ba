/** What observing needs from outside, and the one way a part of it is marked as not readable. */
import { RetryLater, Terminal } from '../core/errors.ts'
import type { EvidenceRequest } from '../core/evidence.ts'
import type { RepositoryName } from '../core/ids.ts'
import type { Clock, ForgeReads, Ledger, PullReads } from '../core/ports.ts'
import type { Known, RepositoryReading } from '../core/snapshot/common.ts'
import type { GroupSnapshot } from '../core/snapshot/group.ts'
import type { PullSnapshot } from '../core/snapshot/pull.ts'
import type { RolloutSnapshot } from '../core/snapshot/rollout.ts'
import type { TaskSnapshot } from '../core/snapshot/task.ts'
import type { Policy } from '../policy/schema.ts'

export interface ObservePorts {
  forge: ForgeReads
  ledger: Pick<Ledger, 'facts' | 'evidence' | 'setting' | 'putSetting' | 'spentSince'>
  clock: Clock
  /** What the subjects declare that they need; pure. Observing may not import the subjects, so they are handed in. */
  needs: {
    pull(snapshot: PullSnapshot<Policy>): EvidenceRequest[]
    task(snapshot: TaskSnapshot<Policy>): EvidenceRequest[]
    group(snapshot: GroupSnapshot<Policy>): EvidenceRequest[]
    rollout(snapshot: RolloutSnapshot<Policy>): EvidenceRequest[]
  }
}

/** What observing a pull request needs, which is less. */
export interface PullPorts {
  forge: PullReads & Pick<ForgeReads, 'identity' | 'branchRules'>
  ledger: Pick<Ledger, 'facts' | 'evidence' | 'setting' | 'putSetting'>
  clock: Pick<Clock, 'nowMs'>
  needs: Pick<ObservePorts['needs'], 'pull'>
}

/**
 * The repository of a subject, or null when it cannot be seen, or not under this name: GitHub answers for the old name of
 * a renamed or transferred repository too, and two keys must never speak about one pull request.
 */
export async function readRepository(
  forge: Pick<ForgeReads, 'repository'>,
  name: RepositoryName,
): Promise<RepositoryReading | null> {
  const found = await forge.repository(name)
  return found.found ? underName(name, found.value) : null
}

/** The same for a repository that came with what was read of it. */
export function underName(name: RepositoryName, repository: RepositoryReading): RepositoryReading | null {
  return repository.name.toLowerCase() === name.toLowerCase() ? repository : null
}

/**
 * Read one part of an observation. When GitHub is limited, out or refuses, the part is `unknown` and `missing` gets a
 * sentence (S9); anything else is a bug and goes through.
 *
 * @param what completes "could not be read: ", in the words of a reader of the check run.
 */
export async function tryRead<T>(missing: string[], what: string, read: () => Promise<T>): Promise<Known<T>> {
  try {
    return await read()
  } catch (error) {
    if (error instanceof Terminal) missing.push(`${what} could not be read: ${error.forUser}`)
    else if (error instanceof RetryLater)
      missing.push(`${what} could not be read now: ${error.message}. It is read again.`)
    else throw error
    return 'unknown'
  }
}
