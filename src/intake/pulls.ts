/** `pull_request`, `push` and `merge_group`: heads that moved, and by whom. */
import { z } from 'zod'
import { Sha } from '../core/ids.ts'
import { type Intake, type Reader, understood } from './result.ts'
import { Number_, pullKey, Repository, reading, Sender } from './shapes.ts'

const noCommit = /^0+$/

const PullRequest = z.object({
  action: z.string().max(100),
  repository: Repository,
  pull_request: z.object({ number: Number_, head: z.object({ sha: Sha }) }),
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
    return understood(`pull request ${action}`, { keys: [subject], facts })
  })

const Push = z.object({ repository: Repository, ref: z.string().max(1000) })

export const push: Reader = (payload) =>
  reading(Push, payload, ({ repository, ref }) => {
    const branch = /^refs\/heads\/(.+)$/s.exec(ref)?.[1]
    if (!branch) return understood('ignored: not a branch')
    return understood('branch moved', { bases: [{ repository: repository.full_name, ref: branch }] })
  })

const MergeGroup = z.object({
  action: z.string().max(100),
  repository: Repository,
  merge_group: z.object({ head_ref: z.string().max(1000), head_sha: Sha }),
})

/** The ref names the last pull request of the group; the others have their own groups. */
export const mergeGroup: Reader = (payload) =>
  reading(MergeGroup, payload, ({ action, repository, merge_group }) => {
    const number = /\/pr-([1-9]\d{0,9})-[0-9a-f]+$/.exec(merge_group.head_ref)?.[1]
    const keys = number ? [pullKey(repository.full_name, Number(number))] : []
    return understood(`merge group ${action}`, { keys })
  })
