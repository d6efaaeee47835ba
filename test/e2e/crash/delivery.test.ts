/**
 * The App is killed around everything it does about an environment (S7, R4): one deployment for each that was announced,
 * one smoke test, one answer to a waiting job, and what failed is rolled back all the same.
 */
import { expect, jest, test } from '@jest/globals'
import type { Fact, FactBody } from '../../../src/core/facts.ts'
import { type Delivery, endOfDelivery, openDelivery } from './delivery.ts'
import { allEffects, rolloutEffects, tellings } from './effects.ts'
import { count, type Plot, play } from './play.ts'

// Some dozen restarts each.
jest.setTimeout(1_800_000)

/** What is recorded the same whatever happened, with how it came out. Reports to a waiting job follow what is known at the time. */
function outcome(body: FactBody): string[] {
  switch (body.kind) {
    case 'deploy.intended':
      return [`${body.kind} ${body.purpose}`]
    case 'rule.answered':
      return [`${body.kind} ${body.state}`]
    case 'window.ended':
      return [`${body.kind} ${body.outcome}`]
    case 'canary.ended':
    case 'rollback.ended':
      return [`${body.kind} ${body.ok}`]
    case 'alert.raised':
      return [`${body.kind} ${body.what}`]
    case 'deploy.decided':
    case 'deploy.seen':
    case 'smoke.started':
    case 'window.opened':
    case 'rollout.failed':
    case 'rule.asked':
    case 'alert.sent':
    case 'incident':
    case 'incident.reported':
      return [body.kind]
    default:
      return []
  }
}

type End = Awaited<ReturnType<typeof endOfDelivery>>
const plot: Plot<Delivery, End, Record<string, number>> = {
  open: openDelivery,
  end: endOfDelivery,
  record: (facts: Fact[]) => count(facts.flatMap(({ body }) => outcome(body))),
}
let faultless: { end: End; facts: Record<string, number>; seen: Set<string> }

test('S7, R4: the story shows every effect that a rollout can have, and no other', async () => {
  faultless = await play(plot, [])
  const seen = [...faultless.seen]
  expect(rolloutEffects.filter((effect) => !seen.includes(effect))).toEqual([])
  expect(seen.filter((effect) => !allEffects.includes(effect))).toEqual([])
  expect(faultless.end).toMatchObject({
    stood: { staging: ['first', 'second'], production: ['first', 'second', 'first'] },
    // Three smoke tests, and the rollback.
    runs: { deployment: 2, push: 2, workflow_dispatch: 4 },
    waiting: 0,
    alerts: { raised: 1, recovered: 1 },
  })
})

test.each(tellings(rolloutEffects))(
  'S7, R4, L2: killed at every effect of a rollout %s, the end is the same',
  async (_when, kills) => {
    const { end, facts, killed } = await play(plot, kills)
    expect(kills.filter((one) => !killed.includes(one))).toEqual([])
    const { alerts, ...stands } = end
    const { alerts: most, ...expected } = faultless.end
    expect(stands).toEqual(expected)
    // A message that was under way may be lost, which is on record and stands on the incident issue; none is sent twice.
    expect(alerts.raised).toBeLessThanOrEqual(most.raised)
    expect(alerts.recovered).toBeLessThanOrEqual(most.recovered)
    expect(facts).toEqual(faultless.facts)
  },
)
