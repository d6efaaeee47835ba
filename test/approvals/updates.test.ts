/** T11: an update merge keeps approvals only when it is exactly the merge that git computes. */
import { expect, test } from '@jest/globals'
import { updateMerges } from '../../src/approvals/updates.ts'
import { writersOf } from '../../src/approvals/writers.ts'
import { commit, dana, erik, evidenceOf, pullReading, sha } from '../support/snapshots.ts'

const approved = commit('approved')
const merge = commit('merge', { parents: [approved.sha, sha('main tip')], tree: sha('merged tree') })
const request = { kind: 'mergeTree', first: approved.sha, second: sha('main tip') } as const
const computed = (tree: string | null) =>
  evidenceOf([[request, { ok: true, body: { tree, mergeBase: sha('base') } }]])

test('T11: a clean one covers the approved commit', () => {
  expect(updateMerges(merge.sha, [approved, merge], computed(sha('merged tree'))).covered).toEqual([
    merge.sha,
    approved.sha,
  ])
})

test.each([
  ['another tree', computed(sha('with a change')), [approved, merge]],
  ['conflicts', computed(null), [approved, merge]],
  ['not computed yet', evidenceOf([]), [approved, merge]],
  [
    'a second parent that is not on the base',
    computed(sha('merged tree')),
    [approved, merge, commit('main tip')],
  ],
])('T11: %s covers nothing before it', (_, evidence, commits) => {
  expect(updateMerges(merge.sha, commits, evidence).covered).toEqual([merge.sha])
})

test('A3, T6: who pressed Update branch wrote nothing; co-authors and pushers did', () => {
  const range = new Set([approved.sha, merge.sha])
  const writers = writersOf({
    pull: pullReading(),
    commits: [
      { sha: approved.sha, authors: [null, erik], committer: null },
      { sha: merge.sha, authors: [dana], committer: dana },
    ],
    pushers: [{ sha: merge.sha, by: dana }],
    range,
    cleanMerges: new Set([merge.sha]),
  })
  expect([writers.has(dana.id), writers.get(erik.id)]).toEqual([
    false,
    expect.stringContaining('co-authored'),
  ])
})
