/** Rulesets and the record of what they decided. */

export type RuleType =
  | 'creation'
  | 'update'
  | 'deletion'
  | 'required_linear_history'
  | 'required_signatures'
  | 'non_fast_forward'
  | 'pull_request'
  | 'required_status_checks'
  | 'merge_queue'
export type PullRequestRule = {
  required_approving_review_count: number
  dismiss_stale_reviews_on_push: boolean
  require_code_owner_review: boolean
  require_last_push_approval: boolean
  required_review_thread_resolution: boolean
  allowed_merge_methods?: ('merge' | 'squash' | 'rebase')[]
}
export type RequiredChecksRule = {
  required_status_checks: { context: string; integration_id?: number }[]
  strict_required_status_checks_policy: boolean
  do_not_enforce_on_create?: boolean
}
/** Of a merge queue, what the stand-in follows; the other settings only say when a group is built. */
export type MergeQueueRule = {
  check_response_timeout_minutes: number
  grouping_strategy: 'ALLGREEN' | 'HEADGREEN'
  max_entries_to_build: number
  max_entries_to_merge: number
  merge_method: 'MERGE' | 'SQUASH' | 'REBASE'
  min_entries_to_merge: number
  min_entries_to_merge_wait_minutes: number
}
export type Rule =
  | { type: 'pull_request'; parameters: PullRequestRule }
  | { type: 'required_status_checks'; parameters: RequiredChecksRule }
  | { type: 'merge_queue'; parameters: MergeQueueRule }
  | { type: 'update'; parameters?: { update_allows_fetch_and_merge: boolean } }
  | {
      type: Exclude<RuleType, 'pull_request' | 'required_status_checks' | 'update' | 'merge_queue'>
      parameters?: Record<string, unknown>
    }
export type BypassActor = {
  actor_id: number | null
  actor_type: 'Integration' | 'OrganizationAdmin' | 'RepositoryRole' | 'Team' | 'DeployKey' | 'User'
  bypass_mode: 'always' | 'pull_request' | 'exempt'
}
export type Ruleset = {
  id: number
  repoId: number
  name: string
  enforcement: 'active' | 'disabled' | 'evaluate'
  bypassActors: BypassActor[]
  include: string[]
  exclude: string[]
  rules: Rule[]
  createdAt: string
  updatedAt: string
}
export type RuleEvaluation = {
  rulesetId: number
  rulesetName: string
  rule: RuleType
  passed: boolean
  details: string | null
}
export type RuleSuite = {
  id: number
  repoId: number
  actorId: number
  ref: string
  before: string
  after: string
  pushedAt: string
  result: 'pass' | 'fail' | 'bypass'
  evaluations: RuleEvaluation[]
}
