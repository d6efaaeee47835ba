/** Reference evidence: what the added lines of a diff import and call, resolved against the head (P4, G14). */
import { setImmediate as pause } from 'node:timers/promises'
import type { DiffFile, EvidenceResult, ReferencesBody } from '../../core/evidence.ts'
import type { Sha } from '../../core/ids.ts'
import { collectDiff } from '../workspace/gitDiff.ts'
import { type ReadBlobs, readBlobs } from '../workspace/gitObjects.ts'
import { type Import, type Language, missing, type Resolution, type Scan } from './language.ts'
import { languageOf } from './languages.ts'
import { nearest } from './nearest.ts'
import { changedPackages } from './packages.ts'
import { withTree } from './parser.ts'
import { namesInTree, realNames } from './search.ts'
import { readWorld, type World } from './world.ts'

const sourceBytes = 512 * 1024
const mostFindings = 500

interface Read {
  path: string
  added: ReadonlySet<number>
  language: Language
  scan: Scan
}
type Add = (path: string, line: number, text: string, resolution: Resolution) => void

/**
 * Resolve what a change refers to. `failed` for the reasons for which the diff fails.
 *
 * @param has what the caller has already: the diff of the same range, a reader that stays open.
 */
export async function collectReferences(
  directory: string,
  base: Sha,
  head: Sha,
  has: { diff?: EvidenceResult<'diff'>; read?: ReadBlobs } = {},
): Promise<EvidenceResult<'references'>> {
  const diff = has.diff ?? (await collectDiff(directory, base, head))
  const blobs: ReadBlobs = has.read ?? ((...question) => readBlobs(directory, ...question))
  if (!diff.ok) return diff
  const { files, mergeBase } = diff.body
  const world = await readWorld(directory, head, blobs)
  const body: ReferencesBody = { filesRead: 0, unresolved: [], unchecked: [] }
  const add: Add = (path, line, text, resolution) => {
    if (resolution.ok || body.unresolved.length >= mostFindings) return
    const { kind, certain, why, near } = resolution
    const shown = near.slice(0, 3).map((name) => name.slice(0, 300))
    body.unresolved.push({
      path,
      line,
      kind,
      certain,
      text: text.slice(0, 300),
      why: why.slice(0, 1000),
      near: shown,
    })
  }
  const read = await readChanged(blobs, head, files, body)
  body.filesRead = read.length
  for (const one of await changedPackages(blobs, mergeBase, files, world))
    add(one.path, one.line, one.name, one.resolution)
  await resolveImports(blobs, head, read, world, add)
  await resolveCalls(directory, mergeBase, read, files, add, body)
  body.unresolved.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : a.line - b.line))
  return { ok: true, body }
}

/** Parse every changed file of a known language; what cannot be read whole is named. */
async function readChanged(
  read: ReadBlobs,
  head: Sha,
  files: readonly DiffFile[],
  body: ReferencesBody,
): Promise<Read[]> {
  const wanted = files.filter(
    (file) =>
      file.status !== 'deleted' &&
      file.added.length > 0 &&
      file.newMode.startsWith('100') &&
      languageOf(file.path),
  )
  const note = (path: string, reason: string) => {
    if (body.unchecked.length < 200) body.unchecked.push({ path, reason })
  }
  const blobs = await read(
    wanted.map((file) => `${head}:${file.path}`),
    sourceBytes,
  )
  const parsed: Read[] = []
  for (const file of wanted) {
    const bytes = blobs.get(`${head}:${file.path}`)
    const known = languageOf(file.path)
    if (!known) continue
    if (!bytes || bytes === 'large') {
      note(file.path, bytes ? 'larger than 512 KB' : 'its name cannot be looked up')
      continue
    }
    if (file.truncated) note(file.path, 'its diff is too large to be shown whole')
    const scan = await withTree(known.grammar, bytes.toString('utf8'), (root) => known.language.scan(root))
    parsed.push({
      path: file.path,
      added: new Set(file.added.map(({ line }) => line)),
      language: known.language,
      scan,
    })
    // A large change must not hold up the rounds of others.
    await pause()
  }
  return parsed
}

