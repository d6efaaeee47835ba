/** The same two pull requests on a real Redis and a real PostgreSQL, the shape in which several processes share the work. */
import { afterEach, expect, test } from '@jest/globals'
import { describeWith, withPostgres, withRedis } from '../support/require.ts'
import { openTown, type Town } from './town.ts'
import { bothMerged, endState, playTwoPulls } from './twoPulls.ts'

const testLimitMs = 180_000

describeWith('redis', 'on Redis', () => {
  describeWith('postgres', 'and PostgreSQL', () => {
    const redis = withRedis()
    const postgres = withPostgres()
    let town: Town | null = null
    afterEach(async () => {
      await town?.close()
      expect(town?.stage.github.violations ?? []).toEqual([])
    })

    test(
      'S7 T12: a pull request of a person and one of an agent are merged, through a restart after every act',
      async () => {
        const here = await openTown({ settings: { REDIS_URL: redis.url, DATABASE_URL: postgres.url } })
        town = here
        await playTwoPulls(here, async (what) => {
          await what()
          await here.stage.settle()
          await here.stage.restart()
          await here.stage.settle()
        })
        expect(await endState(here)).toMatchObject(bothMerged)
      },
      testLimitMs,
    )
  })
})
