/** Line map evidence: where the lines of one version of a file are in another, renames followed (F2, T32). */
import type { EvidenceRequest, EvidenceResult } from '../../core/evidence.ts'
import type { Sha } from '../../core/ids.ts'
import { code } from '../../core/sentences.ts'
import type { LineMapBody } from '../../core/twoCommits.ts'
import { fieldsOf, textOf } from './bytes.ts'
import { readBlobs } from './gitObjects.ts'
import { gitText, runGit } from './gitProcess.ts'

const largestBytes = 1024 * 1024
const mostHunks = 20_000
const hunkHeader = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/
const regular = new Set(['100644', '100755', '100664'])

type Request = Extract<EvidenceRequest, { kind: 'lineMap' }>
interface Entry {
  mode: string
  blob: string
}

/** Collect one line map. `failed` when the older version has no such file, or shares no history with the base. */
export async function collectLineMap(
  directory: string,
  request: Request,
): Promise<EvidenceResult<'lineMap'>> {
  const { to, path } = request
  const start = await startOf(directory, request)
  if (start === null)
    return { ok: false, reason: 'the commented commit shares no history with the base branch.' }
  const source =
    start === request.from ? path : ((await renamedInto(directory, start, request.from, path)) ?? path)
  const old = await entryAt(directory, start, source)
  // A file that the change added has no left side, and one that a later push took away is gone: both are answers.
  if (!old) return { ok: false, reason: `${code(source)} does not exist at commit ${start.slice(0, 12)}.` }
  const target = (await entryAt(directory, to, source))
    ? source
    : await renamedFrom(directory, start, to, source)
  const now = target === null ? null : await entryAt(directory, to, target)
  if (target === null || !now) return { ok: true, body: { path: null, problem: null, lines: 0, hunks: [] } }
  const [problem, lines] = await contentOf(directory, now)
  const hunks = problem === null && old.blob !== now.blob ? await hunksOf(directory, old.blob, now.blob) : []
  if (hunks === null)
    return { ok: false, reason: `${code(source)} was rewritten in more than ${mostHunks} places.` }
  return { ok: true, body: { path: target, problem, lines, hunks } }
}

async function startOf(directory: string, { from, base }: Request): Promise<Sha | null> {
  if (base === null) return from
  const found = await runGit({
    directory,
    args: ['merge-base', '--end-of-options', base, from],
    accept: [0, 1],
  })
  return found.code === 1 ? null : found.stdout.toString('utf8').trim()
}

async function entryAt(directory: string, sha: Sha, path: string): Promise<Entry | null> {
  const { stdout } = await runGit({
    directory,
    args: ['ls-tree', '-z', '--full-tree', '--end-of-options', sha, '--', path],
  })
  for (const field of fieldsOf(stdout)) {
    const match = /^(\d{6}) (\w+) ([0-9a-f]{40,64})\t(.*)$/s.exec(textOf(field).text)
    if (match && match[4] === path) return { mode: match[1] as string, blob: match[3] as string }
  }
  return null
}

/** Pairs of names that git takes for renames between two commits. */
async function renames(directory: string, from: Sha, to: Sha): Promise<{ old: string; now: string }[]> {
  const { stdout } = await runGit({
    directory,
    args: ['diff-tree', '-r', '-z', '-M', '--diff-filter=R', '--name-status', '--end-of-options', from, to],
  })
  const fields = fieldsOf(stdout).map((field) => textOf(field).text)
  const pairs: { old: string; now: string }[] = []
  for (let at = 0; at + 2 < fields.length; at += 3)
    pairs.push({ old: fields[at + 1] as string, now: fields[at + 2] as string })
  return pairs
}

const renamedFrom = async (directory: string, from: Sha, to: Sha, path: string) =>
  (await renames(directory, from, to)).find((pair) => pair.old === path)?.now ?? null
const renamedInto = async (directory: string, from: Sha, to: Sha, path: string) =>
  (await renames(directory, from, to)).find((pair) => pair.now === path)?.old ?? null

/** Why the file has no lines to edit, or null; and how many lines it has. */
async function contentOf(directory: string, entry: Entry): Promise<[string | null, number]> {
  if (entry.mode === '120000') return ['is a symlink', 0]
  if (entry.mode === '160000') return ['is a submodule', 0]
  if (!regular.has(entry.mode)) return ['is no regular file', 0]
  const bytes = (await readBlobs(directory, [entry.blob], largestBytes)).get(entry.blob)
  if (bytes === undefined || bytes === 'large') return ['is larger than 1 MB', 0]
  if (bytes.includes(0)) return ['is binary', 0]
  let lines = 0
  for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, at + 1)) lines++
  return [null, bytes.length === 0 || bytes.at(-1) === 10 ? lines : lines + 1]
}

/** Hunks between two blobs; null when there are too many. */
async function hunksOf(directory: string, old: string, now: string): Promise<LineMapBody['hunks'] | null> {
  const patch = await gitText({
    directory,
    args: [
      'diff',
      '--no-ext-diff',
      '--no-textconv',
      '--no-color',
      '--text',
      '-U0',
      '--end-of-options',
      old,
      now,
    ],
    maxBytes: 16 * 1024 * 1024,
  })
  const hunks: LineMapBody['hunks'] = []
  let skip = 0
  for (const line of patch.split('\n')) {
    // Content is counted past, so that no line of it can pass for a header.
    if (skip > 0 && !line.startsWith('\\')) {
      skip--
      continue
    }
    const match = hunkHeader.exec(line)
    if (!match) continue
    if (hunks.length >= mostHunks) return null
    const [oldLines, newLines] = [Number(match[2] ?? 1), Number(match[4] ?? 1)]
    hunks.push({ oldStart: Number(match[1]), oldLines, newStart: Number(match[3]), newLines })
    skip = oldLines + newLines
  }
  return hunks
}
