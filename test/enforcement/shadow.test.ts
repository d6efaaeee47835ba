/** Shadow mode: the checks say what would have happened, and hold nothing up. */
import { expect, test } from '@jest/globals'
import { judge } from '../../src/subjects/pull.ts'
import { play } from '../subjects/rounds.ts'
import { pullSnapshot } from '../support/snapshots.ts'

test('A5: shadow mode posts what would have happened as neutral, without buttons', () => {
  const { runs, actions } = play({ policy: { enforce: false } })
  expect(runs.map((run) => run.conclusion)).toEqual(['neutral', 'neutral', 'neutral'])
  expect(runs.map((run) => run.summary).join('\n')).toMatch(/would be waiting for a person/)
  expect(runs.every((run) => run.title?.startsWith('Not enforced: '))).toBe(true)
  expect(actions.flatMap((one) => (one.kind === 'checkRun' ? one.run.buttons : []))).toEqual([])
})

test('S1: shadow mode merges nothing that is not green', () => {
  const snapshot = pullSnapshot({ policy: { enforce: false, merge: { mode: 'merge', auto: true } } })
  expect(judge(snapshot).merge.ready).toBe(false)
})
