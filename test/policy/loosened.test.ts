/** A policy change in words: every loosening has its sentence, tightening has none. */
import { describe, expect, test } from '@jest/globals'
import { loosened } from '../../src/policy/loosened.ts'
import { Policy } from '../../src/policy/schema.ts'

const between = (before: unknown, after: unknown) => loosened(Policy.parse(before), Policy.parse(after))

describe('T14: what a policy change loosens', () => {
  test.each([
    [{}, { enforce: false }, /shadow mode/],
    [{}, { approvals: { profile: 'solo' } }, /from `team` down to `solo`/],
    [{ people: 'full' }, {}, /from `full` down to `pass`/],
    [{ merge: { mode: 'merge' } }, {}, /merge mode goes from `merge` down to `checks`/],
    [{}, { merge: { auto: true } }, /without anyone asking/],
    [{}, { approvals: { by: ['button', 'review', 'comment'] } }, /as approving: `comment`/],
    [{ seniors: ['cleo'] }, { seniors: ['cleo', 'eve'] }, /seniors: `eve`/],
    [{}, { approvals: { approvers: { review: ['write', 'acme/bots'] } } }, /approve review: `acme\/bots`/],
    [{ protected: ['billing/**'] }, {}, /No longer protected: `billing\/\*\*`/],
    [{}, { protected: { defaults: false } }, /built-in protected paths/],
    [{ agents: { labels: ['robot'] } }, {}, /No longer marks an agent \(labels\): `robot`/],
    [{ commands: { test: { run: 'npm test' } } }, {}, /no longer run: `test`/],
    [{}, { gates: { ci: { enabled: false } } }, /`gates.ci.enabled` is switched off/],
    [{}, { pipeline: { max_lines: 9000 } }, /Lines that one change may touch/],
    [
      {},
      { profiles: { web: { label: 'w', max_files: 90 } } },
      /Files .* profile web .*: 40 before, 90 after/,
    ],
    [
      { profiles: { web: { label: 'w', paths: ['a/**'] } } },
      { profiles: { web: { label: 'w', paths: ['a/**', 'b/**'] } } },
      /profile web may change more paths: `b\/\*\*`/,
    ],
    [
      { profiles: { web: { label: 'w', paths: ['a/**'] } } },
      { profiles: { web: { label: 'w' } } },
      /profile web may change every path/,
    ],
  ])('%j to %j', (before, after, words) => {
    expect(between(before, after)).toEqual([expect.stringMatching(words)])
    // The other way round it is tightened; only a threshold is named whichever way it goes.
    expect(between(after, before)).toEqual([])
  })
})
