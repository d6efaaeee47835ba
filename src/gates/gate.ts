/** A gate: one rule over evidence and settings that ends in a verdict with its sentence. */
import type { AllowedPaths } from '../core/agentProfile.ts'
import type { CommandsSettings } from '../core/commandSettings.ts'
import type { CommitBody, DiffBody, EvidenceRequest, EvidenceView } from '../core/evidence.ts'
import type { Sha } from '../core/ids.ts'
import type { Plan } from '../core/plan.ts'
import type { ProtectedRule } from '../core/protectedPaths.ts'
import type { Known } from '../core/snapshot/common.ts'
import type { CiCheck, PullSnapshot } from '../core/snapshot/pull.ts'
import { fail, pass, type Verdict, wait } from '../core/verdict.ts'
import type { GatesSettings } from './settings.ts'

/** Everything a gate may read: nothing here says who wrote the change, so no gate can favour anyone (S12). */
export interface GateInput {
  settings: GatesSettings
  commands: CommandsSettings
  protectedRules: readonly ProtectedRule[]
  /** Caps of policy (P12, G10). */
  caps: { files: number; lines: number }
  /** The only paths that the agent profile of the plan may change; null for all (P13). */
  allowed: AllowedPaths | null
  head: Sha
  /** The base branch's tip. */
  base: Sha
  title: string
  body: string
  /** The plan that the ledger issued for this pull request; null when the change has none. */
  plan: Plan | null
  ci: Known<CiCheck[]>
  /** True when CI of pull requests at the head may have run for another base branch (T3). */
  retargeted: boolean
  /** Runs that may have uploaded reports, at the head and at the merge base. */
  workflowRuns: PullSnapshot['workflowRuns']
  /** Apps whose checks are ours and never count as CI. */
  ownAppIds: readonly number[]
  /** When the head was first seen, App clock; null when nothing recorded it. */
  headSinceMs: number | null
  nowMs: number
  evidence: EvidenceView
}

/** Who may accept a gate's flag: an eligible approver, or only a senior (D3, G12). */
export type AcceptedBy = 'approver' | 'senior'

export interface Gate {
  /** The word used in `/agent accept <id>` and in policy. */
  id: string
  /** `G10`. */
  requirement: string
  title: string
  /** One sentence for docs/gates.md, which is made from the gates themselves. */
  about: string
  /** What it rests on: gates over the diff alone can be asked on any checkout, without the App. */
  reads: 'diff' | 'command' | 'ci' | 'report' | 'command or report'
  acceptedBy: AcceptedBy
  /** Null when the gate is on; else the sentence that says why it is not configured and how to switch it on. */
  off(input: GateInput): string | null
  /** Evidence to collect; asked again after each answer, so that a later need may depend on an earlier result. */
  needs(input: GateInput): EvidenceRequest[]
  evaluate(input: GateInput): Verdict
}

export const diffRequest = (input: Pick<GateInput, 'base' | 'head'>) =>
  ({ kind: 'diff', base: input.base, head: input.head }) as const

export const commitsRequest = (input: Pick<GateInput, 'base' | 'head'>) =>
  ({ kind: 'commits', base: input.base, head: input.head }) as const

/** The verdict on several parts: what fails counts before what waits, then what is flagged; passes are said together. */
export function worst(verdicts: readonly Verdict[]): Verdict {
  for (const state of ['fail', 'wait', 'flag'] as const) {
    const found = verdicts.find((one) => one.state === state)
    if (found) return found
  }
  return pass(verdicts.map((one) => one.sentence).join(' '))
}

/** Judge the diff once it is there; without it the gate waits, and a diff that git could not make fails. */
export function withDiff(input: GateInput, judge: (diff: DiffBody) => Verdict): Verdict {
  const result = input.evidence.get(diffRequest(input))
  if (!result) return wait('The diff is being read from git; nothing to do.')
  if (!result.ok)
    return fail(`The diff could not be read: ${result.reason}. Push again, or split the change.`)
  return judge(result.body)
}

/** The same for the commits of the change. */
export function withCommits(input: GateInput, judge: (commits: CommitBody[]) => Verdict): Verdict {
  const result = input.evidence.get(commitsRequest(input))
  if (!result) return wait('The commits are being read from git; nothing to do.')
  if (!result.ok)
    return fail(`The commits could not be read: ${result.reason}. Push again, or split the change.`)
  return judge(result.body.commits)
}

/** A gate over the diff alone: always on. */
export function diffGate(
  gate: Pick<Gate, 'id' | 'requirement' | 'title' | 'about' | 'acceptedBy'> & {
    off?: Gate['off']
    judge(diff: DiffBody, input: GateInput): Verdict
  },
): Gate {
  const { judge, off = () => null, ...named } = gate
  return {
    ...named,
    reads: 'diff',
    off,
    needs: (input) => [diffRequest(input)],
    evaluate: (input) => withDiff(input, (diff) => judge(diff, input)),
  }
}
