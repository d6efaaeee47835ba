/** Repositories, issues, pull requests and what people say on them. */
import type { Role } from './people.ts'

export type Label = { id: number; name: string; color: string; description: string | null; default: boolean }

export type Repo = {
  id: number
  ownerId: number
  name: string
  /** Lower case. */
  formerNames?: string[]
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
  /** The issue below which this one is shown, if any. */
  parentId: number | null
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
  /** How often it was pointed at another base; absent is never. */
  baseChanges?: number
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
