/** The verdicts on a pull request: what check runs, the board, `/agent why` and the task all read. Never stored. */
import type { Origin } from '../../approvals/origin.ts'
import type { Asked, PressJudgement } from '../../approvals/press.ts'
import type { PeopleSettings, Profile } from '../../approvals/settings.ts'
import type { Voice } from '../../approvals/standing.ts'
import type { Account } from '../../core/account.ts'
import type { ButtonIntent } from '../../core/checkRun.ts'
import type { FactBody } from '../../core/facts.ts'
import type { Digest } from '../../core/ids.ts'
import type { Plan } from '../../core/plan.ts'
import type { Verdict } from '../../core/verdict.ts'

/** One of the three check runs. */
export interface CheckVerdict {
  verdict: Verdict
  /** Digest that buttons carry and decisions bind to; null while nothing is asked. */
  shown: Digest | null
  buttons: ButtonIntent[]
  /** Details, a sentence each. */
  lines: string[]
  /** Who is still needed. */
  needed: string[]
}

export interface PlanVerdict extends CheckVerdict {
  /** True when the plan itself is approved, whatever else the check waits for. The task waits for this (S2). */
  approved: boolean
  /** Digest of the approved (or asked) plan. */
  digest: Digest | null
  /** The issued plan, to be shown; null for pull requests that carry none of ours. */
  plan: Plan | null
  /** A standing request for changes to this plan, for the planning session's next attempt (A4). */
  rejection: { by: Account; reason: string | null; seq: number } | null
}

export interface GateResult {
  gate: string
  requirement: string
  title: string
  acceptedBy: 'approver' | 'senior'
  configured: boolean
  verdict: Verdict
  /** Who accepted the flag, as a sentence; null when it is open or no flag. */
  accepted: string | null
}

export interface GatesVerdict extends CheckVerdict {
  results: GateResult[]
}

export interface ReviewVerdict extends CheckVerdict {
  voices: Voice[]
}

export interface PullVerdicts {
  /** What could not be read; nothing is green while there is any. */
  missing: string[]
  origin: Origin | null
  treatment: PeopleSettings
  profile: Profile | null
  plan: PlanVerdict
  gates: GatesVerdict
  review: ReviewVerdict
  /** When other open pull requests have this head: the conjunction over all of them, which the runs show (T3). */
  shared: { numbers: number[]; plan: Verdict; gates: Verdict; review: Verdict } | null
  /** Whether it may be merged at this very snapshot, with the sentence why not. */
  merge: { ready: boolean; sentence: string }
  /** The exact next thing to do, for a person. */
  next: string
  /** What each check asks for now, for judging presses and commands. */
  asked: ReadonlyMap<string, Asked>
}

/** What one press or command comes to. `merge` asks the round to merge; it is settled by what the merge rules say. */
export type Answer =
  | PressJudgement
  | { kind: 'accepted'; sentence: string }
  /** A fix request or classification that counts; `body` is put on record with the answer. */
  | {
      kind: 'fix'
      sentence: string
      body: Extract<FactBody, { kind: 'fix.accepted' | 'rework.classified' }>
    }
