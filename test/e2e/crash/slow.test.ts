/** The same story where GitHub takes its time: what comes later than it was looked for must end all the same (L2). */
import { expect, jest, test } from '@jest/globals'
import { type Plot, play, type Story } from './play.ts'
import { endOfShop, openShop } from './shop.ts'

// Everything takes several times as long.
jest.setTimeout(1_800_000)

/** By the App's clock ten times as much. */
const answersMs = { reads: 150, changes: 400 }
const always = Number.MAX_SAFE_INTEGER

const plot: Plot<Story, Awaited<ReturnType<typeof endOfShop>>, null> = {
  async open(app, directory, startedMs) {
    const story = await openShop(app, directory, startedMs)
    const { faults } = story.stage.github
    const changes = ({ method, template }: { method: string; template: string | null }) =>
      method !== 'GET' && template !== '/graphql'
    faults.rest({ kind: 'slow', ms: answersMs.changes, count: always, when: changes })
    faults.rest({ kind: 'slow', ms: answersMs.reads, count: always })
    return story
  },
  end: endOfShop,
  record: () => null,
}

test('L2, S7: where every answer of GitHub is slow, the story ends and the App comes to rest', async () => {
  const { end } = await play(plot, [])
  expect(end.pulls.map(({ merged }) => merged)).toEqual([true, true])
})
