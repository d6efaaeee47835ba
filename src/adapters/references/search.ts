/** Words of a whole tree, found by `git grep` on its objects. */
import type { Sha } from '../../core/ids.ts'
import { GitFailure, runGit } from '../workspace/gitProcess.ts'

const mostNames = 500
/** What introduces a declared name in the languages that are read, and Java's and C#'s typed methods. */
const declaration =
  '(function\\*?|def|func|fn|fun|const|let|class|interface|sub) +[A-Za-z_$][A-Za-z0-9_$]*|(void|int|long|bool|boolean|string|String|[A-Z][A-Za-z]*>?) +[a-zA-Z_][A-Za-z0-9_]*\\('
const grep = ['grep', '-h', '-o', '-a', '--no-color', '--no-textconv', '--no-recurse-submodules']

/** Which of the names occur as words anywhere in a tree; `cut` when the search was too large to end. */
export async function namesInTree(
  directory: string,
  tree: Sha,
  names: readonly string[],
): Promise<{ found: Set<string>; cut: boolean }> {
  if (names.length === 0) return { found: new Set(), cut: false }
  const wanted = names.slice(0, mostNames)
  const { lines, cut } = await search(directory, [
    ...grep,
    '-w',
    '-F',
    ...wanted.flatMap((name) => ['-e', name]),
    tree,
  ])
  return { found: new Set(lines), cut: cut || names.length > wanted.length }
}

/** Names that the tree declares, roughly: what an invented one may have been meant to be. */
export async function realNames(directory: string, tree: Sha): Promise<Set<string>> {
  const { lines } = await search(directory, [...grep, '-E', '-e', declaration, tree])
  return new Set(
    lines.map((line) => /([A-Za-z_$][\w$]*)\(?$/.exec(line)?.[1] ?? '').filter((name) => name.length > 2),
  )
}

async function search(directory: string, args: string[]): Promise<{ lines: string[]; cut: boolean }> {
  try {
    const { stdout, truncated } = await runGit({
      directory,
      args,
      accept: [0, 1],
      maxBytes: 32 * 1024 * 1024,
      onMaxBytes: 'truncate',
      timeoutMs: 60_000,
    })
    return { lines: stdout.toString('utf8').split('\n').filter(Boolean), cut: truncated }
  } catch (error) {
    if (!(error instanceof GitFailure)) throw error
    return { lines: [], cut: true }
  }
}
