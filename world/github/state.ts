/** The plain, typed records behind the stand-in GitHub; code itself lives only in the bare git repositories. */

export type Role = 'none' | 'read' | 'triage' | 'write' | 'maintain' | 'admin'
export type Level = 'read' | 'write' | 'admin'
export type Permissions = Record<string, Level>

export type Account = {
  id: number
  login: string
  name: string | null
  email: string
  type: 'User' | 'Bot' | 'Organization'
  createdAt: string
  /** Personal access token of a person; bots and organisations have none. */
  token: string | null
  /** The App a bot belongs to. */
  appId: number | null
}

export type Membership = { role: 'member' | 'admin' | 'maintainer'; state: 'active' | 'pending' }

export type Team = {
  id: number
  orgId: number
  slug: string
  name: string
  parentId: number | null
  members: Map<number, Membership>
  repositories: Map<number, Role>
}

export type Label = { id: number; name: string; color: string; description: string | null; default: boolean }

export type Repo = {
  id: number
  ownerId: number
  name: string
  private: boolean
  defaultBranch: string
  /** Absolute path of the bare repository. */
  dir: string
  parentId: number | null
  createdAt: string
  updatedAt: string
  pushedAt: string
  collaborators: Map<number, Role>
  labels: Map<string, Label>
  nextNumber: number
  archived: boolean
  description: string | null
  allow: { merge: boolean; squash: boolean; rebase: boolean; autoMerge: boolean }
  deleteBranchOnMerge: boolean
}

export type Issue = {
  id: number
  repoId: number
  number: number
  title: string
  body: string | null
  authorId: number
  viaAppId: number | null
  state: 'open' | 'closed'
  stateReason: 'completed' | 'not_planned' | 'reopened' | null
  labels: string[]
  assigneeIds: number[]
  locked: boolean
  createdAt: string
  updatedAt: string
  closedAt: string | null
  closedById: number | null
  lastEditedAt: string | null
  editorId: number | null
  /** Set when the issue is a pull request. */
  pullId: number | null
}

export type Pull = {
  id: number
  issueId: number
  repoId: number
  number: number
  headRepoId: number
  headRef: string
  headSha: string
  baseRef: string
  baseSha: string
  draft: boolean
  merged: boolean
  mergedAt: string | null
  mergedById: number | null
  mergeCommitSha: string | null
  requestedReviewerIds: number[]
  requestedTeamIds: number[]
  maintainerCanModify: boolean
  /** Who pushed the newest head; the "last push" rule looks at it. */
  lastPusherId: number
}

export type Comment = {
  id: number
  repoId: number
  issueId: number
  body: string
  authorId: number
  viaAppId: number | null
  createdAt: string
  updatedAt: string
  lastEditedAt: string | null
  editorId: number | null
}

export type ReactionSubject = 'issue' | 'comment' | 'review_comment'
export type Reaction = {
  id: number
  subject: ReactionSubject
  subjectId: number
  userId: number
  content: '+1' | '-1' | 'laugh' | 'confused' | 'heart' | 'hooray' | 'rocket' | 'eyes'
  createdAt: string
}

export type ReviewState = 'APPROVED' | 'CHANGES_REQUESTED' | 'COMMENTED' | 'PENDING' | 'DISMISSED'
export type Review = {
  id: number
  pullId: number
  authorId: number
  viaAppId: number | null
  body: string
  state: ReviewState
  commitId: string
  submittedAt: string | null
  updatedAt: string
}

export type Side = 'LEFT' | 'RIGHT'
export type ReviewThread = { id: number; pullId: number; resolvedById: number | null }
export type ReviewComment = {
  id: number
  threadId: number
  pullId: number
  reviewId: number
  authorId: number
  viaAppId: number | null
  body: string
  path: string
  side: Side
  startSide: Side | null
  originalLine: number | null
  originalStartLine: number | null
  originalCommitId: string
  originalPosition: number
  diffHunk: string
  inReplyToId: number | null
  subjectType: 'line' | 'file'
  createdAt: string
  updatedAt: string
  lastEditedAt: string | null
}

export type CheckStatus = 'queued' | 'in_progress' | 'completed' | 'waiting' | 'requested' | 'pending'
export type Conclusion =
  | 'success'
  | 'failure'
  | 'neutral'
  | 'cancelled'
  | 'skipped'
  | 'timed_out'
  | 'action_required'
  | 'stale'
