/** `pull_request`, `push` and `merge_group`: heads that moved, by whom, and groups that GitHub wants checked. */
import { z } from 'zod'
import type { FactBody } from '../core/facts.ts'
import { formatKey, type RepositoryName, Sha, type SubjectKey } from '../core/ids.ts'
import { type Intake, type Reader, understood } from './result.ts'
import { Number_, OptionalSha, pullKey, Repository, reading, Sender, taskKey } from './shapes.ts'

const noCommit = /^0+$/

const PullRequest = z.object({
  action: z.string().max(100),
  repository: Repository,
  pull_request: z.object({
    number: Number_,
    head: z.object({ sha: Sha, ref: z.string().max(1000).optional().catch(undefined) }),
    draft: z.boolean().optional().catch(undefined),
    state: z.enum(['open', 'closed']).optional().catch(undefined),
  }),
  before: Sha.optional().catch(undefined),
  sender: Sender,
})

/** Who pushed may not approve (A3), and only this event tells it for certain. */
export const pullRequest: Reader = (payload, delivery) =>
  reading(PullRequest, payload, ({ action, repository, pull_request, before, sender }) => {
    const subject = pullKey(repository.full_name, pull_request.number)
    const facts: Intake['facts'] = []
    if (sender && (action === 'opened' || action === 'synchronize')) {
      const from = action === 'synchronize' && before && !noCommit.test(before) ? before : null
      const body = { kind: 'head.pushed' as const, sha: pull_request.head.sha, before: from }
      facts.push({ subject, entry: { actor: sender, body, delivery } })
    }
    // Another action may change anything about the pull request; of these the branch and the state say it all.
    const { number, draft, state, head } = pull_request
    const { ref, sha } = head
    const told = /^(?:opened|synchronize|ready_for_review|closed)$/.test(action)
    const pull = draft === undefined || state === undefined ? undefined : { number, draft, state }
    const known = told && ref !== undefined && (pull !== undefined || facts.length > 0)
    const moved = known ? [{ repository: repository.full_name, ref, sha, ...(pull ? { pull } : {}) }] : []
    return understood(`pull request ${action}`, {
      keys: [subject, ...taskOf(repository.full_name, action, ref)],
      facts,
      moved,
    })
  })

/** What a task waits for ends when somebody closes its pull request, which nothing else would tell it. */
function taskOf(repository: RepositoryName, action: string, ref: string | undefined): SubjectKey[] {
  const issue = /^agent\/([1-9]\d{0,9})-/.exec(ref ?? '')?.[1]
  return issue !== undefined && /^(?:closed|reopened)$/.test(action)
    ? [taskKey(repository, Number(issue))]
    : []
}

const Push = z.object({
  repository: Repository,
  ref: z.string().max(1000),
  after: OptionalSha,
  created: z.boolean().optional().catch(undefined),
  sender: Sender,
})

export const push: Reader = (payload, _delivery, { own }) =>
  reading(Push, payload, ({ repository, ref, after, created, sender }) => {
    const branch = /^refs\/heads\/(.+)$/s.exec(ref)?.[1]
    if (!branch) return understood('ignored: not a branch')
    const name = repository.full_name
    // Nothing is based on a branch that we have only just made.
    const isNew = created === true && sender !== undefined && own.has(sender.id)
    return understood('branch moved', {
      bases: isNew ? [] : [{ repository: name, ref: branch }],
      moved: after ? [{ repository: name, ref: branch, sha: after }] : [],
    })
  })

const MergeGroup = z.object({
  action: z.enum(['checks_requested', 'destroyed']),
  repository: Repository,
  merge_group: z.object({
    head_sha: Sha,
    head_ref: z.string().max(1000),
    base_sha: Sha,
    base_ref: z.string().max(1000),
  }),
  reason: z.string().max(100).nullish().catch(null),
})

/** The payload lists no pull requests: which ones the group holds is read from git, and each is judged again (T10). */
export const mergeGroup: Reader = (payload, delivery) =>
  reading(MergeGroup, payload, ({ action, repository, merge_group: group, reason }) => {
    const baseRef = /^refs\/heads\/(.{1,255})$/s.exec(group.base_ref)?.[1]
    if (!baseRef) return understood('ignored: a merge group for no branch')
    const subject = formatKey({ kind: 'group', repository: repository.full_name, head: group.head_sha })
    const body: FactBody =
      action === 'destroyed'
        ? { kind: 'group.destroyed', reason: reason ?? 'unknown' }
        : {
            kind: 'group.requested',
            head: group.head_sha,
            baseRef,
            base: group.base_sha,
            headRef: group.head_ref,
          }
    return understood(`merge group ${action}`, {
      keys: [subject],
      facts: [{ subject, entry: { actor: null, body, delivery } }],
    })
  })
