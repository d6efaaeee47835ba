/** Merge queues as GitHub keeps them: a branch of real merges for each entry, checks asked for on it, merged by GitHub itself. */
import { findAccount } from '../access.ts'
import { createAccount } from '../accounts.ts'
import { GitHubError } from '../errors.ts'
import { ZERO_SHA } from '../git.ts'
import { must, type Site, type SiteEvent } from '../site.ts'
import type { Account, MergeQueueRule, Pull, QueueEntry, Repo, RequiredChecksRule } from '../state.ts'
import { simpleCommit } from '../views/commit.ts'
import { mergedCommit } from './merge.ts'
import { emitPull, issueOf, recordMerged } from './pulls.ts'
import { afterPush } from './push.ts'
import { checksState } from './requirements.ts'
import { judgeUpdate, rulesetsFor } from './rules.ts'

type LeaveReason = 'MANUAL' | 'MERGE' | 'MERGE_CONFLICT' | 'CI_FAILURE' | 'CI_TIMEOUT' | 'BRANCH_PROTECTIONS'
type GroupEnd = 'merged' | 'invalidated' | 'dequeued'
type Queue = { site: Site; repo: Repo; baseRef: string }

const refused = (message: string) => new GitHubError(422, message)
const turns = new WeakMap<Site, Promise<unknown>>()

/** One change of a queue after the other, over all queues of a world. */
function inTurn<T>(site: Site, work: () => Promise<T>): Promise<T> {
  const turn = (turns.get(site) ?? Promise.resolve()).catch(() => undefined).then(work)
  turns.set(site, turn)
  return turn
}

function rulesOf({ site, repo, baseRef }: Queue) {
  const rules = rulesetsFor(site, repo, `refs/heads/${baseRef}`).flatMap((one) => one.rules)
  const queue = rules.find((rule) => rule.type === 'merge_queue')?.parameters as MergeQueueRule | undefined
  const checks = rules.flatMap((rule): RequiredChecksRule[] =>
    rule.type === 'required_status_checks' ? [rule.parameters] : [],
  )
  return { queue, checks }
}

/** The entries of a queue, first in first. */
export const entriesOf = ({ site, repo, baseRef }: Queue): QueueEntry[] =>
  [...site.state.queue.values()].filter((one) => one.repoId === repo.id && one.baseRef === baseRef)

const pullOf = (site: Site, entry: QueueEntry) => must(site.state.pulls, entry.pullId, 'pull')
const enqueuerOf = (site: Site, entry: QueueEntry) => must(site.state.accounts, entry.enqueuerId, 'account')

/** The account in whose name GitHub works its queues. */
function robot(site: Site): Account {
  const login = 'github-merge-queue[bot]'
  return findAccount(site.state, login) ?? createAccount(site, login, { bot: true })
}

/** Put a pull request at the end of its base branch's queue; everything that a merge needs must be there already. */
export function enqueue(site: Site, pull: Pull, by: Account, expected?: string | null): Promise<QueueEntry> {
  return inTurn(site, async () => {
    const repo = must(site.state.repos, pull.repoId, 'repository')
    const queue: Queue = { site, repo, baseRef: pull.baseRef }
    if (rulesOf(queue).queue === undefined) throw refused('Merge queue is not enabled for this branch')
    if (issueOf(site, pull).state === 'closed') throw refused('Pull request is closed')
    if (pull.draft) throw refused('Pull request is in draft state')
    if (expected && expected !== pull.headSha) throw refused('Head sha has changed')
    if (entriesOf(queue).some((one) => one.pullId === pull.id))
      throw refused('The pull request is already in the queue')
    const ref = `refs/heads/${pull.baseRef}`
    const before = await site.git.ref(repo.dir, ref)
    if (before === null) throw refused('Base branch is gone')
    if ((await site.git.mergeTree(repo.dir, before, pull.headSha)) === null)
      throw refused('Pull request has merge conflicts')
    const actor = { kind: 'user', account: by } as const
    const update = { ref, before, after: pull.headSha, actor, via: 'queue', pull, forced: false } as const
    const { allowed, messages } = await judgeUpdate(site, repo, update)
    if (!allowed) throw refused(`Pull request is not mergeable: ${messages.join(' ')}`)
    const entry: QueueEntry = {
      id: site.nextId(),
      repoId: repo.id,
      pullId: pull.id,
      baseRef: pull.baseRef,
      headSha: pull.headSha,
      enqueuerId: by.id,
      enqueuedAt: site.now(),
      group: null,
    }
    site.state.queue.set(entry.id, entry)
    await emitPull(site, pull, 'enqueued', by)
    await build(queue)
    return entry
  })
}

