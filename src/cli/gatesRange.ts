/** The diff gates on one range of commits of a local repository: policy and evidence in, one verdict a gate out. */
import type { LocalRepository, LocalRequest } from '../adapters/workspace/localRepository.ts'
import { Bug } from '../core/errors.ts'
import { type EvidenceRequest, type EvidenceResult, evidenceKey, viewOf } from '../core/evidence.ts'
import type { Sha } from '../core/ids.ts'
import type { PlanRecord } from '../core/plan.ts'
import { parsePlanMessage } from '../core/planMessage.ts'
import type { Verdict } from '../core/verdict.ts'
import { allGates } from '../gates/all.ts'
import { commitsRequest, type Gate, type GateInput } from '../gates/gate.ts'
import { agentOf, surfacesOf } from '../policy/profiles.ts'
import type { Policy } from '../policy/schema.ts'

export interface GateLine {
  gate: string
  requirement: string
  title: string
  acceptedBy: Gate['acceptedBy']
  /** `off`: policy switched it off. */
  state: Verdict['state'] | 'off'
  sentence: string
  annotations: NonNullable<Verdict['annotations']>
}

export interface RangeReport {
  base: Sha
  head: Sha
  gates: GateLine[]
}

/** Gates that need nothing but the change itself; the others need the App's sandbox, GitHub, or CI's reports. */
export const localGates = allGates.filter((gate) => gate.reads === 'diff')
export const otherGates = allGates.filter((gate) => gate.reads !== 'diff')

const here = 'local/checkout'

/**
 * Evaluate the diff gates on base..head, as the App would on a pull request of that range.
 *
 * A plan commit in the range is taken at its word: locally nobody can say whether the App issued it, and the App asks.
 */
export async function evaluateRange(
  repository: LocalRepository,
  policy: Policy,
  range: { base: Sha; head: Sha },
): Promise<RangeReport> {
  const results = new Map<string, EvidenceResult>()
  const input: GateInput = {
    ...range,
    settings: policy.gates,
    commands: policy.commands,
    protectedRules: surfacesOf(policy),
    ...limitsOf(policy, null),
    title: '',
    body: '',
    plan: null,
    ci: 'unknown',
    retargeted: false,
    workflowRuns: { head: 'unknown', base: 'unknown' },
    ownAppIds: [],
    headSinceMs: null,
    nowMs: 0,
    evidence: viewOf(here, results),
  }
  // A need may follow from an earlier answer; more steps than these would be a loop.
  for (let step = 0; step < 5; step++) {
    const needs = localGates.filter((gate) => gate.off(input) === null).flatMap((gate) => gate.needs(input))
    const missing = needs.filter((request) => !results.has(evidenceKey(here, request)))
    if (missing.length === 0) break
    for (const request of missing) {
      const key = evidenceKey(here, request)
      if (!results.has(key)) results.set(key, await repository.collect(localRequest(request)))
    }
  }
  const record = recordOf(input)
  const planned = { ...input, ...limitsOf(policy, record), plan: record?.plan ?? null }
  return { ...range, gates: localGates.map((gate) => lineOf(gate, planned)) }
}

function localRequest(request: EvidenceRequest): LocalRequest {
  if (request.kind === 'diff' || request.kind === 'commits' || request.kind === 'references') return request
  throw new Bug(`a gate over the change alone asked for ${request.kind}`)
}

/** The caps, and the paths that may be changed, under the agent profile of the plan. */
function limitsOf(policy: Policy, record: PlanRecord | null): Pick<GateInput, 'caps' | 'allowed'> {
  const { policy: own, allowed } = agentOf(policy, record?.profile)
  return { caps: { files: own.pipeline.max_files, lines: own.pipeline.max_lines }, allowed }
}

function recordOf(input: GateInput): PlanRecord | null {
  const commits = input.evidence.get(commitsRequest(input))
  if (!commits?.ok) return null
  const plans = commits.body.commits
    .filter((commit) => commit.empty)
    .map((commit) => parsePlanMessage(commit.message))
    .filter((parsed) => parsed.ok)
  return plans.length === 1 ? (plans[0]?.record ?? null) : null
}

function lineOf(gate: Gate, input: GateInput): GateLine {
  const { id, requirement, title, acceptedBy } = gate
  const named = { gate: id, requirement, title, acceptedBy }
  const off = gate.off(input)
  if (off !== null) return { ...named, state: 'off', sentence: off, annotations: [] }
  const { state, sentence, annotations = [] } = gate.evaluate(input)
  return { ...named, state, sentence, annotations }
}
