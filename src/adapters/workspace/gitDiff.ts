/** Diff evidence: merge base to head, from objects only, with modes, blob ids, links, and numbered lines. */

import { sha256 } from '../../core/digest.ts'
import type { DiffFile, EvidenceResult } from '../../core/evidence.ts'
import type { Sha } from '../../core/ids.ts'
import { fieldsOf, textOf } from './bytes.ts'
import { readBlobs } from './gitObjects.ts'
import { type PatchLines, readPatch } from './gitPatch.ts'
import { runGit } from './gitProcess.ts'

const maximumFiles = 3000

interface RawEntry {
  path: Buffer
  oldMode: string
  newMode: string
  oldBlob: string
  newBlob: string
  status: string
}

/** Only objects are read, so submodules cannot be entered; their pointers must be seen (T17). */
const tree = [
  'diff-tree',
  '-r',
  '-z',
  '--no-abbrev',
  '--no-ext-diff',
  '--no-textconv',
  '--ignore-submodules=none',
]

/**
 * The diff from the merge base of two commits to the head.
 *
 * @param isParent the base is a parent of the head, so that the merge base need not be looked for.
 * @returns `failed` without a common ancestor, and over 3,000 files (T18).
 */
export async function collectDiff(
  directory: string,
  base: Sha,
  head: Sha,
  { isParent = false } = {},
): Promise<EvidenceResult<'diff'>> {
  const mergeBase = isParent ? base : await mergeBaseOf(directory, base, head)
  if (mergeBase === null) {
    return {
      ok: false,
      reason: `${head} shares no history with ${base}: rebase the branch onto its base branch and push it.`,
    }
  }
  const range = ['--end-of-options', mergeBase, head]
  const raw = await runGit({ directory, args: [...tree, '--raw', '--no-renames', ...range] })
  const entries = readRaw(raw.stdout)
  if (entries.length > maximumFiles) {
    return {
      ok: false,
      reason: `The change touches ${entries.length} files and at most ${maximumFiles} can be judged (T18): split it into smaller pull requests.`,
    }
  }
  const mayRename = ['A', 'D'].every((letter) => entries.some((entry) => entry.status === letter))
  const [renames, sections, links] = await Promise.all([
    mayRename ? readRenames(directory, range) : new Map<string, string>(),
    readSections(directory, range, entries),
    readLinks(directory, entries),
  ])
  const files = entries.map((entry, index): DiffFile => {
    const { text: path, utf8 } = textOf(entry.path)
    const key = entry.path.toString('latin1')
    const section = sections[index] as PatchLines
    return {
      path,
      pathIsUtf8: utf8,
      status: statusOf(entry.status),
      renamedFrom: renames.get(key) ?? null,
      oldMode: entry.oldMode as DiffFile['oldMode'],
      newMode: entry.newMode as DiffFile['newMode'],
      linkTarget: links.get(entry.newMode === '120000' ? entry.newBlob : entry.oldBlob) ?? null,
      ...section,
    }
  })
  // The raw listing is exactly path, modes and blob ids of every changed file, in git's own order.
  return { ok: true, body: { mergeBase, digest: sha256(raw.stdout), files } }
}

function statusOf(letter: string): DiffFile['status'] {
  if (letter === 'A') return 'added'
  if (letter === 'D') return 'deleted'
  return letter === 'T' ? 'type_changed' : 'modified'
}

/** `:oldmode newmode oldblob newblob status`, NUL, path, NUL. */
function readRaw(bytes: Buffer): RawEntry[] {
  const fields = fieldsOf(bytes)
  const entries: RawEntry[] = []
  for (let index = 0; index + 1 < fields.length; index += 2) {
    const [oldMode, newMode, oldBlob, newBlob, status] = (fields[index] as Buffer)
      .toString('latin1')
      .slice(1)
      .split(' ')
    entries.push({
      path: fields[index + 1] as Buffer,
      oldMode: oldMode ?? '',
      newMode: newMode ?? '',
      oldBlob: oldBlob ?? '',
      newBlob: newBlob ?? '',
      status: (status ?? '').slice(0, 1),
    })
  }
  return entries
}