async function resolveImports(
  blobs: ReadBlobs,
  head: Sha,
  read: readonly Read[],
  world: World,
  add: Add,
): Promise<void> {
  const taken: { file: Read; one: Import; target: string; names: string[] }[] = []
  for (const file of read) {
    for (const one of file.scan.imports) {
      if (!file.added.has(one.line)) continue
      const resolution = file.language.resolve(one, file.path, world)
      add(file.path, one.line, one.specifier, resolution)
      if (!resolution.ok || resolution.target === undefined) continue
      const [target = '', inside] = resolution.target.split('#')
      const names = inside === undefined ? one.names : [inside]
      if (names.length > 0 && languageOf(target)?.language === file.language)
        taken.push({ file, one, target, names })
    }
  }
  const given = await exportsOf(
    blobs,
    head,
    taken.map((one) => one.target),
    world,
  )
  for (const { file, one, target, names } of taken) {
    const known = given.get(target)
    if (!known) continue
    for (const name of names)
      if (
        !known.has(name) &&
        !world.paths.has(submodule(target, name)) &&
        !world.folders.has(target.replace(/\/[^/]*$/, `/${name}`))
      )
        add(
          file.path,
          one.line,
          name,
          missing(
            'name',
            `${target} has no ${name === 'default' ? 'default export' : name}.`,
            nearest(name, known),
          ),
        )
  }
}

/** Python takes modules from packages by the same words as names. */
const submodule = (target: string, name: string) => target.replace(/[^/]*$/, `${name}.py`)

async function exportsOf(read: ReadBlobs, head: Sha, paths: readonly string[], world: World) {
  const result = new Map<string, ReadonlySet<string>>()
  const wanted = [...new Set(paths)].slice(0, 5000)
  const blobs = await read(
    wanted.map((path) => `${head}:${path}`),
    sourceBytes,
  )
  for (const path of wanted) {
    const bytes = blobs.get(`${head}:${path}`)
    const known = languageOf(path)
    if (!bytes || bytes === 'large' || !known?.language.exports) continue
    const text = bytes.toString('utf8')
    const names = await withTree(
      known.grammar,
      text,
      (root) => known.language.exports?.(root, text, path, world) ?? null,
    )
    if (names) result.set(path, names)
    await pause()
  }
  return result
}

/** Free functions that are called on added lines and stand nowhere: not in the file, the language or the tree. */
async function resolveCalls(
  directory: string,
  mergeBase: Sha,
  read: readonly Read[],
  files: readonly DiffFile[],
  add: Add,
  body: ReferencesBody,
): Promise<void> {
  const unbound: { file: Read; name: string; line: number }[] = []
  for (const file of read) {
    if (file.scan.open) continue
    const called = new Map<string, number>()
    for (const { name } of file.scan.calls) called.set(name, (called.get(name) ?? 0) + 1)
    for (const { name, line } of file.scan.calls) {
      const elsewhere = (file.scan.names.get(name) ?? 0) > (called.get(name) ?? 0)
      if (file.added.has(line) && !elsewhere && !file.language.builtin(name))
        unbound.push({ file, name, line })
    }
  }
  if (unbound.length === 0) return
  // Names that the change itself brings: in other files, in files of languages that are not parsed.
  const brought = new Set<string>()
  for (const file of read) {
    const called = new Set(file.scan.calls.map((call) => call.name))
    for (const name of file.scan.names.keys()) if (!called.has(name)) brought.add(name)
  }
  for (const file of files)
    if (!languageOf(file.path))
      for (const { text } of file.added)
        for (const word of text.match(/[A-Za-z_$][\w$]*/g) ?? []) brought.add(word)
  const names = [...new Set(unbound.map((one) => one.name))].filter((name) => !brought.has(name))
  const inTree = await namesInTree(directory, mergeBase, names)
  if (inTree.cut && body.unchecked.length < 200)
    body.unchecked.push({
      path: unbound[0]?.file.path ?? '.',
      reason: 'the tree is too large to be searched for every called name',
    })
  const invented = unbound.filter((one) => names.includes(one.name) && !inTree.found.has(one.name))
  if (invented.length === 0 || inTree.cut) return
  const real = new Set([...(await realNames(directory, mergeBase)), ...brought])
  for (const { file, name, line } of invented)
    add(
      file.path,
      line,
      name,
      missing(
        'call',
        `${name} is declared nowhere: not in this file, the repository or ${file.language.id}.`,
        nearest(name, real),
        false,
      ),
    )
}
