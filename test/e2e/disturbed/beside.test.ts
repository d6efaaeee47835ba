/** A task is disturbed while a session beside its route is at work: a proposal, a choice, a validator, a repair, a fix. */
import { expect, jest, test } from '@jest/globals'
import { besideRoutes } from './moments.ts'
import { named, play } from './play.ts'

// Eight stories of dozens of rounds, git pushes and CI runs: on a busy machine that takes minutes.
jest.setTimeout(900_000)

test.each(named(besideRoutes))('P7, D4, A2: %s', async (_, moment) => {
  expect(await play(moment)).toEqual([])
})
