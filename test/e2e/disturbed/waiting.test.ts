/** A task is disturbed while it waits for a person, who has not decided yet. */
import { expect, jest, test } from '@jest/globals'
import { waiting } from './moments.ts'
import { named, play } from './play.ts'

// Eight stories of dozens of rounds, git pushes and CI runs: on a busy machine that takes minutes.
jest.setTimeout(900_000)

test.each(named(waiting))('P7, D4, A2: %s', async (_, moment) => {
  expect(await play(moment)).toEqual([])
})