export type Annotation = {
  path: string
  start_line: number
  end_line: number
  start_column: number | null
  end_column: number | null
  annotation_level: 'notice' | 'warning' | 'failure'
  message: string
  title: string | null
  raw_details: string | null
}
export type CheckAction = { label: string; description: string; identifier: string }
export type CheckSuite = {
  id: number
  repoId: number
  appId: number
  headSha: string
  headBranch: string | null
  before: string | null
  createdAt: string
  updatedAt: string
}
export type CheckRun = {
  id: number
  repoId: number
  suiteId: number
  appId: number
  name: string
  headSha: string
  status: CheckStatus
  conclusion: Conclusion | null
  startedAt: string
  completedAt: string | null
  externalId: string
  detailsUrl: string
  output: { title: string | null; summary: string | null; text: string | null }
  annotations: Annotation[]
  actions: CheckAction[]
}

export type CommitStatus = {
  id: number
  repoId: number
  sha: string
  context: string
  state: 'error' | 'failure' | 'pending' | 'success'
  description: string | null
  targetUrl: string | null
  creatorId: number
  appId: number | null
  createdAt: string
}

export type RuleType =
  | 'creation'
  | 'update'
  | 'deletion'
  | 'required_linear_history'
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
export type Rule =
  | { type: 'pull_request'; parameters: PullRequestRule }
  | { type: 'required_status_checks'; parameters: RequiredChecksRule }
  | { type: 'update'; parameters?: { update_allows_fetch_and_merge: boolean } }
  | { type: Exclude<RuleType, 'pull_request' | 'required_status_checks' | 'update'>; parameters?: Record<string, unknown> }
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
export type RuleEvaluation = { rulesetId: number; rulesetName: string; rule: RuleType; passed: boolean; details: string | null }
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

export type App = {
  id: number
  clientId: string
  clientSecret: string
  slug: string
  name: string
  ownerId: number
  botId: number
  privateKeyPem: string
  publicKeyPem: string
  webhookSecret: string
  webhookUrl: string | null
  permissions: Permissions
  events: string[]
  createdAt: string
}
export type Installation = {
  id: number
  appId: number
  accountId: number
  selection: 'all' | 'selected'
  repositoryIds: Set<number>
  permissions: Permissions
  createdAt: string
  updatedAt: string
  suspendedAt: string | null
}
export type InstallationToken = {
  token: string
  installationId: number
  /** null means every repository of the installation. */
  repositoryIds: number[] | null
  permissions: Permissions
  expiresAtMs: number
}
export type Delivery = {
  id: number
  guid: string
  appId: number
  event: string
  action: string | null
  installationId: number | null
  repositoryId: number | null
  deliveredAt: string
  redelivery: boolean
  durationS: number
  statusCode: number
  status: string
  /** The exact body that was signed. */
  body: string
  requestHeaders: Record<string, string>
  responseBody: string
  url: string
}

export type State = {
  nextId: number
  accounts: Map<number, Account>
  orgMembers: Map<number, Map<number, Membership>>
  teams: Map<number, Team>
  repos: Map<number, Repo>
  issues: Map<number, Issue>
  pulls: Map<number, Pull>
  comments: Map<number, Comment>
  reactions: Map<number, Reaction>
  reviews: Map<number, Review>
  threads: Map<number, ReviewThread>
  reviewComments: Map<number, ReviewComment>
  checkSuites: Map<number, CheckSuite>
  checkRuns: Map<number, CheckRun>
  statuses: Map<number, CommitStatus>
  rulesets: Map<number, Ruleset>
  ruleSuites: Map<number, RuleSuite>
  apps: Map<number, App>
  installations: Map<number, Installation>
  tokens: Map<string, InstallationToken>
  deliveries: Map<number, Delivery>
}

/** An empty GitHub; ids start high enough that nobody mistakes one for an issue number. */
export function createState(): State {
  return {
    nextId: 10_001,
    accounts: new Map(),
    orgMembers: new Map(),
    teams: new Map(),
    repos: new Map(),
    issues: new Map(),
    pulls: new Map(),
    comments: new Map(),
    reactions: new Map(),
    reviews: new Map(),
    threads: new Map(),
    reviewComments: new Map(),
    checkSuites: new Map(),
    checkRuns: new Map(),
    statuses: new Map(),
    rulesets: new Map(),
    ruleSuites: new Map(),
    apps: new Map(),
    installations: new Map(),
    tokens: new Map(),
    deliveries: new Map(),
  }
}
