/** Forge: what Countersign reads from and does on GitHub. Every act uses a token narrowed to one repository. */
import type { Account, Standing } from '../account.ts'
import type { DesiredCheckRun, ObservedCheckRun } from '../checkRun.ts'
import type { Digest, RepositoryName, Sha } from '../ids.ts'
import type { AppIdentity, RepositoryReading } from '../snapshot/common.ts'
import type { NativeReview, ThreadComment, WorkflowRun } from '../snapshot/pull.ts'
import type { DeploymentReading } from '../snapshot/rollout.ts'
import type { BranchRules } from '../snapshot/rules.ts'
import type { Acknowledgement } from '../work.ts'
import type {
  BranchMove,
  CheckObservation,
  Found,
  IssueObservation,
  PullObservation,
  ReportsRequest,
} from './observations.ts'
import type { CommitContent } from './workspace.ts'

export interface BroughtBy {
  number: number
  /** The branch that it was merged into. */
  base: string
  /** Whether this very commit is what the merge made of that branch, and not one of those on the way to it. */
  landed: boolean
}

export interface ForgeReads {
  identity(): Promise<AppIdentity>
  repository(name: RepositoryName): Promise<Found<RepositoryReading>>
  /** One GraphQL query. Refuses (Terminal) over 3,000 files or 250 commits (T18). */
  pull(name: RepositoryName, number: number): Promise<Found<PullObservation>>
  checks(name: RepositoryName, sha: Sha): Promise<CheckObservation>
  /** The runs of GitHub Actions at a commit, any workflow and event. */
  workflowRuns(name: RepositoryName, sha: Sha): Promise<WorkflowRun[]>
  /**
   * The zip archive of an artifact, after looking that its run is what the request says (T15), or the sentence why
   * there is none: expired, too large, of another run. Rejects with RetryLater when GitHub or its storage is out.
   */
  artifact(
    name: RepositoryName,
    request: ReportsRequest,
  ): Promise<{ ok: true; zip: Uint8Array } | { ok: false; reason: string }>
  /** Who pushed the branch, newest last, from the repository's activity; bounded at 100. */
  pushes(name: RepositoryName, ref: string): Promise<{ sha: Sha; by: Account }[]>
  /**
   * What moved the branches of a repository since the move with this id, oldest first; the newest ten when it is null.
   * Bounded at 1,000, of which `whole` is false when there were more. Not found where the server has no such list. Costs
   * nothing from the limit while nothing has moved.
   */
  moves(name: RepositoryName, since: number | null): Promise<Found<{ moves: BranchMove[]; whole: boolean }>>
  issue(name: RepositoryName, number: number): Promise<Found<IssueObservation>>
  /** The name of an issue's type, where the organisation uses them. */
  issueType(name: RepositoryName, number: number): Promise<string | null>
  /** Role and membership of the given teams (`org/slug`) at this moment; a failed look-up is `unknown`. */
  standing(name: RepositoryName, account: Account, teams: string[]): Promise<Standing>
  branchTip(name: RepositoryName, ref: string): Promise<Found<Sha>>
  /** A text file at a commit; bounded at 1 MB. */
  file(name: RepositoryName, sha: Sha, path: string): Promise<Found<string>>
  /** Which prior-art references exist: a path at `sha`, `#12`, `owner/repo#12`, or a GitHub URL of one of these. */
  resolves(
    name: RepositoryName,
    sha: Sha,
    references: readonly string[],
  ): Promise<ReadonlyMap<string, boolean>>
  /** Open pull requests; only those based on a branch when it is given. */
  openPulls(name: RepositoryName, base?: string): Promise<number[]>
  /**
   * The log of an ended job of GitHub Actions; a job has the id of its check run. Of a very long one only the end.
   * Not found when the log has expired, or when there never was one.
   */
  jobLog(name: RepositoryName, jobId: number): Promise<Found<string>>
  /** Open pull requests whose head is this commit. */
  pullsWithHead(name: RepositoryName, sha: Sha): Promise<number[]>
  /** Merged pull requests that brought this commit in, among others. */
  mergedPulls(name: RepositoryName, sha: Sha): Promise<BroughtBy[]>
  /**
   * The deployments to an environment, newest first, at most 20, each with its latest status (R1).
   *
   * @param spellings of its name, as far as they are known; those in another case are found among the repository's newest.
   * @param open deployments that are told however many newer ones there are, and whatever environment a status names now.
   */
  deployments(
    name: RepositoryName,
    spellings: readonly string[],
    open: readonly number[],
  ): Promise<DeploymentReading[]>
  /** One workflow run of GitHub Actions by its id. */
  workflowRun(name: RepositoryName, runId: number): Promise<Found<WorkflowRun>>
  /** The rules in force on a branch now; classic protection is not in them (T19). */
  branchRules(name: RepositoryName, ref: string): Promise<BranchRules>
  /** Whether rules want every commit signed that is pushed to `branch`, which need not exist, or lands on `base`. */
  asksSignatures(name: RepositoryName, base: string, branch: string): Promise<boolean>
  /** Every repository that the App is installed on. */
  installedRepositories(): Promise<RepositoryName[]>
}

