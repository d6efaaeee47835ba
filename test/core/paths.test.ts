/** Globs and kinds of files: the quick answers are the same as the slow ones (T17). */
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { classify } from '../../src/core/classify.ts'
import { foldPath, matchesGlob } from '../../src/core/glob.ts'

/** The definition, without any short cut: segment by segment, every way tried. */
function reference(glob: string, path: string): boolean {
  const braces = /^(.*?)\{([^{}]*)\}(.*)$/s.exec(glob)
  if (braces) {
    const [, before, inside = '', after] = braces
    return inside.split(',').some((part) => reference(`${before}${part}${after}`, path))
  }
  const anchored = glob.startsWith('/') ? glob.slice(1) : glob.includes('/') ? glob : `**/${glob}`
  const pattern = (anchored.endsWith('/') ? `${anchored}**` : anchored).split('/')
  const walk = (p: number, s: number, parts: string[]): boolean => {
    if (p === pattern.length) return s === parts.length
    if (pattern[p] === '**') return walk(p + 1, s, parts) || (s < parts.length && walk(p, s + 1, parts))
    return s < parts.length && segment(pattern[p] as string, parts[s] as string) && walk(p + 1, s + 1, parts)
  }
  const segment = (one: string, text: string) =>
    new RegExp(`^${one.replace(/[.]/g, '\\.').replace(/\*/g, '[^]*').replace(/\?/g, '[^]')}$`).test(text)
  return walk(0, 0, foldPath(path).split('/'))
}

const letters = fc.constantFrom('a', 'b', '.', '*', '?')
const part = fc.oneof(
  fc.array(letters, { minLength: 1, maxLength: 4 }).map((all) => all.join('')),
  fc.constantFrom('**', '{a,b}', '{a,*}b', 'a{.,-}*'),
)
const globs = fc
  .tuple(fc.constantFrom('', '/'), fc.array(part, { minLength: 1, maxLength: 4 }), fc.constantFrom('', '/'))
  .map(([start, parts, end]) => `${start}${parts.join('/')}${end}`)
const paths = fc
  .array(
    fc.array(fc.constantFrom('a', 'b', 'A', '.'), { minLength: 1, maxLength: 4 }).map((all) => all.join('')),
    { minLength: 1, maxLength: 4 },
  )
  .map((parts) => parts.join('/'))

test('T17: every glob matches what its definition says', () => {
  let hits = 0
  fc.assert(
    fc.property(globs, paths, (glob, path) => {
      const expected = reference(glob.toLowerCase(), path)
      if (expected) hits++
      expect([glob, path, matchesGlob(glob, path)]).toEqual([glob, path, expected])
    }),
    { numRuns: 5000 },
  )
  expect(hits).toBeGreaterThan(200)
})

describe('kinds of files', () => {
  test('are told for each policy on its own, the same path as often as it is asked', () => {
    const own = { test: ['checks/**'] }
    for (let round = 0; round < 2; round++) {
      expect(classify('test/a.ts')).toBe('test')
      expect(classify('test/a.ts', own)).toBe('code')
      expect(classify('CHECKS/a.md', own)).toBe('test')
      expect(classify('checks/a.md')).toBe('documentation')
    }
  })
})