/** Take a pull request out again; those behind it are built anew. */
export function dequeue(site: Site, pull: Pull, by: Account): Promise<QueueEntry> {
  return inTurn(site, async () => {
    const entry = [...site.state.queue.values()].find((one) => one.pullId === pull.id)
    if (entry === undefined) throw refused('The pull request is not in a merge queue')
    await leave(site, entry, 'MANUAL', 'dequeued', by)
    await build(queueOf(site, entry))
    return entry
  })
}

const queueOf = (site: Site, entry: QueueEntry): Queue => ({
  site,
  repo: must(site.state.repos, entry.repoId, 'repository'),
  baseRef: entry.baseRef,
})

async function leave(
  site: Site,
  entry: QueueEntry,
  reason: LeaveReason,
  end: GroupEnd,
  by: Account,
): Promise<void> {
  site.state.queue.delete(entry.id)
  await destroy(site, entry, end)
  await emitPull(site, pullOf(site, entry), 'dequeued', by, { reason })
}

/** Every entry on top of the one before it; a group whose ground has moved is destroyed and made anew. */
async function build(queue: Queue): Promise<void> {
  const { site, repo, baseRef } = queue
  let ground = await site.git.ref(repo.dir, `refs/heads/${baseRef}`)
  for (const entry of entriesOf(queue)) {
    const method = rulesOf(queue).queue?.merge_method.toLowerCase() as
      | 'merge'
      | 'squash'
      | 'rebase'
      | undefined
    if (ground === null || method === undefined) return
    if (entry.group?.baseSha !== ground) {
      await destroy(site, entry, 'invalidated')
      try {
        await request(queue, entry, ground, method)
      } catch (error) {
        if (!(error instanceof GitHubError)) throw error
        await leave(site, entry, 'MERGE_CONFLICT', 'dequeued', robot(site))
        continue
      }
    }
    ground = entry.group?.sha ?? ground
  }
}

async function request(
  { site, repo, baseRef }: Queue,
  entry: QueueEntry,
  ground: string,
  method: 'merge' | 'squash' | 'rebase',
): Promise<void> {
  const pull = pullOf(site, entry)
  const sha = await mergedCommit(site, repo, pull, enqueuerOf(site, entry), ground, { method })
  const ref = `refs/heads/gh-readonly-queue/${baseRef}/pr-${pull.number}-${ground}`
  await site.git.updateRef(repo.dir, ref, sha, ZERO_SHA)
  entry.group = { ref, sha, baseSha: ground, requestedAtMs: site.clock.now() }
  // The push goes out first, as on GitHub: workflows on `push` see the branch too.
  await afterPush(site, repo, [{ ref, before: ZERO_SHA, after: sha }], robot(site))
  await emitGroup(site, entry, 'checks_requested')
}

async function destroy(site: Site, entry: QueueEntry, reason: GroupEnd): Promise<void> {
  const { group } = entry
  if (group === null) return
  await emitGroup(site, entry, 'destroyed', { reason })
  entry.group = null
  const { repo } = queueOf(site, entry)
  await site.git.updateRef(repo.dir, group.ref, ZERO_SHA, group.sha)
  await afterPush(site, repo, [{ ref: group.ref, before: group.sha, after: ZERO_SHA }], robot(site))
}

