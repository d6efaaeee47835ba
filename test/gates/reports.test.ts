/** G4 and G8 over what the sandbox's runs left behind: findings, a silent registry, growth, and everything that is missing. */
import { describe, expect, test } from '@jest/globals'
import { commandRequest } from '../../src/core/commandSettings.ts'
import type { CommandBody, EvidenceRequest, EvidenceResult } from '../../src/core/evidence.ts'
import { protectedRules } from '../../src/core/protectedPaths.ts'
import { audit } from '../../src/gates/audit.ts'
import { bundleSize } from '../../src/gates/bundleSize.ts'
import type { Gate } from '../../src/gates/gate.ts'
import { diffOf, evidenceOf, goodFiles, policyOf, sha } from '../support/snapshots.ts'

const range = { base: sha('tip'), head: sha('head') }
const policy = {
  commands: {
    audit: { run: 'npm audit --json > audit.json', reports: [{ format: 'audit', path: 'audit.json' }] },
    build: { run: 'npm run build', reports: [{ format: 'size-limit', path: 'size.json' }] },
  },
}
const ended = (parts: Partial<CommandBody> = {}): CommandBody => ({
  exitCode: 0,
  stoppedBy: null,
  outputTail: '',
  durationMs: 1,
  ...parts,
})

function evaluate(gate: Gate, bodies: { head?: CommandBody; base?: CommandBody }, raw: unknown = policy) {
  const { gates, commands, protected: paths } = policyOf(raw)
  const name = gate.id === 'audit' ? 'audit' : 'build'
  const entries: [EvidenceRequest, EvidenceResult][] = [
    [
      { kind: 'diff', ...range },
      { ok: true, body: diffOf(goodFiles()) },
    ],
  ]
  for (const [at, body] of [
    [range.head, bodies.head],
    [sha('base'), bodies.base],
  ] as const) {
    const request = commandRequest(commands, name, at)
    if (request && body) entries.push([request, { ok: true, body }])
  }
  const input = {
    ...range,
    settings: gates,
    commands,
    protectedRules: protectedRules(paths),
    caps: { files: 1, lines: 1 },
    allowed: null,
    title: '',
    body: '',
    plan: null,
    ci: [],
    workflowRuns: { head: [], base: [] },
    ownAppIds: [],
    retargeted: false,
    headSinceMs: null,
    nowMs: 0,
    evidence: evidenceOf(entries),
  }
  return { off: gate.off(input), needs: gate.needs(input), ...gate.evaluate(input) }
}
const finding = (severity: 'low' | 'moderate' | 'unknown') => ({ name: 'left-pad', severity, title: 'ReDoS' })

describe('G4: dependency audit', () => {
  test.each<[string, CommandBody | undefined, string, string]>([
    ['no finding', ended({ audit: { findings: [], unreachable: null } }), 'pass', 'No known weakness'],
    [
      'a lesser finding',
      ended({ exitCode: 1, audit: { findings: [finding('low')], unreachable: null } }),
      'pass',
      '1 lesser',
    ],
    [
      'a finding',
      ended({ exitCode: 1, audit: { findings: [finding('moderate')], unreachable: null } }),
      'fail',
      '`left-pad`',
    ],
    [
      'a finding of unknown severity',
      ended({ audit: { findings: [finding('unknown')], unreachable: null } }),
      'fail',
      'unknown',
    ],
    [
      'an unreachable registry',
      ended({ exitCode: 1, audit: { findings: [], unreachable: 'ENOTFOUND' } }),
      'flag',
      'ENOTFOUND',
    ],
    ['no report', ended(), 'fail', 'not written'],
    ['a broken report', ended({ audit: { problem: 'it is not JSON.' } }), 'fail', 'not JSON'],
    ['out of time', ended({ stoppedBy: 'time', exitCode: null }), 'fail', 'time'],
    ['still running', undefined, 'wait', 'running'],
  ])('%s', (_, head, state, words) => {
    const verdict = evaluate(audit, head ? { head } : {})
    expect([verdict.state, verdict.sentence]).toEqual([state, expect.stringContaining(words)])
  })
  test('without a report the exit code decides; without a command the gate is off', () => {
    const bare = { commands: { audit: { run: 'osv-scanner .' } } }
    expect(evaluate(audit, { head: ended() }, bare).state).toBe('pass')
    expect(evaluate(audit, { head: ended({ exitCode: 1 }) }, bare).state).toBe('fail')
    expect(evaluate(audit, {}, {}).off).toContain('Not configured')
  })
  test('policy sets the severity that blocks', () => {
    const head = ended({ audit: { findings: [finding('moderate')], unreachable: null } })
    expect(evaluate(audit, { head }, { ...policy, gates: { audit: { minimum: 'high' } } }).state).toBe('pass')
  })
})

describe('G8: bundle size', () => {
  const sized = (...bytes: number[]) =>
    ended({ sizes: { entries: bytes.map((one, index) => ({ name: `b${index}`, bytes: one })) } })
  test.each<[string, CommandBody | undefined, CommandBody | undefined, string, string]>([
    ['as large as before', sized(1000), sized(1000), 'pass', '1.0 kB'],
    ['10 % more is allowed', sized(1100), sized(1000), 'pass', '1.1 kB'],
    ['a byte beyond is not', sized(1101), sized(1000), 'fail', 'b0'],
    ['one bundle hides behind another', sized(2000, 8000), sized(1000, 9000), 'fail', '`b0`'],
    ['a new bundle shows in the sum', sized(1000, 500), sized(1000), 'fail', 'the sum'],
    ['from nothing to something', sized(1), sized(0), 'fail', 'b0'],
    ['no report at the head', ended(), sized(1000), 'fail', 'not written'],
    ['no report at the base', sized(1000), ended(), 'flag', 'merge base'],
    ['a broken report at the head', ended({ sizes: { problem: 'no list.' } }), sized(1), 'fail', 'no list'],
    ['the build fails', { ...sized(1000), exitCode: 1 }, sized(1000), 'fail', 'ended with 1'],
    ['the base is not built yet', sized(1000), undefined, 'wait', 'running'],
    ['the head is not built yet', undefined, sized(1000), 'wait', 'running'],
  ])('%s', (_, head, base, state, words) => {
    const verdict = evaluate(bundleSize, { ...(head ? { head } : {}), ...(base ? { base } : {}) })
    expect([verdict.state, verdict.sentence]).toEqual([state, expect.stringContaining(words)])
  })
  test('it asks for builds at the head and at the merge base, not at the tip of the base branch', () => {
    const shas = evaluate(bundleSize, {}).needs.flatMap((need) => (need.kind === 'command' ? [need.sha] : []))
    expect(shas).toEqual([range.head, sha('base')])
  })
})
