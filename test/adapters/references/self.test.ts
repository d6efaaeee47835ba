/** No false alarm on real code: the project's own sources, as if every line had just been added (G14). */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from '@jest/globals'
import { collectReferences } from '../../../src/adapters/references/collect.ts'
import { cleanUp, commitFiles, newClone } from '../workspace/support.ts'

const root = join(import.meta.dirname, '..', '..', '..')
afterAll(cleanUp)

test('G14: nothing in src, test, bench, demo and world is taken for invented', async () => {
  const list = execFileSync('git', [
    '-C',
    root,
    'ls-files',
    '-z',
    '--cached',
    '--others',
    '--exclude-standard',
  ])
    .toString()
    .split('\0')
  const source = /^(?:src|test|bench|demo|world|scripts)\/.*\.(?:ts|mjs|js)$/
  const wanted = list.filter((path) => path !== '' && /\.(?:ts|mjs|js|json)$/.test(path))
  const texts = wanted.flatMap((path) => {
    try {
      return [[path, readFileSync(join(root, path), 'utf8')] as const]
    } catch {
      // Deleted by whoever works beside this test; then it is not in the tree either.
      return []
    }
  })
  const rest = texts.filter(([path]) => !source.test(path))
  const { directory, sha } = newClone(Object.fromEntries(rest))
  const head = commitFiles(directory, Object.fromEntries(texts.filter(([path]) => source.test(path))))
  const startedMs = performance.now()
  const result = await collectReferences(join(directory, '.git'), sha, head)
  expect(result).toMatchObject({ ok: true, body: { unresolved: [], unchecked: [] } })
  console.log(
    `${(performance.now() - startedMs).toFixed(0)} ms, ${result.ok ? result.body.filesRead : 0} files`,
  )
})
