/** How long a look stands that nobody decides on: what the board keeps on showing without asking GitHub (O2). */
import { beforeEach, describe, expect, test } from '@jest/globals'
import { createReadings, type KeptReadings, readingsLiveMs } from '../../../src/adapters/github/readings.ts'
import type { Forge } from '../../../src/core/ports.ts'

const name = 'acme/shop'
const sha = (digit: string) => digit.repeat(40)

let tip: string
let nowMs: number
let readings: KeptReadings
beforeEach(() => {
  tip = sha('a')
  nowMs = 1_000_000
  // What GitHub answers is all that matters here.
  const forge = { branchTip: async () => ({ found: true, value: tip }) } as unknown as Forge
  readings = createReadings(forge, { nowMs: () => nowMs, sleep: async () => undefined })
})

async function look() {
  const reading = readings.open({ fresh: false })
  await reading.forge.branchTip(name, 'main')
  return reading
}

describe('O2: a look stands', () => {
  test('as long as nothing is told, however old it is', async () => {
    const first = await look()
    expect(first.stands()).toBe(true)
    nowMs += 100 * readingsLiveMs
    expect(first.stands()).toBe(true)
  })

  test('when it was read anew and is the same, and no longer when it is not', async () => {
    const first = await look()
    nowMs += readingsLiveMs + 1
    const second = await look()
    expect([first.stands(), second.stands()]).toEqual([true, true])
    tip = sha('b')
    nowMs += readingsLiveMs + 1
    const third = await look()
    expect([first.stands(), second.stands(), third.stands()]).toEqual([false, false, true])
  })

  test('until an event tells of a change in it, and through one about something else', async () => {
    const first = await look()
    readings.moved(name, 'other', sha('c'))
    expect(first.stands()).toBe(true)
    readings.moved(name, 'main', sha('b'))
    expect(first.stands()).toBe(false)
    const second = await look()
    readings.drop(name, ['people'])
    expect(second.stands()).toBe(true)
    readings.drop(name)
    expect(second.stands()).toBe(false)
  })
})