/** git's guess which addition was a rename: new path (bytes as latin1) to old path. */
async function readRenames(directory: string, range: string[]): Promise<Map<string, string>> {
  const args = [...tree, '--raw', '--find-renames', '-l1000', '--diff-filter=R', ...range]
  const fields = fieldsOf((await runGit({ directory, args })).stdout)
  const renames = new Map<string, string>()
  for (let index = 0; index + 2 < fields.length; index += 3) {
    renames.set((fields[index + 2] as Buffer).toString('latin1'), textOf(fields[index + 1] as Buffer).text)
  }
  return renames
}

/** Added and deleted lines by path; `binary` where git counts none. Asked for only where the patch was cut. */
async function readCounts(directory: string, range: string[]) {
  const args = [...tree, '--numstat', '--no-renames', ...range]
  const counts = new Map<string, Pick<PatchLines, 'additions' | 'deletions' | 'binary'>>()
  for (const field of fieldsOf((await runGit({ directory, args })).stdout)) {
    const match = /^(\d+|-)\t(\d+|-)\t([\s\S]*)$/.exec(field.toString('latin1'))
    if (!match) continue
    const binary = match[1] === '-'
    const [additions, deletions] = binary ? [0, 0] : [Number(match[1]), Number(match[2])]
    counts.set(match[3] as string, { additions, deletions, binary })
  }
  return counts
}

/** One entry of lines for each raw entry; two patch sections are joined for a type change. */
async function readSections(directory: string, range: string[], entries: RawEntry[]): Promise<PatchLines[]> {
  const args = [
    ...tree.filter((arg) => arg !== '-z'),
    '-p',
    '-U0',
    '--no-color',
    '--no-renames',
    '--submodule=short',
    ...range,
  ]
  const patch = await runGit({ directory, args, onMaxBytes: 'truncate' })
  const sections = readPatch(patch.stdout, !patch.truncated)
  const counts = patch.truncated ? await readCounts(directory, range) : null
  let at = 0
  return entries.map((entry) => {
    const taken = sections.slice(at, at + (entry.status === 'T' ? 2 : 1))
    at += entry.status === 'T' ? 2 : 1
    const sum = (count: 'additions' | 'deletions') =>
      taken.reduce((total, section) => total + section[count], 0)
    return {
      added: taken.flatMap((section) => section.added),
      removed: taken.flatMap((section) => section.removed),
      // No section at all: the patch was cut before this file.
      truncated: taken.length === 0 || taken.some((section) => section.truncated),
      ...(counts?.get(entry.path.toString('latin1')) ?? {
        additions: sum('additions'),
        deletions: sum('deletions'),
        binary: taken.some((section) => section.binary),
      }),
    }
  })
}

/** Targets of the symbolic links on either side, by blob id. */
async function readLinks(directory: string, entries: RawEntry[]): Promise<Map<string, string>> {
  const blobs = entries.flatMap((entry) => {
    if (entry.newMode === '120000') return [entry.newBlob]
    return entry.oldMode === '120000' ? [entry.oldBlob] : []
  })
  const found = await readBlobs(directory, blobs, 4096)
  return new Map(
    // No system follows a longer one; as an absolute path it counts as a link that leaves the repository.
    [...found].map(([blob, bytes]) => [blob, bytes === 'large' ? '/(too long)' : textOf(bytes).text]),
  )
}

/** The tree of a merge of two commits, or null where it conflicts (T11). */
export async function collectMergeTree(
  directory: string,
  first: Sha,
  second: Sha,
): Promise<EvidenceResult<'mergeTree'>> {
  const mergeBase = await mergeBaseOf(directory, first, second)
  if (mergeBase === null) return { ok: true, body: { tree: null, mergeBase } }
  const merged = await runGit({
    directory,
    args: ['merge-tree', '--write-tree', '--no-messages', '--end-of-options', first, second],
    accept: [0, 1],
  })
  const tree = merged.code === 0 ? (merged.stdout.toString('utf8').split('\n')[0] ?? null) : null
  return { ok: true, body: { tree, mergeBase } }
}

/** Null when two commits share no history. */
async function mergeBaseOf(directory: string, first: Sha, second: Sha): Promise<Sha | null> {
  const args = ['merge-base', '--end-of-options', first, second]
  const { code, stdout } = await runGit({ directory, args, accept: [0, 1] })
  return code === 1 ? null : (stdout.toString('utf8').split('\n')[0] ?? null)
}
