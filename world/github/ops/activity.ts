/** What moved the branches of a repository, and who did: GitHub's activity list. */
import type { Site } from '../site.ts'
import type { Account, Repo } from '../state.ts'
import type { RefChange } from './push.ts'

export type Activity = RefChange & {
  id: number
  actorId: number
  at: string
  kind: 'push' | 'force_push' | 'branch_creation' | 'branch_deletion'
}

/** Beside the records, since nothing but the one list reads it; gone with the repository. */
const lists = new WeakMap<Repo, Activity[]>()

export function recordActivity(
  site: Site,
  repo: Repo,
  change: RefChange,
  how: { created: boolean; deleted: boolean; forced: boolean },
  actor: Account,
): void {
  const kind = how.created
    ? 'branch_creation'
    : how.deleted
      ? 'branch_deletion'
      : how.forced
        ? 'force_push'
        : 'push'
  const list = lists.get(repo) ?? []
  lists.set(repo, list)
  list.push({ ...change, id: site.nextId(), actorId: actor.id, at: site.now(), kind })
}

/** Newest first, of one ref when it is named. */
export function activityOf(repo: Repo, ref: string | null): Activity[] {
  const list = lists.get(repo) ?? []
  return list.filter((one) => ref === null || one.ref === ref).reverse()
}
