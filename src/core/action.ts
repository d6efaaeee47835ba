/** Actions: the closed list of what a round may do. Each is idempotent: its key names the effect, once (S7). */

import type { Account } from './account.ts'
import type { DesiredCheckRun } from './checkRun.ts'
import { digestOf } from './digest.ts'
import type { EvidenceRequest } from './evidence.ts'
import type { FactBody } from './facts.ts'
import type { Digest, RepositoryName, Sha, SubjectKey } from './ids.ts'
import type { AlertMessage } from './monitoring.ts'
import type { PlanRecord } from './plan.ts'
import type { CiCheck } from './snapshot/pull.ts'

/**
 * True when a write only informs: nobody is asked for anything by it, and nothing turns green, red or stops being so. It
 * may wait a few seconds for what comes next.
 */
type MayWait = boolean

export type Action =
  /** Append a fact to a subject. `actor` is null when Countersign itself concluded it. */
  | { kind: 'record'; subject: SubjectKey; actor: Account | null; body: FactBody }
  /** Create the comment with this marker on an issue or pull request, or edit it in place when its body differs. */
  | {
      kind: 'comment'
      repository: RepositoryName
      number: number
      marker: string
      body: string
      commentId: number | null
      mayWait?: MayWait
    }
  | { kind: 'label'; repository: RepositoryName; number: number; add: string[]; remove: string[] }
  /** Write a check run on the SHA that was observed; `runId` is the run to update, null creates it. */
  | {
      kind: 'checkRun'
      repository: RepositoryName
      run: DesiredCheckRun
      runId: number | null
      mayWait?: MayWait
    }
  | { kind: 'collect'; repository: RepositoryName; request: EvidenceRequest; subject: SubjectKey }
  /** Start (or resume after a crash) one attempt of one phase. */
  | { kind: 'session'; subject: SubjectKey; phase: string; attempt: number; endpoint: string; model: string }
  /** Write the plan commit on `base`, push it as the agent branch, open the draft pull request on it. */
  | {
      kind: 'issuePlan'
      subject: SubjectKey
      record: PlanRecord
      base: Sha
      branch: string
      title: string
      replaces: Sha | null
    }
  /** Make the child issues of a split that was started, and delegate each (D5, S7). */
  | { kind: 'openChildren'; subject: SubjectKey; split: Digest }
  /** Write the text that a person took over into the issue, unless it was changed since; recorded either way (D2). */
  | {
      kind: 'writeBody'
      subject: SubjectKey
      repository: RepositoryName
      number: number
      accepted: number
      was: Digest
      body: string
    }
  /** Push an accepted candidate to the agent branch with a lease on what was there (S7). */
  | { kind: 'push'; subject: SubjectKey; branch: string; sha: Sha; expected: Sha; phase: string }
  /** Read why the repository's CI failed at a commit, and whether its base fails too (P8). */
  | {
      kind: 'readCi'
      subject: SubjectKey
      sha: Sha
      base: Sha
      checks: CiCheck[]
      /** A reading that was recorded up to this fact does not count. */
      after: number
    }
  /** Run the failed jobs of these workflow runs once more. */
  | { kind: 'rerunCi'; repository: RepositoryName; runIds: number[] }
  /** Work on an accepted fix request; it ends with a `fix.ended` fact (F1 to F4). */
  | { kind: 'fix'; subject: SubjectKey; request: number }
  /** Answer in a review thread whose comments were observed not to hold the marker. */
  | {
      kind: 'reply'
      repository: RepositoryName
      number: number
      commentId: number
      marker: string
      body: string
    }
  | { kind: 'resolveThread'; repository: RepositoryName; threadId: string }
  | { kind: 'markReady'; repository: RepositoryName; number: number; nodeId: string }
  /** Post review findings as one COMMENT review on the SHA. */
  | {
      kind: 'postReview'
      repository: RepositoryName
      number: number
      sha: Sha
      marker: string
      body: string
      comments: { path: string; line: number; body: string }[]
    }
  /** Merge with the expected SHA (A5, T1); the landing branch is read back (T42). */
  | {
      kind: 'merge'
      subject: SubjectKey
      repository: RepositoryName
      number: number
      sha: Sha
      baseRef: string
      base: Sha
      method: 'merge' | 'squash'
      title: string
      message: string
    }
  /** Put an incident of this subject on the repository's incident issue, once (T20). */
  | { kind: 'reportIncident'; subject: SubjectKey; repository: RepositoryName; of: number; sentence: string }
  /** Start the deployment that this intent announced; recorded as `deploy.made` (R1, R4, S7). */
  | {
      kind: 'deploy'
      subject: SubjectKey
      repository: RepositoryName
      /** seq of the intent. */
      intent: number
      environment: string
      purpose: 'forward' | 'rollback'
      sha: Sha
      /** Null creates a deployment; else the workflow that is started, on `ref`. */
      workflow: string | null
      ref: string
    }
  /** Start the smoke test of a deployment; recorded as `smoke.started`. */
  | {
      kind: 'smoke'
      subject: SubjectKey
      repository: RepositoryName
      deployment: number
      environment: string
      sha: Sha
      url: string
      workflow: string
      ref: string
    }
  /** Answer a deployment protection rule; recorded as `rule.answered` (R2). */
  | {
      kind: 'answerRule'
      subject: SubjectKey
      repository: RepositoryName
      /** seq of the question. */
      of: number
      runId: number
      environment: string
      /** Null only reports. */
      state: 'approved' | 'rejected' | null
      sentence: string
    }
  | {
      kind: 'markDeployment'
      repository: RepositoryName
      deployment: number
      environment: string
      description: string
    }
  /** Tell people outside GitHub, at most once an episode; recorded as `alert.sent`. */
  | { kind: 'alert'; subject: SubjectKey; of: number; channel: string; message: AlertMessage }
  | { kind: 'wake'; subject: SubjectKey; atMs: number }
  | { kind: 'queue'; subject: SubjectKey }

/** The idempotency key of an action: equal keys are the same effect. */
export function actionKey(action: Action): string {
  return `${action.kind}:${digestOf(action)}`
}
