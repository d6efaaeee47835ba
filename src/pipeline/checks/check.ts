/** A deterministic check: pure, over a deliverable and collected evidence; its objections go back to the session. */
import type { AllowedPaths } from '../../core/agentProfile.ts'
import type { Bundle } from '../../core/bundle.ts'
import { type CommandsSettings, commandRequest } from '../../core/commandSettings.ts'
import type { CommandName, EvidenceBody, EvidenceRequest, EvidenceView } from '../../core/evidence.ts'
import type { Sha } from '../../core/ids.ts'
import type { Plan } from '../../core/plan.ts'
import type { ProtectedRule } from '../../core/protectedPaths.ts'
import type { PhaseId, PipelineSettings } from '../settings.ts'

export interface CheckContext {
  phase: PhaseId
  /** As handed in; each check parses it with the schema it needs. */
  deliverable: unknown
  /** The plan in force: the issued one, or for a planning phase the deliverable itself. */
  plan: Plan | null
  /** Tip of the base branch, where citations must resolve (P4). */
  base: Sha
  /** The plan commit, once there is one. */
  planCommit: Sha | null
  /** The accepted work that the candidate sits on. */
  before: Sha | null
  candidate: Sha | null
  /** The accepted commit of the tests phase, whose files are frozen (P5). */
  testsCommit: Sha | null
  settings: PipelineSettings
  /** The only paths that the task's agent profile may change; null for all (P13). */
  allowed: AllowedPaths | null
  commands: CommandsSettings
  protectedRules: readonly ProtectedRule[]
  /** True once a senior has allowed protected surfaces for this task (D3). */
  protectedAllowed: boolean
  evidence: EvidenceView
  /** The frozen bundle of the task. */
  bundle: Bundle | null
  /** What the rules of delegation say about bundles in the deliverable; this domain may not ask them itself. */
  bundles: CheckResult
}

/** What a check found. It waits while a request it needs has no result yet; an unreadable result is an objection. */
export interface CheckResult {
  requests: EvidenceRequest[]
  waiting: boolean
  objections: string[]
  /** The commands of policy that objected; a check that runs none objects by its own name. */
  commands?: readonly CommandName[]
}

export type Check = (context: CheckContext) => CheckResult

export const satisfied: CheckResult = { requests: [], waiting: false, objections: [] }

export const objects = (...objections: string[]): CheckResult => ({
  requests: [],
  waiting: false,
  objections,
})

/** Most objections that one check sends back: more does not help a session, and the fact is bounded. */
export const mostObjections = 15

/**
 * Ask for one piece of evidence and judge it when it is there.
 *
 * @param what the evidence in a person's words, for the objection when it could not be collected (S9).
 */
export function withEvidence<R extends EvidenceRequest>(
  context: CheckContext,
  request: R,
  what: string,
  judge: (body: EvidenceBody<R['kind']>) => string[],
): CheckResult {
  const result = context.evidence.get(request)
  if (!result) return { requests: [request], waiting: true, objections: [] }
  if (!result.ok)
    return {
      requests: [request],
      waiting: false,
      objections: [`${what} could not be established: ${result.reason.slice(0, 600)}`],
    }
  const body = result.body as EvidenceBody<R['kind']>
  return { requests: [request], waiting: false, objections: judge(body).slice(0, mostObjections) }
}

/** The sum of several results: waits while one waits. */
export function together(results: readonly CheckResult[]): CheckResult {
  return {
    requests: results.flatMap((result) => result.requests),
    waiting: results.some((result) => result.waiting),
    objections: results.flatMap((result) => result.objections).slice(0, 50),
    commands: results.flatMap((result) => result.commands ?? []),
  }
}

/** The request for a policy command at a commit, or null when policy does not name the command. */
export function commandAt(context: CheckContext, name: Parameters<typeof commandRequest>[1], sha: Sha) {
  return commandRequest(context.commands, name, sha)
}
