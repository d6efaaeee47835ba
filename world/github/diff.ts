/** Changed files between two commits, read from git: names, status, counts and patches. */
import type { GitStore } from './git.ts'

export type DiffFile = {
  path: string
  previousPath: string | null
  status: 'added' | 'removed' | 'modified' | 'renamed' | 'copied' | 'changed'
  /** Blob of the new side, of the old side for removals. */
  sha: string
  additions: number
  deletions: number
  /** Unified hunks without file headers; null for binary and too large files. */
  patch: string | null
}

const EMPTY_TREE = '4b825dc642cb6eb9a060e54bf8d69288fbee4904'
const PATCH_LIMIT = 1_000_000

const STATUS: Record<string, DiffFile['status']> = {
  A: 'added',
  D: 'removed',
  M: 'modified',
  R: 'renamed',
  C: 'copied',
  T: 'changed',
}

/** Files that differ from `from` (null: the empty tree) to `to`, in git's order, with renames found. */
export async function diffFiles(
  git: GitStore,
  dir: string,
  from: string | null,
  to: string,
): Promise<DiffFile[]> {
  const range = [from ?? EMPTY_TREE, to]
  const [raw, stat, patch] = await Promise.all([
    git.text(dir, ['diff', '--raw', '-z', '-M', '--no-abbrev', ...range]),
    git.text(dir, ['diff', '--numstat', '-z', '-M', ...range]),
    git.text(dir, ['diff', '-M', '--no-color', '--no-ext-diff', '--no-textconv', ...range]),
  ])
  const counts = parseNumstat(stat)
  const patches = splitPatches(patch)
  return parseRaw(raw).map((file, i) => {
    const [additions, deletions] = counts[i] ?? [0, 0]
    const text = patches[i] ?? null
    return { ...file, additions, deletions, patch: text !== null && text.length > PATCH_LIMIT ? null : text }
  })
}

function parseRaw(raw: string): Omit<DiffFile, 'additions' | 'deletions' | 'patch'>[] {
  const parts = raw.split('\0')
  const files: Omit<DiffFile, 'additions' | 'deletions' | 'patch'>[] = []
  for (let i = 0; i + 1 < parts.length; ) {
    const [, , oldSha = '', newSha = '', letter = ''] = (parts[i] ?? '').slice(1).split(' ')
    const status = STATUS[letter.charAt(0)] ?? 'changed'
    const two = status === 'renamed' || status === 'copied'
    const first = parts[i + 1] ?? ''
    const path = two ? (parts[i + 2] ?? '') : first
    files.push({
      path,
      previousPath: two ? first : null,
      status,
      sha: status === 'removed' ? oldSha : newSha,
    })
    i += two ? 3 : 2
  }
  return files
}

function parseNumstat(stat: string): [number, number][] {
  const parts = stat.split('\0')
  const counts: [number, number][] = []
  for (let i = 0; i < parts.length; i++) {
    const m = /^(\d+|-)\t(\d+|-)\t(.*)$/s.exec(parts[i] ?? '')
    if (m === null) continue
    // Binary files show "-"; GitHub counts them as zero.
    counts.push([Number(m[1]) || 0, Number(m[2]) || 0])
    if (m[3] === '') i += 2
  }
  return counts
}

function splitPatches(patch: string): (string | null)[] {
  return patch
    .split(/^diff --git /m)
    .slice(1)
    .map((part) => {
      const at = part.search(/^@@ /m)
      return at < 0 ? null : part.slice(at).replace(/\n$/, '')
    })
}

export type Hunk = { oldStart: number; oldLines: number; newStart: number; newLines: number; lines: string[] }

/** The hunks of a patch, each with its lines (marker included). */
export function parseHunks(patch: string): Hunk[] {
  const hunks: Hunk[] = []
  for (const line of patch.split('\n')) {
    const m = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/.exec(line)
    if (m !== null) {
      const n = (i: number, fallback: number) => (m[i] === undefined ? fallback : Number(m[i]))
      hunks.push({
        oldStart: n(1, 0),
        oldLines: n(2, 1),
        newStart: n(3, 0),
        newLines: n(4, 1),
        lines: [line],
      })
    } else hunks.at(-1)?.lines.push(line)
  }
  return hunks
}
