/** A gate by itself: what it reads of a change, and its verdict. */
import type { DiffFile, EvidenceRequest, EvidenceResult } from '../../src/core/evidence.ts'
import { protectedRules } from '../../src/core/protectedPaths.ts'
import { allGates } from '../../src/gates/all.ts'
import type { GateInput } from '../../src/gates/gate.ts'
import { commit, diffOf, evidenceOf, greenCi, policyOf, sha } from '../support/snapshots.ts'

export const range = { base: sha('base'), head: sha('head') }

/** What a gate reads of an ordinary change, with these files. */
export function input(
  files: DiffFile[],
  parts: Partial<GateInput> = {},
  policy: unknown = {},
  more: [EvidenceRequest, EvidenceResult][] = [],
): GateInput {
  const { gates, commands, protected: paths, pipeline } = policyOf(policy)
  return {
    settings: gates,
    commands,
    protectedRules: protectedRules(paths),
    caps: { files: pipeline.max_files, lines: pipeline.max_lines },
    allowed: null,
    head: range.head,
    base: range.base,
    title: 'Add one',
    body: '',
    plan: null,
    ci: [greenCi(range.head)],
    workflowRuns: { head: [], base: [] },
    ownAppIds: [77],
    retargeted: false,
    headSinceMs: 0,
    nowMs: 1000,
    evidence: evidenceOf([
      [
        { kind: 'diff', ...range },
        { ok: true, body: diffOf(files) },
      ],
      [
        { kind: 'commits', ...range },
        { ok: true, body: { commits: [commit('head')] } },
      ],
      [
        { kind: 'references', ...range },
        { ok: true, body: { filesRead: 1, unresolved: [], unchecked: [] } },
      ],
      ...more,
    ]),
    ...parts,
  }
}

export const run = (id: string, given: GateInput) => {
  const gate = allGates.find((one) => one.id === id)
  if (!gate) throw new Error(id)
  return gate.evaluate(given)
}
