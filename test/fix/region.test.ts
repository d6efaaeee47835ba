/** Regions: lines mapped through hunks, places that are gone or grown, and threads that share a place. */
import { describe, expect, test } from '@jest/globals'
import type { ReviewThread } from '../../src/core/snapshot/pull.ts'
import type { LineMapBody } from '../../src/core/twoCommits.ts'
import { mapRange } from '../../src/fix/lineMap.ts'
import { groupRegions, regionOf } from '../../src/fix/region.ts'
import { parseFix, parseRework, selectThreads } from '../../src/fix/request.ts'

const sha = (digit: string) => digit.repeat(40)
const place = { head: sha('a'), baseTip: sha('b'), askedAt: sha('c') }
const hunk = (oldStart: number, oldLines: number, newStart: number, newLines: number) => ({
  oldStart,
  oldLines,
  newStart,
  newLines,
})
const thread = (parts: Partial<ReviewThread> = {}): ReviewThread => ({
  id: 't',
  resolved: false,
  path: 'f',
  subject: 'line',
  side: 'RIGHT',
  startSide: null,
  line: 5,
  originalLine: 5,
  originalStartLine: null,
  originalCommit: sha('d'),
  comments: [{ id: 1, author: { id: 1, login: 'ana', type: 'User' }, body: 'x', reviewId: 9 }],
  ...parts,
})
const body = (parts: Partial<LineMapBody> = {}) => ({
  ok: true as const,
  body: { path: 'f', problem: null, lines: 40, hunks: [], ...parts },
})

describe('T32: lines of one version in another', () => {
  test.each([
    ['untouched', [], [5, 7], [5, 7, false]],
    ['moved down by an insertion above', [hunk(2, 0, 3, 4)], [5, 7], [9, 11, false]],
    ['moved up by a deletion above', [hunk(1, 2, 0, 0)], [5, 7], [3, 5, false]],
    ['an insertion between the lines is inside', [hunk(5, 0, 6, 2)], [5, 7], [5, 9, false]],
    ['an insertion just above is outside', [hunk(4, 0, 5, 2)], [5, 7], [7, 9, false]],
    ['an insertion just below is outside', [hunk(6, 0, 7, 2)], [5, 7], [5, 7, false]],
    ['rewritten', [hunk(5, 2, 5, 3)], [5, 7], [5, 8, true]],
    ['rewritten in part', [hunk(6, 3, 6, 1)], [5, 7], [5, 7, true]],
    ['deleted', [hunk(5, 2, 4, 0)], [5, 7], [5, 5, true]],
    ['a gap moves with what is above', [hunk(2, 0, 3, 4)], [5, 5], [9, 9, false]],
  ] as const)('%s', (_, hunks, [from, to], [newFrom, newTo, changed]) => {
    expect(mapRange([...hunks], { from, to })).toEqual({ from: newFrom, to: newTo, changed })
  })
})

