/** A small valid plan and record for tests; parts are replaced by name. */
import type { Plan, PlanRecord } from '../../src/core/plan.ts'

export function planFixture(parts: Partial<Plan>): Plan {
  return {
    summary: 'Add a limit to the parser.',
    steps: [{ title: 'Limit', detail: 'Refuse input over the limit.' }],
    files: [
      { path: 'src/parse.ts', change: 'modify', why: 'holds the parser' },
      { path: 'test/parse.test.ts', change: 'modify', why: 'proves the limit' },
      { path: 'docs/parse.md', change: 'modify', why: 'says the limit' },
    ],
    newSymbols: ['maximumLength'],
    citations: [{ path: 'src/parse.ts', line: 3, quote: 'export function parse(text: string): Tree {' }],
    tests: { kind: 'required', names: ['parse > refuses long input'] },
    documentation: { kind: 'required', paths: ['docs/parse.md'] },
    risks: [],
    ...parts,
  }
}

export function recordFixture(plan: Plan, parts: Partial<PlanRecord> = {}): PlanRecord {
  return {
    version: 1,
    repositoryId: 7,
    issue: 12,
    route: 'feature',
    delegationDigest: 'a'.repeat(64),
    nonce: '0'.repeat(32),
    plan,
    ...parts,
  }
}
