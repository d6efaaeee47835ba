/** An epic is disturbed by people in each of its phases: every case has its sentence, or goes on to its end. */
import { expect, jest, test } from '@jest/globals'
import { momentsOf } from './moments.ts'
import { named, play } from './play.ts'

// Eight stories of dozens of rounds, git pushes and CI runs: on a busy machine that takes minutes.
jest.setTimeout(900_000)

test.each(named(momentsOf('epic')))('P7, D4, A2: %s', async (_, moment) => {
  expect(await play(moment)).toEqual([])
})
