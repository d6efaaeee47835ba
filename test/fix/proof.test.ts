/** The proof over bytes: accepted if and only if the text outside the regions is unchanged; git's hunks as a second oracle. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join as joinPath } from 'node:path'
import { afterAll, describe, expect, test } from '@jest/globals'
import type { LineRange } from '../../src/fix/lineMap.ts'
import { cut, join, lineCount, prove, strayChanges } from '../../src/fix/proof.ts'

/** A small generator of its own, so that a failing case is named by its seed. */
function random(seed: number) {
  let state = seed + 1
  return (below: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}
type Random = ReturnType<typeof random>

/** Few different lines, so that text repeats and a diff has to choose. */
const words = ['a', 'b', '', '}', 'caf\u00c3\u00a9', '\u00ff\u00fe', 'x'.repeat(30)]

function fileOf(next: Random): string {
  const ending = next(4) === 0 ? '\r\n' : '\n'
  const lines = Array.from(
    { length: 1 + next(14) },
    () => `${words[next(words.length)]}${next(12) === 0 ? '\n' : ending}`,
  )
  const text = (next(6) === 0 ? '\u00ef\u00bb\u00bf' : '') + lines.join('')
  return next(4) === 0 ? text.replace(/\r?\n$/, '') : text
}

function regionsOf(next: Random, lines: number): LineRange[] {
  const regions: LineRange[] = []
  let at = 1 + next(3)
  while (at <= lines && regions.length < 3) {
    const to = Math.min(lines + 1, at + next(4))
    regions.push({ from: at, to })
    at = to + 1 + next(3)
  }
  return regions
}

/** Lines to put into a region; the last keeps or lacks its line feed as the region had it. */
function freshText(next: Random, was: string, atEnd: boolean, before: string): string {
  const lines = Array.from({ length: next(4) }, () => `${words[next(5)]}\n`).join('')
  if (lines === '') return ''
  const ended = was === '' && atEnd ? before.endsWith('\n') : was === '' || was.endsWith('\n')
  return ended ? lines : `${lines}z`
}

describe('S10, F2: the proof', () => {
  test('S10: whatever is written inside the regions is accepted', () => {
    for (let seed = 0; seed < 4000; seed++) {
      const next = random(seed)
      const before = fileOf(next)
      const regions = regionsOf(next, lineCount(before))
      const { outside, inside } = cut(before, regions)
      const dangling = regions.some(
        (region, index) =>
          region.from === region.to && (outside[index] ?? '') !== '' && !outside[index]?.endsWith('\n'),
      )
      const marked = before.startsWith('\u00ef\u00bb\u00bf') && regions[0]?.from === 1
      if (dangling || marked) continue
      const fresh = inside.map((was, index) => freshText(next, was, outside[index + 1] === '', before))
      const proof = prove(before, join(outside, fresh), regions)
      expect([seed, proof.ok, proof.ok ? '' : proof.sentence]).toEqual([seed, true, ''])
    }
  })

  test('S10: accepted if and only if some replacement of the regions alone gives the result', () => {
    let accepted = 0
    let refused = 0
    for (let seed = 0; seed < 6000; seed++) {
      const next = random(seed)
      const before = fileOf(next)
      const regions = regionsOf(next, lineCount(before))
      // Any small edit anywhere: the reference decides by trying every way to cut the result.
      const at = next(before.length + 1)
      const after = before.slice(0, at) + ['', 'b\n', '\r', 'a', '\n'][next(5)] + before.slice(at + next(4))
      const expected = reference(before, after, regions)
      expect([seed, prove(before, after, regions).ok]).toEqual([seed, expected])
      if (expected) accepted++
      else refused++
    }
    // The cases must be of both kinds, or the property says nothing.
    expect(Math.min(accepted, refused)).toBeGreaterThan(500)
  })
})

/** The definition, by brute force over whole lines: every way to split the result into outside lines and replacements. */
function reference(before: string, after: string, regions: readonly LineRange[]): boolean {
  const mark = '\u00ef\u00bb\u00bf'
  if (before.startsWith(mark) !== after.startsWith(mark)) return false
  const split = (text: string) => text.match(/[^\n]*\n|[^\n]+$/g) ?? []
  const [old, now] = [split(before), split(after)]
  const gaps: string[][] = []
  let from = 0
  for (const region of regions) {
    gaps.push(old.slice(from, region.from - 1))
    from = region.to - 1
  }
  gaps.push(old.slice(from))
  const matches = (gap: readonly string[], at: number) => gap.every((line, index) => now[at + index] === line)
  const walk = (index: number, at: number): boolean => {
    const gap = gaps[index] as string[]
    const last = index === gaps.length - 1
    for (let start = at; start + gap.length <= now.length; start++) {
      if (index === 0 && start > 0) break
      if (!matches(gap, start)) continue
      const end = start + gap.length
      if (!last && walk(index + 1, end)) return true
      if (last && end === now.length && fileEndKept(start > at, gap.length)) return true
    }
    return false
  }
  const fileEndKept = (wrote: boolean, below: number) =>
    !wrote || below > 0 || before === '' || before.endsWith('\n') === after.endsWith('\n')
  return walk(0, 0)
}

describe('S10: a second oracle', () => {
  const folder = mkdtempSync(joinPath(tmpdir(), 'proof-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  /** Git's hunks between two texts, as ranges of old lines. */
  function hunks(before: string, after: string): LineRange[] {
    const [old, now] = [joinPath(folder, 'old'), joinPath(folder, 'new')]
    writeFileSync(old, Buffer.from(before, 'latin1'))
    writeFileSync(now, Buffer.from(after, 'latin1'))
    const { stdout } = spawnSync('git', ['diff', '--no-index', '--text', '-U0', old, now], {
      encoding: 'latin1',
    })
    return [...stdout.matchAll(/^@@ -(\d+)(?:,(\d+))? /gm)].map(([, start, count = '1']) => {
      const lines = Number(count)
      const from = lines === 0 ? Number(start) + 1 : Number(start)
      return { from, to: from + lines }
    })
  }

  test("S10: git's hunks agree, except that git may slide a hunk over equal lines at a region's edge", () => {
    let agreed = 0
    let slid = 0
    for (let seed = 0; seed < 300; seed++) {
      const next = random(seed)
      // No byte order mark here: it is a rule of its own, and no matter of lines.
      const before = fileOf(next).replace('\u00ef\u00bb\u00bf', '')
      const regions = regionsOf(next, lineCount(before))
      const at = next(before.length + 1)
      const after = before.slice(0, at) + ['', 'b\n', 'q', 'q\n'][next(4)] + before.slice(at + next(4))
      const inside = hunks(before, after).every((hunk) =>
        regions.some((region) => hunk.from >= region.from && hunk.to <= region.to),
      )
      const proven = prove(before, after, regions).ok
      if (proven === inside) agreed++
      else {
        // A hunk inside proves more than the bytes only where the line feed at the file's end is concerned. A proof
        // without such hunks is git's choice among equal diffs: with "a\na\n" and one a deleted, either may be named.
        if (inside) expect([seed, before.endsWith('\n')]).not.toEqual([seed, after.endsWith('\n')])
        else expect([seed, reference(before, after, regions)]).toEqual([seed, true])
        slid++
      }
    }
    expect(agreed).toBeGreaterThan(slid * 3)
  }, 60_000)
})

describe('T32: ways to reach further', () => {
  const before = 'one\ntwo\nthree\nfour\n'
  const regions = [{ from: 2, to: 3 }]
  test.each([
    ['another line', 'one\nTWO\nthree\nFOUR\n'],
    ['an import at the top', 'import x\none\nTWO\nthree\nfour\n'],
    ['the cited line deleted, one added elsewhere', 'one\nthree\nfour\nfive\n'],
    ['CRLF everywhere', 'one\r\nTWO\r\nthree\r\nfour\r\n'],
    ['the last line feed', 'one\nTWO\nthree\nfour'],
    ['the next line joined', 'one\nTWOthree\nfour\n'],
    ['a byte order mark', '\u00ef\u00bb\u00bfone\nTWO\nthree\nfour\n'],
    ['lines in another order', 'one\nTWO\nfour\nthree\n'],
  ])('T32: %s is refused', (_, after) => {
    expect(prove(before, after, regions)).toMatchObject({ ok: false })
  })
  test('T32: the cited line may change, grow, and go', () => {
    for (const text of ['one\nTWO\nthree\nfour\n', 'one\n2\n2\nthree\nfour\n', 'one\nthree\nfour\n'])
      expect(prove(before, text, regions)).toMatchObject({ ok: true })
  })
  test('T32: another file, a new one, a removed one, a mode, a type and a submodule are named', () => {
    const change = (path: string, parts: object) => ({
      path,
      status: 'modified' as const,
      oldMode: '100644',
      newMode: '100644',
      ...parts,
    })
    const cited = new Set(['a'])
    expect(strayChanges([change('a', {})], cited)).toEqual([])
    for (const stray of [
      change('.github/workflows/ci.yml', {}),
      change('b', { status: 'added' }),
      change('a', { status: 'deleted' }),
      change('a', { newMode: '100755' }),
      change('a', { status: 'type_changed', newMode: '120000' }),
      change('sub', { status: 'modified', oldMode: '160000', newMode: '160000' }),
    ])
      expect(strayChanges([stray], cited)).toHaveLength(1)
  })
})