/** GitHub lists no pull requests in it: base, head and the name of the branch are all there is. */
async function emitGroup(
  site: Site,
  entry: QueueEntry,
  action: 'checks_requested' | 'destroyed',
  extra: { reason?: GroupEnd } = {},
): Promise<void> {
  const { group } = entry
  if (group === null) return
  const { repo, baseRef } = queueOf(site, entry)
  const merge_group = {
    head_sha: group.sha,
    head_ref: group.ref,
    base_sha: group.baseSha,
    base_ref: `refs/heads/${baseRef}`,
    head_commit: simpleCommit(await site.git.commit(repo.dir, group.sha)),
  }
  site.emit('merge_group', action, { action, merge_group, ...extra }, { repo, sender: robot(site) })
}

/** Merge what is green from the front, take out what failed or was not answered in time. */
async function settle(queue: Queue): Promise<void> {
  const { site, repo } = queue
  const { queue: rule, checks } = rulesOf(queue)
  if (rule === undefined) return
  const entries = entriesOf(queue).filter((one) => one.group !== null)
  const states = entries.map((one) => checksState(site, repo, checks, one.group?.sha ?? ''))
  const headGreen = rule.grouping_strategy === 'HEADGREEN'
  // Head green: what is in front of a green group comes in with it, whatever its own group says.
  const firstOpen = states.findIndex((state) => state !== 'green')
  const ready = headGreen ? states.lastIndexOf('green') + 1 : firstOpen < 0 ? states.length : firstOpen
  if (ready > 0) {
    const landing = entries.slice(0, Math.min(ready, rule.max_entries_to_merge || ready))
    // Somebody was faster on the branch: its push builds the groups anew.
    return (await land(queue, landing)) ? settle(queue) : undefined
  }
  const late = (one: QueueEntry) =>
    site.clock.now() - (one.group?.requestedAtMs ?? 0) > rule.check_response_timeout_minutes * 60_000
  const gone = entries.findIndex((one, at) => states[at] === 'failing' || late(one))
  const entry = entries[gone]
  if (entry === undefined || (headGreen && gone < entries.length - 1)) return
  const reason = states[gone] === 'failing' ? 'CI_FAILURE' : 'CI_TIMEOUT'
  await leave(site, entry, reason, 'dequeued', robot(site))
  await build(queue)
  return settle(queue)
}

/** GitHub moves the branch by itself: to the very commit that was checked. */
async function land({ site, repo, baseRef }: Queue, entries: QueueEntry[]): Promise<boolean> {
  const last = entries.at(-1)
  const first = entries[0]
  if (!last?.group || !first?.group) return false
  const ref = `refs/heads/${baseRef}`
  const [before, after] = [first.group.baseSha, last.group.sha]
  if (!(await site.git.updateRef(repo.dir, ref, after, before))) return false
  for (const entry of entries) {
    const sha = entry.group?.sha ?? after
    await recordMerged(site, pullOf(site, entry), robot(site), sha)
    await leave(site, entry, 'MERGE', 'merged', robot(site))
  }
  await afterPush(site, repo, [{ ref, before, after }], robot(site))
  return true
}

/** What happens elsewhere and moves a queue: answers, pushes, and pull requests that are no longer what was put in. */
export async function queuesHear(site: Site, { event, repo }: SiteEvent): Promise<void> {
  if (repo === null || !['check_run', 'status', 'push', 'pull_request'].includes(event)) return
  if (![...site.state.queue.values()].some((one) => one.repoId === repo.id)) return
  await inTurn(site, async () => {
    for (const entry of [...site.state.queue.values()].filter((one) => one.repoId === repo.id)) {
      const pull = pullOf(site, entry)
      const same = pull.headSha === entry.headSha && pull.baseRef === entry.baseRef && !pull.draft
      if (!same || issueOf(site, pull).state === 'closed')
        await leave(site, entry, 'BRANCH_PROTECTIONS', 'dequeued', robot(site))
    }
    for (const baseRef of new Set([...site.state.queue.values()].map((one) => one.baseRef))) {
      const queue: Queue = { site, repo, baseRef }
      await build(queue)
      await settle(queue)
    }
  })
}
