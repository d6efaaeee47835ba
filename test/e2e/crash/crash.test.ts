/**
 * The App is killed in the middle of everything it does (S7): before a request of its takes effect, after it took effect
 * and before the answer comes, and once the answer has left; each time it is started again on the same ledger. The end is
 * the one without any kill, and nothing was done twice.
 */
import { expect, jest, test } from '@jest/globals'
import type { Fact, FactBody } from '../../../src/core/facts.ts'
import { allEffects, shopEffects, tellings } from './effects.ts'
import { count, type Plot, play, type Story } from './play.ts'
import { endOfShop, openShop } from './shop.ts'

// Some twenty restarts each: minutes on a busy machine.
jest.setTimeout(1_800_000)

/** What may be on record once, whatever happened. Attempts may begin again: a model's answer can be lost with its cost. */
const recordedOnce: readonly FactBody['kind'][] = [
  'bundle.frozen',
  'plan.issued',
  'pull.opened',
  'ci.rerun',
  'fix.accepted',
  'fix.ended',
  'merged',
  'incident',
  'incident.reported',
  'draft.accepted',
  'split.approved',
  'child.opened',
  'child.delegated',
]

function record(facts: Fact[]) {
  // S2: the first session that writes begins after the first press, which approves the plan.
  const firstMs = (fits: (body: FactBody) => boolean) =>
    Math.min(...facts.filter(({ body }) => fits(body)).map(({ atMs }) => atMs))
  const approvedMs = firstMs(({ kind }) => kind === 'button.pressed')
  expect(approvedMs).toBeLessThanOrEqual(
    firstMs((body) => body.kind === 'attempt.started' && body.phase === 'implementation'),
  )
  return count(facts.map(({ body }) => body.kind).filter((kind) => recordedOnce.includes(kind)))
}

type End = Awaited<ReturnType<typeof endOfShop>>
const plot: Plot<Story, End, Record<string, number>> = { open: openShop, end: endOfShop, record }
let faultless: { end: End; facts: Record<string, number>; seen: Set<string> }

test('S7: the story shows every effect that an action can have, and no other', async () => {
  faultless = await play(plot, [])
  const seen = [...faultless.seen]
  expect(shopEffects.filter((effect) => !seen.includes(effect))).toEqual([])
  expect(seen.filter((effect) => !allEffects.includes(effect) && !/^model /.test(effect))).toEqual([])
  expect(faultless.end.pulls.map(({ merged }) => merged)).toEqual([true, true])
})

test.each(tellings(shopEffects))(
  'S7, S2, L2: killed at every effect %s, the end is the same',
  async (_when, kills) => {
    const { end, facts, killed } = await play(plot, kills)
    expect(kills.filter((one) => !killed.includes(one))).toEqual([])
    const { reactions, ...stands } = end
    const { reactions: most, ...expected } = faultless.end
    expect(stands).toEqual(expected)
    // An acknowledgement is a courtesy of the moment, and may be lost; it is never made twice.
    for (const [what, times] of Object.entries(reactions)) expect(times).toBeLessThanOrEqual(most[what] ?? 0)
    expect(facts).toEqual(faultless.facts)
  },
)
