/** The watch over branch rules, through the verdicts of a pull request: drift blocks, unread waits, nothing passes. */
import { describe, expect, test } from '@jest/globals'
import type { EnforcementReading } from '../../src/core/snapshot/rules.ts'
import { judge } from '../../src/subjects/pull.ts'
import { app, dana, goodRules, pullSnapshot, type SnapshotParts } from '../support/snapshots.ts'

const day = 24 * 3600 * 1000
const provenAtMs = Date.parse('2026-03-02T10:00:00Z')
const proof = { appId: app.appId, mode: 'merge' as const, provenAtMs, by: 'ada' }
const inMode = (
  mode: 'merge' | 'checks',
  enforcement: EnforcementReading | 'unknown',
  more: SnapshotParts = {},
) => judge(pullSnapshot({ policy: { merge: { mode } }, enforcement, ...more }))

describe('merge mode', () => {
  test.each([
    ['the checks are not required', { requiredChecks: [] }, /`countersign\/plan`.* are not required/],
    [
      'a check counts from anyone',
      { requiredChecks: goodRules().requiredChecks.map((one) => ({ ...one, appId: null })) },
      /by name and not from this App/,
    ],
    [
      'a check counts from another App',
      { requiredChecks: goodRules().requiredChecks.map((one) => ({ ...one, appId: 1 })) },
      /anyone could satisfy it/,
    ],
    ['people may update the branch', { updatesRestricted: false }, /past Countersign/],
  ])('T19: %s: the gates turn red and say who mends it how', (_, parts, sentence) => {
    const { gates, merge } = inMode('merge', { rules: goodRules(parts), proof: null })
    expect(gates.verdict).toMatchObject({ state: 'fail', sentence: expect.stringMatching(sentence) })
    expect(gates.verdict.sentence).toContain(
      'An administrator runs `npm run countersign -- doctor acme/widgets --fix`',
    )
    expect(merge.ready).toBe(false)
  })

  test('T19: a second entry that is not pinned takes nothing from the pinned one', () => {
    const requiredChecks = [...goodRules().requiredChecks, { context: 'countersign/plan', appId: null }]
    expect(inMode('merge', { rules: goodRules({ requiredChecks }), proof: null }).gates.verdict.state).toBe(
      'pass',
    )
  })

  test('S9: rules that are unread or were not asked for wait', () => {
    for (const reading of ['unknown', { rules: null, proof: null }] as const)
      expect(inMode('merge', reading).gates.verdict.state).toBe('wait')
  })

  test("T19: a person's pull request is held too", () => {
    const parts: SnapshotParts = {
      pull: { author: dana, head: { sha: '1'.repeat(40), ref: 'topic', repositoryId: 7, fork: false } },
      pushers: [{ sha: '1'.repeat(40), by: dana }],
    }
    expect(inMode('merge', { rules: goodRules(), proof: null }, parts).gates.verdict.state).toBe('pass')
    const drifted = { rules: goodRules({ requiredChecks: [] }), proof: null }
    expect(inMode('merge', drifted, parts).gates.verdict.state).toBe('fail')
  })

  test('T45: the rules of a branch that policy does not protect are not asked for', () => {
    const stacked = { pull: { base: { ref: 'agent/1-base', tip: 'b'.repeat(40), protected: false } } }
    const none = { rules: null, proof: null }
    expect(inMode('merge', none, stacked).gates.verdict.sentence).not.toMatch(/rules in force/)
  })
})

describe('checks mode', () => {
  test('A5: without a proof nothing was promised, so nothing is watched', () => {
    const { gates } = inMode('checks', { rules: null, proof: null })
    expect([gates.verdict.state, gates.lines]).toEqual(['pass', []])
  })

  test.each([
    ['force pushes', { forcePushesBlocked: false }, /force pushes are not blocked/],
    ['deletion', { deletionsBlocked: false }, /can be deleted/],
    ['the checks', { requiredChecks: [] }, /not required/],
  ])('T19: what was proven and then loosened is red: %s', (_, parts, sentence) => {
    const rules = goodRules({ updatesRestricted: false, ...parts })
    const { gates } = inMode('checks', { rules, proof: { ...proof, mode: 'checks' } })
    expect(gates.verdict).toMatchObject({ state: 'fail', sentence: expect.stringMatching(sentence) })
  })
})

describe('the proof', () => {
  test('A5: is shown with its day, and as expired after 30 days of the clock', () => {
    const at = (nowMs: number) => inMode('merge', { rules: goodRules(), proof }, { nowMs }).gates.lines.join()
    expect(at(provenAtMs + 29 * day)).toMatch(/proven on 2026-03-02 by `ada`/)
    expect(at(provenAtMs + 30 * day)).toMatch(/expired after 30 days/)
  })

  test.each([
    ['mode', { mode: 'checks' as const }, /is for checks mode and the App \d+; in force are merge mode/],
    [
      'App',
      { appId: app.appId + 1 },
      /is for merge mode and the App \d+; in force are merge mode and the App/,
    ],
  ])('A5, T19: one for another %s is not told as one of what is in force', (_, other, words) => {
    const lines = inMode(
      'merge',
      { rules: goodRules(), proof: { ...proof, ...other } },
      { nowMs: provenAtMs },
    )
    expect(lines.gates.lines.join()).toMatch(words)
    expect(lines.gates.lines.join()).not.toMatch(/still hold/)
  })

  test('A5: its absence is said in merge mode', () => {
    expect(inMode('merge', { rules: goodRules(), proof: null }).gates.lines.join()).toMatch(/never proven/)
  })
})