/** Those of one pull request: it, its place, its people and its checks. */
export type PullReads = Pick<
  ForgeReads,
  'repository' | 'branchTip' | 'file' | 'pull' | 'checks' | 'workflowRuns' | 'pushes' | 'standing'
>

/** What came of a merge attempt: 409 is `moved`, 405 is `refused` with GitHub's sentence. */
export type MergeOutcome =
  | { kind: 'merged'; sha: Sha; landedOn: string }
  | { kind: 'moved' }
  | { kind: 'refused'; sentence: string }

/**
 * The comment or run that an act finds: its id, `none` when the caller has just looked and there is none, or null when
 * nobody has looked and the act must.
 */
export type Seen = number | 'none' | null

export interface ForgeActs {
  /** Create or update a run; returns it as GitHub shows it then. Sends annotations in batches of 50. */
  writeCheckRun(name: RepositoryName, run: DesiredCheckRun, seen: Seen): Promise<ObservedCheckRun>
  /** Find by marker, create or edit; a body equal to what stands is not written again. Returns the comment's id. */
  upsertComment(
    name: RepositoryName,
    number: number,
    marker: string,
    body: string,
    seen: Seen,
  ): Promise<number>
  setLabels(name: RepositoryName, number: number, add: string[], remove: string[]): Promise<void>
  acknowledge(item: Acknowledgement): Promise<void>
  /** Find-or-create by head branch. */
  openPull(
    name: RepositoryName,
    input: { branch: string; baseRef: string; title: string; body: string; draft: boolean },
  ): Promise<{ number: number; head: Sha }>
  /**
   * Have GitHub make a commit in the App's name, which it signs, with the tree, message and changes of ours on `parent`.
   * No branch holds it yet, so that one made in vain does no harm. `signed` is GitHub's own word.
   *
   * @param read the bytes of a blob that the commit puts.
   * @throws Terminal when GitHub refuses it, or makes another tree than ours.
   */
  makeCommit(
    name: RepositoryName,
    input: { content: CommitContent; parent: Sha; read: (blob: Sha) => Promise<Uint8Array> },
  ): Promise<{ sha: Sha; signed: boolean }>
  /** Move a branch by compare-and-swap; like a push with a lease, `force` lets it go elsewhere than forwards. */
  moveBranch(
    name: RepositoryName,
    input: { branch: string; from: Sha | null; to: Sha; force: boolean },
  ): Promise<'done' | 'moved' | 'gone'>
  markReady(name: RepositoryName, pull: { number: number; nodeId: string }): Promise<void>
  /** One COMMENT review, found again by its marker; null when it was there already. */
  postReview(
    name: RepositoryName,
    number: number,
    input: {
      sha: Sha
      marker: string
      body: string
      comments: { path: string; line: number; body: string }[]
    },
    seen: Seen,
  ): Promise<NativeReview | null>
  /** Answer in a review thread; `commentId` is the comment that opened it. The caller looks for the marker first. Null when it is gone. */
  replyInThread(
    name: RepositoryName,
    number: number,
    input: { commentId: number; marker: string; body: string },
  ): Promise<ThreadComment | null>
  resolveThread(name: RepositoryName, threadId: string): Promise<void>
  /** Run the failed jobs of a workflow run again. */
  rerunFailedJobs(name: RepositoryName, runId: number): Promise<void>
  /**
   * Open an issue that carries the marker. With `look`, an issue of ours with it that is newer than issue `after` is
   * found first, open or closed. Returns its number and id.
   */
  openIssue(
    name: RepositoryName,
    input: { marker: string; title: string; body: string; after: number; look: boolean },
  ): Promise<{ number: number; id: number }>
  /** Replace the text of an issue whose text has the digest `was`; `moved` when it has another, and nothing is done. */
  editBody(
    name: RepositoryName,
    number: number,
    input: { was: Digest; body: string },
  ): Promise<'written' | 'moved'>
  /** Show an issue below its parent. GitHub's refusal (it is there already, or the server has no sub-issues) is fine. */
  addSubIssue(name: RepositoryName, parent: number, childId: number): Promise<void>
  /** One comment on the repository's open incident issue, found again by its marker; returns the issue's number. */
  reportIncident(name: RepositoryName, marker: string, sentence: string): Promise<number>
  /**
   * A deployment of a commit, found again by its marker; with `auto_merge: false` and no required contexts, so that an
   * older commit can be deployed again (R4). It deploys nothing by itself: a workflow listens.
   */
  createDeployment(
    name: RepositoryName,
    input: { sha: Sha; environment: string; marker: string; description: string },
  ): Promise<number>
  /** Say how a deployment went, where its latest status says something else. `description` at most 140 characters. */
  markDeployment(
    name: RepositoryName,
    deploymentId: number,
    input: { state: 'failure' | 'error'; environment: string; description: string },
  ): Promise<void>
  /**
   * Answer a custom deployment protection rule, or, with `state` null, only report (at most ten a run). `gone` when the
   * run no longer waits for us.
   */
  answerProtection(
    name: RepositoryName,
    input: { runId: number; environment: string; state: 'approved' | 'rejected' | null; comment: string },
  ): Promise<'answered' | 'gone'>
  /**
   * Start a workflow by hand on a branch. Its run carries no mark of ours: the caller writes an intent first, and after a
   * lost answer looks among `dispatchedRuns`. Returns the run's id, or null where the server does not tell it.
   */
  dispatchWorkflow(
    name: RepositoryName,
    input: { workflow: string; ref: string; inputs: Record<string, string> },
  ): Promise<number | null>
  /** Runs of a workflow that we started by hand since then, by id, newest first, at most 100. */
  dispatchedRuns(name: RepositoryName, input: { workflow: string; sinceMs: number }): Promise<number[]>
  merge(
    name: RepositoryName,
    number: number,
    input: { sha: Sha; method: 'merge' | 'squash'; title: string; message: string },
  ): Promise<MergeOutcome>
}

/** Tokens for git over HTTPS, minted for one repository with the contents permission only. */
export interface GitCredentials {
  read(name: RepositoryName): Promise<{ url: string; token: string }>
  /** Minted by the drafting App when there is one. */
  push(name: RepositoryName): Promise<{ url: string; token: string }>
}

export interface Forge extends ForgeReads, ForgeActs {
  credentials: GitCredentials
}

/** The App's own webhook deliveries: failed ones are asked for again (at most 3 days back). */
export interface Deliveries {
  failedSince(sinceMs: number): Promise<{ id: number; guid: string; deliveredAtMs: number }[]>
  redeliver(id: number): Promise<void>
}
