/** What required checks and required approvals still lack, in GitHub's words. */
import { roleAtLeast, roleOn } from '../access.ts'
import { must, type Site } from '../site.ts'
import type { CheckRun, Pull, PullRequestRule, Repo, RequiredChecksRule, Review } from '../state.ts'

const SATISFYING = new Set(['success', 'neutral', 'skipped'])

/** The newest run of a name at a commit, of one App when pinned. */
export function newestRun(
  site: Site,
  repoId: number,
  sha: string,
  name: string,
  appId: number | undefined,
): CheckRun | null {
  let newest: CheckRun | null = null
  for (const run of site.state.checkRuns.values()) {
    if (run.repoId !== repoId || run.headSha !== sha || run.name !== name) continue
    if (appId !== undefined && run.appId !== appId) continue
    if (newest === null || run.id > newest.id) newest = run
  }
  return newest
}

/** The sentences for required checks that are not satisfied at a commit. */
export function missingChecks(site: Site, repo: Repo, rule: RequiredChecksRule, sha: string): string[] {
  return rule.required_status_checks.flatMap(({ context, integration_id }) => {
    const run = newestRun(site, repo.id, sha, context, integration_id)
    if (run !== null) {
      return run.status === 'completed' && run.conclusion !== null && SATISFYING.has(run.conclusion)
        ? []
        : [`Required status check "${context}" is ${run.status === 'completed' ? 'failing' : 'in progress'}.`]
    }
    const status = [...site.state.statuses.values()]
      .filter((s) => s.repoId === repo.id && s.sha === sha && s.context === context)
      .filter((s) => integration_id === undefined || s.appId === integration_id)
      .at(-1)
    if (status?.state === 'success') return []
    const word = status === undefined ? 'expected' : status.state === 'pending' ? 'in progress' : 'failing'
    return [`Required status check "${context}" is ${word}.`]
  })
}

/** How the required checks of a commit stand: green, one of them failing, or an answer still awaited. */
export function checksState(
  site: Site,
  repo: Repo,
  rules: readonly RequiredChecksRule[],
  sha: string,
): 'green' | 'failing' | 'waiting' {
  const messages = rules.flatMap((rule) => missingChecks(site, repo, rule, sha))
  if (messages.length === 0) return 'green'
  return messages.some((message) => message.endsWith(' is failing.')) ? 'failing' : 'waiting'
}

/** The standing review of each person with write: the newest that approves, asks for changes or was dismissed. */
export function standingReviews(site: Site, pull: Pull): Review[] {
  const repo = must(site.state.repos, pull.repoId, 'repository')
  const byAuthor = new Map<number, Review>()
  for (const review of site.state.reviews.values()) {
    if (review.pullId !== pull.id || review.state === 'COMMENTED' || review.state === 'PENDING') continue
    byAuthor.set(review.authorId, review)
  }
  return [...byAuthor.values()].filter((r) =>
    roleAtLeast(roleOn(site.state, repo, must(site.state.accounts, r.authorId, 'account')), 'write'),
  )
}

export function missingReviews(
  site: Site,
  rule: PullRequestRule,
  pull: Pull,
  method: string | undefined,
): string[] {
  const messages: string[] = []
  const standing = standingReviews(site, pull)
  const approvals = standing.filter((r) => r.state === 'APPROVED')
  const needed = rule.required_approving_review_count
  if (standing.some((r) => r.state === 'CHANGES_REQUESTED') && needed > 0)
    messages.push('Changes have been requested.')
  if (approvals.length < needed) {
    messages.push(
      `At least ${needed} approving review${needed > 1 ? 's are' : ' is'} required by reviewers with write access.`,
    )
  }
  if (
    rule.require_last_push_approval &&
    !approvals.some((r) => r.authorId !== pull.lastPusherId && r.commitId === pull.headSha)
  ) {
    messages.push('New changes require approval from someone other than the last pusher.')
  }
  const unresolved = [...site.state.threads.values()].some(
    (t) => t.pullId === pull.id && t.resolvedById === null,
  )
  if (rule.required_review_thread_resolution && unresolved)
    messages.push('A conversation must be resolved before this pull request can be merged.')
  if (
    method !== undefined &&
    rule.allowed_merge_methods !== undefined &&
    !rule.allowed_merge_methods.some((m) => m === method)
  ) {
    messages.push(`Merge method ${method} is not allowed here.`)
  }
  return messages
}
