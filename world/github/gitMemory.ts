/** What git said about objects that never change: asked once a repository, kept as long as it fits. */
import type { GitResult } from './git.ts'

/** Commands that only read objects (merge-tree writes the same objects each time). */
const readers = new Set(['log', 'diff', 'merge-base', 'merge-tree', 'ls-tree', 'rev-list'])
const objects = /^[0-9a-f]{40}(\.{2,3}[0-9a-f]{40})?$/
const keptBytes = 64 * 1024 * 1024

/** True when every revision is a full object name, so that the answer is the same for ever. */
function isFixed(args: readonly string[]): boolean {
  const [command = '', ...rest] = args
  if (command === 'cat-file') return rest[0] === 'blob' && objects.test(rest[1] ?? '')
  if (!readers.has(command)) return false
  const paths = rest.indexOf('--')
  const named = paths === -1 ? rest : rest.slice(0, paths)
  return named.every((one) => one.startsWith('-') || objects.test(one))
}

/** Wraps a way to run git; only answers with exit code 0 or 1 are kept, since 128 may mean "not there yet". */
export function remembering(
  run: (dir: string, args: string[]) => Promise<GitResult>,
): (dir: string, args: string[]) => Promise<GitResult> {
  const kept = new Map<string, Promise<GitResult>>()
  let bytes = 0
  return (dir, args) => {
    if (!isFixed(args)) return run(dir, args)
    const key = JSON.stringify([dir, args])
    const known = kept.get(key)
    if (known !== undefined) return known
    const asked = run(dir, args)
    kept.set(key, asked)
    asked.then(
      (result) => {
        bytes += result.stdout.length
        if (result.code > 1) kept.delete(key)
        if (bytes <= keptBytes) return
        kept.clear()
        bytes = 0
      },
      () => kept.delete(key),
    )
    return asked
  }
}
