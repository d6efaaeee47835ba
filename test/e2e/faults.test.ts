/**
 * Faults between GitHub and the App: webhooks lost, doubled, late and out of order, answers of the API missing, refused
 * and limited. When they end, the sweep of a restart leads to the same state as without any (S7, S8, T12).
 */
import { afterEach, describe, expect, test } from '@jest/globals'
import type { Faults } from '../../world/index.ts'
import { openTown, type Town } from './town.ts'
import { bothMerged, endState, playTwoPulls } from './twoPulls.ts'

const testLimitMs = 180_000

let town: Town | null = null
const played = new Set<string>()
afterEach(async () => {
  const open = town
  town = null
  await open?.close()
  expect(open?.stage.github.violations ?? []).toEqual([])
})

/** `hit` is told of each fault as it is played: a fault that nothing met would prove nothing. */
type Disturb = (faults: Faults, hit: (fault: string) => true) => void

/** Each act of people under faults; then they end, and the sweep of a restart brings back what got lost. */
async function play(disturb: Disturb): Promise<unknown> {
  const here = await openTown()
  town = here
  const { stage } = here
  played.clear()
  await playTwoPulls(here, async (what) => {
    disturb(stage.github.faults, (fault) => {
      played.add(fault)
      return true
    })
    await what()
    await stage.settle()
    stage.github.faults.clear()
    stage.github.faults.release()
    await stage.restart()
    await stage.settle()
  })
  return endState(here)
}

const writes = ({ method, template }: { method: string; template: string | null }): boolean =>
  method !== 'GET' && /check-runs|comments|merge$/.test(template ?? '')

describe('the end is the same', () => {
  const cases: [string, Disturb, string[]][] = [
    [
      'S8 T12: with webhooks doubled, late, out of order and lost',
      (faults, hit) => {
        faults.webhook({ kind: 'duplicate', count: 2, when: () => hit('duplicate') })
        faults.webhook({ kind: 'reorder', count: 2, when: () => hit('reorder') })
        faults.webhook({ kind: 'delay', ms: 150, count: 2, when: () => hit('delay') })
        faults.webhook({ kind: 'lose', when: () => hit('lose') })
      },
      ['delay', 'duplicate', 'lose', 'reorder'],
    ],
    [
      'S7: with errors, limits, and answers lost after they took effect',
      (faults, hit) => {
        faults.rest({ kind: 'error', status: 502, when: () => hit('error') })
        faults.rest({ kind: 'secondary-limit', status: 403, retryAfterS: 1, when: () => hit('403') })
        faults.rest({ kind: 'secondary-limit', status: 429, retryAfterS: 1, when: () => hit('429') })
        faults.rest({ kind: 'applied-but-lost', when: (one) => writes(one) && hit('applied-but-lost') })
      },
      ['403', '429', 'applied-but-lost', 'error'],
    ],
  ]
  test.each(cases)(
    '%s',
    async (_name, disturb, faults) => {
      expect(await play(disturb)).toMatchObject(bothMerged)
      expect([...played].sort()).toEqual(faults)
    },
    testLimitMs,
  )
})
