/**
 * The App is killed in the middle of everything it does (S7): before a request of its takes effect, after it took effect
 * and before the answer comes, and once the answer has left; each time it is started again on the same ledger. The end is
 * the one without any kill, and nothing was done twice.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, jest, test } from '@jest/globals'
import { systemClock } from '../../../src/adapters/clock.ts'
import { openLedger } from '../../../src/adapters/ledger/open.ts'
import { silentLog } from '../../../src/adapters/log.ts'
import type { FactBody } from '../../../src/core/facts.ts'
import { killableApp } from './app.ts'
import { type EffectAt, effects, tellings } from './effects.ts'
import { endState, openStory, rest } from './story.ts'

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

async function play(kills: readonly EffectAt[]) {
  const directory = await mkdtemp(join(tmpdir(), 'countersign-crash-'))
  const startedMs = Date.now()
  const app = killableApp(startedMs)
  const story = await openStory(app, directory, startedMs)
  const { stage } = story
  try {
    const seen = app.watch(stage)
    app.killAt(stage, kills)
    await story.tell().catch(async (error: Error) => {
      throw new Error(`${error.message}; killed at ${JSON.stringify(app.killed)}; ${app.output()}`, {
        cause: error,
      })
    })
    await app.settled()
    await rest(story)
    const end = await endState(story)
    expect(stage.github.violations).toEqual([])
    await stage.app.stop()
    return { end, facts: await factsIn(join(directory, 'countersign', 'facts')), seen, killed: app.killed }
  } finally {
    await stage.close()
    app.close()
    await rm(directory, { recursive: true, force: true })
  }
}

/** How often each kind of fact is on record, from the ledger that the last process left; its chains must verify. */
async function factsIn(dataDir: string) {
  const ledger = await openLedger({ dataDir }, { clock: systemClock, log: silentLog })
  try {
    expect(await ledger.verify()).toMatchObject({ ok: true })
    const keys = (await Promise.all(['task:', 'pull:'].map((prefix) => ledger.subjects({ prefix })))).flat()
    const facts = (await Promise.all(keys.map((key) => ledger.facts(key)))).flat()
    // S2: the first session that writes begins after the first press, which approves the plan.
    const firstMs = (fits: (body: FactBody) => boolean) =>
      Math.min(...facts.filter(({ body }) => fits(body)).map(({ atMs }) => atMs))
    const approvedMs = firstMs(({ kind }) => kind === 'button.pressed')
    expect(approvedMs).toBeLessThanOrEqual(
      firstMs((body) => body.kind === 'attempt.started' && body.phase === 'implementation'),
    )
    return Object.fromEntries(
      recordedOnce.map((kind) => [kind, facts.filter(({ body }) => body.kind === kind).length]),
    )
  } finally {
    await ledger.close()
  }
}

let faultless: Awaited<ReturnType<typeof play>>

test('S7: the story shows every effect that an action can have, and no other', async () => {
  faultless = await play([])
  const seen = [...faultless.seen]
  expect(effects.filter((effect) => !seen.includes(effect))).toEqual([])
  expect(seen.filter((effect) => !effects.includes(effect) && !/^model /.test(effect))).toEqual([])
  expect(faultless.end.pulls.map(({ merged }) => merged)).toEqual([true, true])
})

test.each(tellings)('S7, S2, L2: killed at every effect %s, the end is the same', async (_when, kills) => {
  const { end, facts, killed } = await play(kills)
  expect(kills.filter((one) => !killed.includes(one))).toEqual([])
  const { reactions, ...stands } = end
  const { reactions: most, ...expected } = faultless.end
  expect(stands).toEqual(expected)
  // An acknowledgement is a courtesy of the moment, and may be lost; it is never made twice.
  for (const [what, times] of Object.entries(reactions)) expect(times).toBeLessThanOrEqual(most[what] ?? 0)
  expect(facts).toEqual(faultless.facts)
})
