/** The host's commit of a worktree, by plumbing: listed paths only, no `add`, no hook, no filter (T26). */
import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { RepositoryPath } from '../../core/citation.ts'
import type { Sha } from '../../core/ids.ts'
import type { ChangedModes, CommitInput } from '../../core/ports.ts'
import { textOf } from './bytes.ts'
import { writeCommit } from './gitCommits.ts'
import { gitText, runGit } from './gitProcess.ts'
import { type Change, findChanges } from './worktreeChanges.ts'
import { listTree, type TreeEntry } from './worktreeCheckout.ts'
import { pathIn } from './worktreePaths.ts'

export interface CommitResult {
  sha: Sha | null
  refused: string[]
  /** Why, for refused paths that the caller's `allowed` did let through. */
  reasons: Record<string, string>
}

/**
 * Commit what differs from `input.parent`, or nothing at all when any changed path is refused.
 *
 * @param index path for a private index file.
 */
export async function commitFolder(
  mirror: string,
  folder: string,
  index: string,
  input: CommitInput,
  allowed: (path: string, modes: ChangedModes) => boolean,
): Promise<CommitResult> {
  await runGit({ directory: mirror, indexFile: index, args: ['read-tree', input.parent] })
  const tree = await listTree(mirror, input.parent)
  const changes = await findChanges(mirror, folder, tree, index)
  const reasons: Record<string, string> = {}
  const refused: string[] = []
  const clashes = findClashes(tree, changes)
  const modes = new Map(tree.map((entry) => [entry.path.toString('latin1'), entry.mode]))
  for (const change of changes) {
    const { text: path, utf8 } = textOf(change.path)
    const reason = reasonAgainst(change, path, utf8) ?? clashes.get(change)
    if (reason !== undefined) reasons[path] = reason
    const before = modes.get(change.path.toString('latin1')) ?? null
    const after = change.kind === 'put' ? change.mode : null
    if (reason !== undefined || !allowed(path, { before, after })) refused.push(path)
  }
  if (refused.length > 0 || changes.length === 0) return { sha: null, refused, reasons }
  const records = await storeAll(mirror, folder, changes, '0'.repeat(input.parent.length))
  await runGit({
    directory: mirror,
    indexFile: index,
    args: ['update-index', '-z', '--add', '--replace', '--index-info'],
    input: Buffer.concat(records),
  })
  const written = await gitText({ directory: mirror, indexFile: index, args: ['write-tree'] })
  return { sha: await writeCommit(mirror, written, input), refused, reasons }
}

function reasonAgainst(change: Change, path: string, utf8: boolean): string | undefined {
  if (change.kind === 'refuse') return change.reason
  if (!utf8) return 'its name is not UTF-8'
  if (!RepositoryPath.safeParse(path).success)
    return 'its name holds a backslash, a line break or is too long'
  // Names that other systems take for .git, which git itself refuses as well.
  if (path.split('/').some((part) => /^(\.git|git~1)[ .]*$/i.test(part))) return 'its name stands for .git'
  return undefined
}

/** New names that differ from another path only by case or Unicode form: on some systems they are one file (T17). */
function findClashes(tree: readonly TreeEntry[], changes: readonly Change[]): Map<Change, string> {
  const fold = (path: string) => path.normalize('NFC').toLowerCase()
  const clashes = new Map<Change, string>()
  const old = new Set(tree.map((entry) => textOf(entry.path).text))
  const added = changes.filter((change) => change.kind === 'put' && !old.has(textOf(change.path).text))
  if (added.length === 0) return clashes
  const gone = new Set(
    changes.filter((change) => change.kind === 'delete').map((change) => textOf(change.path).text),
  )
  const names = new Map<string, string>()
  /** Register a path with its folders; returns the other spelling when there is one. */
  const meet = (path: string): string | undefined => {
    const parts = path.split('/')
    for (let length = 1; length <= parts.length; length++) {
      const prefix = parts.slice(0, length).join('/')
      const other = names.get(fold(prefix))
      if (other !== undefined && other !== prefix) return other
      names.set(fold(prefix), prefix)
    }
    return undefined
  }
  for (const path of old) if (!gone.has(path)) meet(path)
  for (const change of added) {
    const other = meet(textOf(change.path).text)
    if (other !== undefined)
      clashes.set(change, `its name differs from ${other} only by case or Unicode form`)
  }
  return clashes
}

/** Records for `update-index --index-info`; removals come first, so that a file may become a folder. */
async function storeAll(
  mirror: string,
  folder: string,
  changes: readonly Change[],
  none: string,
): Promise<Buffer[]> {
  const removals: Buffer[] = []
  const additions: Buffer[] = []
  const record = (start: string, path: Buffer) =>
    Buffer.concat([Buffer.from(`${start}\t`), path, Buffer.from([0])])
  for (const change of changes) {
    if (change.kind === 'delete') removals.push(record(`0 ${none}`, change.path))
    if (change.kind === 'put')
      additions.push(record(`${change.mode} ${await store(mirror, folder, change)}`, change.path))
  }
  return [...removals, ...additions]
}

/** Write one blob as it is, byte for byte. */
async function store(
  mirror: string,
  folder: string,
  change: Extract<Change, { kind: 'put' }>,
): Promise<string> {
  const call = { directory: mirror, args: ['hash-object', '-w', '--no-filters', '--stdin'] }
  if (change.mode === '120000') return gitText({ ...call, input: change.target })
  const file = await open(
    pathIn(folder, change.path),
    constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
  )
  try {
    return await gitText({ ...call, inputFd: file.fd })
  } finally {
    await file.close()
  }
}
