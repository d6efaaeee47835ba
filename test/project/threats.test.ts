/** Every threat to approvals and gates has an attack that is played through the front door, and says so in its title. */
import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'

/** Approval, policy and gate integrity; the webhook door; what was found on a second look. addresses of others. */
const threats = [...range(1, 21), 33, 35, ...range(38, 45)]

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, at) => first + at)
}

/** The ids that stand in front of the colon of a test's title. */
function named(source: string): number[] {
  const titles = source.matchAll(/\b(?:test|describe)(?:\.each\(.*\))?\(\s*(['"`])(.*?)\1/g)
  return [...titles].flatMap(([, , title = '']) =>
    [...(/^[^:]*:/.exec(title)?.[0] ?? '').matchAll(/\bT(\d+)\b/g)].map(([, id]) => Number(id)),
  )
}

test('each threat has a test in test/attacks whose title begins with its id', () => {
  const sources = readdirSync('test/attacks')
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => readFileSync(`test/attacks/${name}`, 'utf8'))
  const covered = new Set(sources.flatMap(named))
  expect(threats.filter((id) => !covered.has(id)).map((id) => `T${id}`)).toEqual([])
})

test('a title without an id, or with one behind the colon, proves nothing', () => {
  expect(named("test('T1, T39: one', () => {})\ntest('refuses T2', x)\ntest('A5: not T3', x)")).toEqual([
    1, 39,
  ])
})
