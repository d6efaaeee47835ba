/** Whether a commit takes back what it says: compared with what git itself makes of undoing the others (R1, T41). */
import type { EvidenceRequest, EvidenceResult } from '../../core/evidence.ts'
import type { Sha } from '../../core/ids.ts'
import { fieldsOf, textOf } from './bytes.ts'
import { writeCommit } from './gitCommits.ts'
import { gitText, runGit } from './gitProcess.ts'

/** Commits that only carry a tree into a merge: the same every time, and reachable from nothing. */
const nobody = { name: 'countersign', email: 'countersign@localhost' }
const mostPaths = 100

/**
 * Undo the commits, in the order in which they are named, on the commit's first parent (or `onto`), as `git revert` does
 * (with `-m 1` for a merge), and compare the tree with the commit's own: all of it, or with `onto` the paths that undoing
 * changes and that the undone commits had changed.
 *
 * @returns failed where the commit has no parent, or more than 100 paths are in doubt.
 */
export async function collectRevert(
  directory: string,
  { commit, onto, of }: Extract<EvidenceRequest, { kind: 'revert' }>,
): Promise<EvidenceResult<'revert'>> {
  const parent = onto ?? (await firstParent(directory, commit))
  if (parent === null) return { ok: false, reason: `${commit} has no parent, so it takes nothing back.` }
  const strangers: Sha[] = []
  const conflicts = new Set<string>()
  const theirs = new Set<string>()
  let at = parent
  for (const undone of of) {
    // Named, but not there: what only looks as if it had been undone was never in.
    if (!(await isAncestor(directory, undone, parent))) {
      strangers.push(undone)
      continue
    }
    if (onto !== undefined) for (const path of await brought(directory, undone)) theirs.add(path)
    const result = await undo(directory, undone, at)
    for (const path of result.conflicts) conflicts.add(path)
    at = result.commit
  }
  const touched = new Set(await changed(directory, parent, commit))
  const looked = onto === undefined ? null : new Set([...theirs, ...(await changed(directory, parent, at))])
  const different = (await changed(directory, at, commit)).filter((path) => looked?.has(path) ?? true)
  const settled = [...conflicts].filter((path) => touched.has(path))
  const other = [
    ...different.filter((path) => !conflicts.has(path)),
    // Left as it was, where git could not undo it by itself.
    ...[...conflicts].filter((path) => !touched.has(path)),
  ]
  if (settled.length + other.length > mostPaths)
    return { ok: false, reason: `More than ${mostPaths} paths differ from what undoing would leave.` }
  return { ok: true, body: { strangers, settled, other } }
}

/** A three-way merge whose base is the undone commit: its own parent's tree is what the other side wants. */
async function undo(
  directory: string,
  undone: Sha,
  onto: Sha,
): Promise<{ commit: Sha; conflicts: string[] }> {
  const before = await firstParent(directory, undone)
  const wanted = await carrier(directory, await treeOf(directory, before), undone)
  const args = ['merge-tree', '--write-tree', '--name-only', '--no-messages', '-z', '--end-of-options']
  const { stdout } = await runGit({ directory, args: [...args, onto, wanted], accept: [0, 1] })
  const [tree = '', ...names] = fieldsOf(stdout).map((bytes) => textOf(bytes).text)
  return {
    commit: await carrier(directory, tree, onto),
    conflicts: names.filter((name) => name !== ''),
  }
}

const carrier = (directory: string, tree: Sha, parent: Sha) =>
  writeCommit(directory, tree, { parent, message: 'undo', author: nobody, timeSeconds: 0 })

async function firstParent(directory: string, commit: Sha): Promise<Sha | null> {
  const line = await gitText({ directory, args: ['rev-list', '--parents', '--max-count=1', commit] })
  return line.split(' ')[1] ?? null
}

/** The tree of a commit; without one, the tree that holds nothing. */
function treeOf(directory: string, commit: Sha | null): Promise<Sha> {
  return commit === null
    ? gitText({ directory, args: ['hash-object', '-w', '-t', 'tree', '--stdin'], input: '' })
    : gitText({
        directory,
        args: ['rev-parse', '--verify', '--quiet', '--end-of-options', `${commit}^{tree}`],
      })
}

async function isAncestor(directory: string, one: Sha, of: Sha): Promise<boolean> {
  const args = ['merge-base', '--is-ancestor', '--end-of-options', one, of]
  return (await runGit({ directory, args, accept: [0, 1] })).code === 0
}

/** Paths that a commit changed. */
async function brought(directory: string, commit: Sha): Promise<string[]> {
  return changed(directory, await treeOf(directory, await firstParent(directory, commit)), commit)
}

/** Paths that differ between two commits or trees, renames as both of their names. */
async function changed(directory: string, one: Sha, other: Sha): Promise<string[]> {
  const args = ['diff-tree', '-r', '--no-renames', '--name-only', '-z', '--end-of-options', one, other]
  const { stdout } = await runGit({ directory, args })
  return fieldsOf(stdout).map((bytes) => textOf(bytes).text)
}
