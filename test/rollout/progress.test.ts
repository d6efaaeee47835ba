/** O4: how far a merged change has come, as a table over the facts of an environment. */
import { describe, expect, test } from '@jest/globals'
import type { FactBody } from '../../src/core/facts.ts'
import { progressOf } from '../../src/rollout/progress.ts'
import { factsFrom, sha } from '../support/snapshots.ts'

const rules = { samples: 2, intervalMs: 1000, inconclusive: 1, requests: null, monitors: [] }
const opened: FactBody = {
  kind: 'window.opened',
  deployment: 1,
  sha: sha('later'),
  atMs: 0,
  steps: [sha('change'), sha('later')],
  rules,
}
const ended = (outcome: 'healthy' | 'failed' | 'held' | 'superseded'): FactBody => ({
  kind: 'window.ended',
  deployment: 1,
  sha: sha('later'),
  outcome,
  sentence: 'So it was.',
  means: {},
})
const failed = (parts: object = {}): FactBody => ({
  kind: 'rollout.failed',
  deployment: 1,
  sha: sha('later'),
  from: null,
  steps: [sha('change'), sha('later')],
  sentence: 'Errors.',
  keeps: null,
  ...parts,
})
const intended = (purpose: 'forward' | 'rollback', to: string, replaces: number | null = null): FactBody => ({
  kind: 'deploy.intended',
  purpose,
  sha: sha(to),
  from: null,
  replaces,
  way: 'create',
  workflow: null,
  bound: null,
})
const back = (ok: boolean, intent: number): FactBody => ({
  kind: 'rollback.ended',
  intent,
  deployment: 2,
  ok,
  sentence: 'It stands again.',
})
const held: FactBody = { kind: 'rollout.held', deployment: 1, sentence: 'Nobody can tell.' }

describe('O4: a merged change in an environment', () => {
  test.each<[string, FactBody[], RegExp]>([
    ['is nowhere', [], /^not deployed there yet/],
    ['is about to come', [intended('forward', 'change')], /^its deployment has begun/],
    ['is watched, brought by a later commit', [opened], /^deployed, and watched/],
    ['is healthy', [opened, ended('healthy')], /^healthy: So it was/],
    ['is held', [opened, ended('held'), held], /^held: Nobody can tell/],
    ['is held, and then counted as healthy', [opened, ended('held'), held, ended('healthy')], /^healthy/],
    ['was superseded', [opened, ended('superseded')], /^superseded/],
    ['did not come up', [failed({ stood: false })], /^did not come up: Errors/],
    ['failed and stays', [opened, ended('failed'), failed()], /^failed: Errors/],
    [
      'is being rolled back',
      [opened, ended('failed'), failed(), intended('rollback', 'good', 1)],
      /^failed and is being rolled back to `\w+`: Errors/,
    ],
    [
      'was rolled back',
      [opened, ended('failed'), failed(), intended('rollback', 'good', 1), back(true, 3)],
      /^failed and was rolled back to `\w+`: Errors/,
    ],
    [
      'could not be rolled back',
      [opened, ended('failed'), failed(), intended('rollback', 'good', 1), back(false, 3)],
      /^failed, and its rollback FAILED: Errors/,
    ],
  ])('%s', (_, bodies, sentence) => {
    const facts = factsFrom(
      'rollout:acme/widgets@production',
      bodies.map((body) => ({ body })),
    )
    expect(progressOf(facts, sha('change'))).toMatch(sentence)
    expect(progressOf(facts, sha('another'))).toMatch(/^not deployed there yet/)
  })
})
