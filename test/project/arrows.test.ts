/** Holds the arrows of the architecture: who may import whom, and which layers stay pure. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { brokenArrows, layers } from './arrows.ts'

const root = join(import.meta.dirname, '..', '..')
const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .map((path) => `src/${path}`)

describe('the arrows of the design', () => {
  test('hold in every file of src', () => {
    expect(sources.length).toBeGreaterThan(0)
    expect(sources.flatMap((path) => brokenArrows(path, readFileSync(join(root, path), 'utf8')))).toEqual([])
  })

  test('form no cycle: main, connect and cli see everything, nobody sees them', () => {
    const ends = new Set(['main', 'cli', 'connect'])
    const settled = new Set<string>()
    const open = new Set(Object.keys(layers).filter((name) => !ends.has(name)))
    while (open.size > 0) {
      const next = [...open].find((name) => layers[name]?.layers.every((target) => settled.has(target)))
      expect({ cycleAmong: next === undefined ? [...open] : [] }).toEqual({ cycleAmong: [] })
      if (next === undefined) return
      settled.add(next)
      open.delete(next)
    }
  })
})

describe('the scan finds', () => {
  const cases: [what: string, path: string, source: string, sentence: string | undefined][] = [
    [
      'a domain importing a domain',
      'src/gates/a.ts',
      `import { x } from '../approvals/x.ts'`,
      'gates may import only core, not approvals',
    ],
    [
      'the same by type only',
      'src/gates/a.ts',
      `import type { X } from '../approvals/x.ts'`,
      'not approvals',
    ],
    ['the same by re-export', 'src/gates/a.ts', `export * from '../approvals/x.ts'`, 'not approvals'],
    [
      'the same by import type',
      'src/gates/a.ts',
      `export type X = import('../approvals/x.ts').X`,
      'not approvals',
    ],
    [
      'the same by dynamic import',
      'src/work/a.ts',
      `export const x = () => import('../web/x.ts')`,
      'not web',
    ],
    [
      'core importing a domain',
      'src/core/a.ts',
      `import { x } from '../gates/x.ts'`,
      'core may import only itself',
    ],
    [
      'core importing a library',
      'src/core/a.ts',
      `import { Octokit } from '@octokit/rest'`,
      'core may use only zod',
    ],
    [
      'a subject importing an adapter',
      'src/subjects/pull.ts',
      `import { x } from '../adapters/github/x.ts'`,
      'not adapters',
    ],
    [
      'an adapter importing a domain',
      'src/adapters/github/a.ts',
      `import { x } from '../../gates/x.ts'`,
      'not gates',
    ],
    ['an import of the composition root', 'src/cli/a.ts', `import { x } from '../main.ts'`, undefined],
    [
      'src importing the stand-in',
      'src/adapters/github/a.ts',
      `import { x } from '../../../world/index.ts'`,
      'nothing in src may know world',
    ],
    ['an unknown layer', 'src/helpers/a.ts', '', 'src/helpers is no layer of the design'],
    [
      'the environment read in an adapter',
      'src/adapters/a.ts',
      'export const x = process.env.HOME',
      'reads process.env',
    ],
    [
      'the environment read by brackets',
      'src/adapters/a.ts',
      `export const x = process['env']`,
      'reads process.env',
    ],
    ['the environment read in main', 'src/main.ts', 'export const x = process.env.HOME', undefined],
    ['a clock in core', 'src/core/a.ts', 'export const x = () => Date.now()', 'uses Date.now'],
    ['a clock in a gate', 'src/gates/a.ts', 'export const x = () => new Date()', 'uses new Date()'],
    [
      'a date made of a snapshot value',
      'src/gates/a.ts',
      'export const x = (ms: number) => new Date(ms)',
      undefined,
    ],
    ['randomness in a subject', 'src/subjects/a.ts', 'export const x = Math.random()', 'uses Math.random'],
    ['a promise in a domain', 'src/fix/a.ts', 'export async function f() { return 1 }', 'uses async'],
    [
      'a port that speaks of promises',
      'src/core/ports.ts',
      'export interface P { f(): Promise<void> }',
      undefined,
    ],
    [
      'the word in a comment',
      'src/core/a.ts',
      '// Date.now() and async are not for here\nexport {}',
      undefined,
    ],
  ]
  test.each(cases)('%s', (_what, path, source, sentence) => {
    const broken = brokenArrows(path, source)
    if (sentence === undefined) expect(broken).toEqual([])
    else expect(broken).toEqual([expect.stringContaining(sentence)])
  })
})
