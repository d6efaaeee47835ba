/** The moments at which people disturb tasks are all that there are: no route and no session of the pipeline is left out. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { routes } from '../../../src/core/plan.ts'
import { routePhases } from '../../../src/pipeline/routes.ts'
import { besideRoutes, everySession, momentsOf } from './moments.ts'

test('D5: every route has its file of tests, which plays each of its phases', () => {
  for (const route of routes) {
    expect({ route, isPlayed: existsSync(join(import.meta.dirname, `${route}.test.ts`)) }).toEqual({
      route,
      isPlayed: true,
    })
    expect(momentsOf(route).map(({ session }) => session)).toEqual(routePhases[route])
  }
})

test('P1, F1: every session of the pipeline, and the fix loop, is at work at some moment', () => {
  const all = [...routes.flatMap(momentsOf), ...besideRoutes]
  const visited = new Set(all.map(({ session }) => session?.replace(/:.*/, '')))
  expect(everySession.filter((session) => !visited.has(session))).toEqual([])
})