describe('F2: what a comment cites', () => {
  const region = (
    one: ReviewThread,
    map: ReturnType<typeof body> | { ok: false; reason: string },
    scope: Parameters<typeof regionOf>[1] = { kind: 'cited' },
  ) => regionOf(one, scope, place, () => map)

  test('F2: one line, a range, a file, the deleted side', () => {
    expect(region(thread(), body())).toMatchObject({ range: { from: 5, to: 6 } })
    expect(region(thread({ originalStartLine: 3 }), body())).toMatchObject({ range: { from: 3, to: 6 } })
    expect(region(thread({ subject: 'file', originalLine: null }), body())).toMatchObject({
      range: { from: 1, to: 41 },
    })
    expect(region(thread({ side: 'LEFT' }), body({ hunks: [hunk(5, 1, 4, 0)] }))).toMatchObject({
      range: { from: 5, to: 5 },
    })
    expect(region(thread(), body(), { kind: 'lines', from: 10, to: 12 })).toMatchObject({
      range: { from: 10, to: 13 },
    })
    expect(region(thread(), body(), { kind: 'file' })).toMatchObject({ range: { from: 1, to: 41 } })
  })

  test('T32: deleted, rewritten beyond telling, beyond the end, gone, binary: each with its sentence', () => {
    const sentence = (result: ReturnType<typeof region>) => (result.ok ? '' : result.sentence)
    expect(sentence(region(thread(), body({ hunks: [hunk(5, 1, 4, 0)] })))).toMatch(/deleted by a later push/)
    expect(sentence(region(thread(), body({ hunks: [hunk(5, 1, 5, 30)] })))).toMatch(
      /rewritten into 30 lines/,
    )
    expect(sentence(region(thread(), body(), { kind: 'lines', from: 39, to: 50 }))).toMatch(/has 40 lines/)
    expect(
      sentence(region(thread(), body({ hunks: [hunk(10, 1, 10, 1)] }), { kind: 'lines', from: 9, to: 11 })),
    ).toMatch(/changed by a push/)
    expect(sentence(region(thread(), body({ path: null })))).toMatch(/does not exist at the present head/)
    expect(sentence(region(thread(), body({ problem: 'is a symlink' })))).toMatch(/is a symlink/)
    expect(sentence(region(thread(), { ok: false, reason: 'no history.' }))).toMatch(/no history/)
    expect(sentence(region(thread({ originalLine: null }), body()))).toMatch(/does not say/)
  })

  test('F1: regions that overlap or touch are one, others apart', () => {
    const at = (path: string, from: number, to: number) => ({ path, range: { from, to } })
    expect(
      groupRegions([at('b', 1, 2), at('a', 10, 12), at('a', 3, 5), at('a', 5, 6), at('a', 11, 20)]).map(
        ({ path, range, members }) => [path, range.from, range.to, members.length],
      ),
    ).toEqual([
      ['a', 3, 6, 2],
      ['a', 10, 20, 2],
      ['b', 1, 2, 1],
    ])
  })
})

describe('F1: what a command means', () => {
  test('F1, T7: the grammar, exactly', () => {
    expect(parseFix('')).toMatchObject({ scope: { kind: 'cited' }, reviewer: null })
    expect(parseFix('lines 10-24')).toMatchObject({ scope: { kind: 'lines', from: 10, to: 24 } })
    expect(parseFix('file')).toMatchObject({ scope: { kind: 'file' } })
    for (const login of ['ana', 'ana_acme', 'dependabot[bot]'])
      expect(parseFix(`@${login}`)).toMatchObject({ reviewer: login })
    for (const bad of ['lines 24-10', 'lines 0-3', 'files', '@', 'line x', 'all of it'])
      expect(parseFix(bad)).toMatchObject({ ok: false })
    expect(parseRework('scope_creep because')).toBe('scope-creep')
    expect(parseRework('bad luck')).toBeNull()
  })

  test("F1: a thread, all unresolved ones, one review's, one reviewer's; never too many", () => {
    const threads = [
      thread(),
      thread({ id: 'r', resolved: true }),
      thread({
        id: 'u',
        comments: [{ id: 2, author: { id: 2, login: 'Ben', type: 'User' }, body: '', reviewId: 8 }],
      }),
    ]
    const words = { ok: true, scope: { kind: 'cited' }, reviewer: null } as const
    const ids = (result: ReturnType<typeof selectThreads>) =>
      result.ok ? result.threads.map((one) => one.id) : result.sentence
    expect(ids(selectThreads({ on: 'pull' }, words, threads, 9))).toEqual(['t', 'u'])
    expect(ids(selectThreads({ on: 'review', reviewId: 8 }, words, threads, 9))).toEqual(['u'])
    expect(ids(selectThreads({ on: 'pull' }, { ...words, reviewer: 'ben' }, threads, 9))).toEqual(['u'])
    expect(ids(selectThreads({ on: 'thread', commentId: 2 }, words, threads, 9))).toEqual(['u'])
    expect(ids(selectThreads({ on: 'thread', commentId: 77 }, words, threads, 9))).toMatch(/cannot be found/)
    expect(ids(selectThreads({ on: 'pull' }, words, threads, 1))).toMatch(/at most 1/)
    expect(ids(selectThreads({ on: 'pull' }, { ...words, scope: { kind: 'file' } }, threads, 9))).toMatch(
      /reply/,
    )
  })
})
