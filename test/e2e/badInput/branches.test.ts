/** Oddly named branches, judged like any other. */
import { describe, expect, jest, test } from '@jest/globals'
import type { Town } from '../town.ts'
import { openForSuite } from './setUp.ts'

jest.setTimeout(180_000)

let town: Town
openForSuite((opened) => {
  town = opened
})

describe('odd branches', () => {
  const branches: [string][] = [
    ['quotes/"double"-and-\'single\''],
    ['html/<img-src=x>'],
    ['dots/a.b.c'],
    ['percent/%2e%2e%2f'],
  ]
  test.each(branches)('a branch named %s is judged like any other', async (branch) => {
    const pull = await town.openPull(town.robo, branch)
    await town.runIs('countersign/plan', pull.headSha, 'action_required')
    const gates = await town.runIs('countersign/gates', pull.headSha, 'success')
    expect(gates.output.summary).toMatch(/No protected path is touched/)
  })
})
