/** Whether a pull request can be merged: conflicts by real git, and the state GitHub names after rules and checks. */
import type { Site } from '../site.ts'
import { must } from '../site.ts'
import type { Pull } from '../state.ts'
import { missingChecks, missingReviews } from './requirements.ts'
import { rulesetsFor } from './rules.ts'

export type MergeState = {
  mergeable: boolean | null
  mergeableState: 'clean' | 'dirty' | 'blocked' | 'behind' | 'unstable' | 'draft' | 'unknown'
}

/** The pull request's state against the present tip of its base. Closed ones answer unknown, as GitHub does. */
export async function mergeState(site: Site, pull: Pull): Promise<MergeState> {
  const issue = must(site.state.issues, pull.issueId, 'issue')
  if (issue.state === 'closed') return { mergeable: null, mergeableState: 'unknown' }
  const repo = must(site.state.repos, pull.repoId, 'repository')
  const tip = await site.git.ref(repo.dir, `refs/heads/${pull.baseRef}`)
  if (tip === null) return { mergeable: false, mergeableState: 'dirty' }
  if ((await site.git.mergeTree(repo.dir, tip, pull.headSha)) === null)
    return { mergeable: false, mergeableState: 'dirty' }
  if (pull.draft) return { mergeable: true, mergeableState: 'draft' }
  const rules = rulesetsFor(site, repo, `refs/heads/${pull.baseRef}`).flatMap((r) => r.rules)
  for (const rule of rules) {
    if (rule.type === 'update') return { mergeable: true, mergeableState: 'blocked' }
    if (rule.type === 'pull_request' && missingReviews(site, rule.parameters, pull, undefined).length > 0) {
      return { mergeable: true, mergeableState: 'blocked' }
    }
    if (rule.type !== 'required_status_checks') continue
    if (missingChecks(site, repo, rule.parameters, pull.headSha).length > 0)
      return { mergeable: true, mergeableState: 'blocked' }
    if (
      rule.parameters.strict_required_status_checks_policy &&
      !(await site.git.isAncestor(repo.dir, tip, pull.headSha))
    ) {
      return { mergeable: true, mergeableState: 'behind' }
    }
  }
  const failing = [...site.state.checkRuns.values()].some(
    (r) =>
      r.repoId === repo.id &&
      r.headSha === pull.headSha &&
      r.status === 'completed' &&
      r.conclusion === 'failure',
  )
  return { mergeable: true, mergeableState: failing ? 'unstable' : 'clean' }
}
