/** The FileTools port on the file system: reads, writes, lists and searches regular files of one worktree. */
import { constants } from 'node:fs'
import { lstat, opendir, realpath, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { matchesGlob } from '../../core/glob.ts'
import type { FileTools, FoundLine } from '../../core/ports/fileTools.ts'
import { ToolRefusal } from '../../core/ports/model.ts'
import { code } from '../../core/sentences.ts'
import { absentOr, codeOf, confine, largestFile, openRegular, refusing } from './confine.ts'

/**
 * Files and folders visited by one list or search, in a fixed order: as many as a commit may have to be checked out here,
 * so that only what programs add to such a tree can be left out.
 */
const mostVisited = 250_000
const deepest = 40
const longestLine = 400
/** Folders that are never the repository's own text, and can hold hundreds of thousands of files. */
const skipped = new Set(['.git', 'node_modules'])

/** The port. It keeps nothing: each call checks its path anew. */
export function fileTools(): FileTools {
  return { read, readBytes, write, replaceBytes, remove, list, search }
}

async function read(directory: string, path: string): Promise<string> {
  const bytes = Buffer.from(await readBytes(directory, path))
  if (bytes.includes(0)) throw new ToolRefusal(`${code(path)} is binary.`)
  return bytes.toString('utf8')
}

async function readBytes(directory: string, path: string): Promise<Uint8Array> {
  const handle = await openRegular(await confine(directory, path), path, constants.O_RDONLY)
  if (!handle) throw new ToolRefusal(`${code(path)} does not exist.`)
  try {
    const { size } = await handle.stat()
    if (size > largestFile)
      throw new ToolRefusal(`${code(path)} has ${size} bytes; at most ${largestFile} can be read.`)
    return await handle.readFile()
  } finally {
    await handle.close()
  }
}

async function write(directory: string, path: string, text: string): Promise<void> {
  const bytes = Buffer.from(text, 'utf8')
  if (bytes.length > largestFile)
    throw new ToolRefusal(`The text has ${bytes.length} bytes; at most ${largestFile} can be written.`)
  if (bytes.includes(0)) throw new ToolRefusal('A text file holds no NUL.')
  const absolute = await confine(directory, path, true)
  // Opened without O_TRUNC first: a device or pipe in its place is found before anything is changed.
  const handle = await openRegular(absolute, path, constants.O_WRONLY | constants.O_CREAT)
  if (!handle) throw new ToolRefusal(`${code(path)} cannot be created.`)
  try {
    await handle.truncate(0)
    await handle.writeFile(bytes)
  } finally {
    await handle.close()
  }
}

async function replaceBytes(directory: string, path: string, bytes: Uint8Array): Promise<void> {
  if (bytes.length > largestFile)
    throw new ToolRefusal(`The file would have ${bytes.length} bytes; at most ${largestFile} can be written.`)
  const handle = await openRegular(await confine(directory, path), path, constants.O_WRONLY)
  if (!handle) throw new ToolRefusal(`${code(path)} does not exist.`)
  try {
    await handle.truncate(0)
    await handle.writeFile(bytes)
  } finally {
    await handle.close()
  }
}

async function remove(directory: string, path: string): Promise<void> {
  const absolute = await confine(directory, path)
  const status = await lstat(absolute).catch(absentOr(path))
  if (!status) throw new ToolRefusal(`${code(path)} does not exist.`)
  // A link or pipe that a program left behind may be taken away: unlink never follows it.
  if (status.isDirectory()) throw new ToolRefusal(`${code(path)} is a folder.`)
  await unlink(absolute).catch(refusing(path))
}

async function list(directory: string, glob: string, most: number): Promise<string[]> {
  const found: string[] = []
  for await (const path of walk(await realpath(directory))) {
    if (matchesGlob(glob, path)) found.push(path)
    if (found.length >= most) break
  }
  return found.sort()
}

async function search(directory: string, text: string, glob: string, most: number): Promise<FoundLine[]> {
  const found: FoundLine[] = []
  for await (const path of walk(await realpath(directory))) {
    if (!matchesGlob(glob, path)) continue
    const content = await read(directory, path).catch((error: unknown) => {
      // Binary and large files are not searched; they are no mistake of the model.
      if (error instanceof ToolRefusal) return ''
      throw error
    })
    if (!content.includes(text)) continue
    for (const [index, line] of content.split('\n').entries()) {
      if (line.includes(text)) found.push({ path, line: index + 1, text: line.slice(0, longestLine) })
      if (found.length >= most) return found
    }
  }
  return found
}

/** Regular files below a folder in a fixed order; links and odd files are passed by. */
async function* walk(root: string): AsyncGenerator<string> {
  const folders: { path: string; depth: number }[] = [{ path: '', depth: 0 }]
  let visited = 0
  for (let folder = folders.pop(); folder; folder = folders.pop()) {
    const entries: { name: string; isFolder: boolean }[] = []
    // A folder that a command has closed, or made too deep, is passed by.
    const opened = await opendir(join(root, folder.path)).catch((error: unknown) => {
      if (folder.path === '' || !['EACCES', 'ENAMETOOLONG'].includes(codeOf(error) ?? '')) throw error
      return []
    })
    for await (const entry of opened) {
      if (++visited > mostVisited) return
      if (entry.isFile()) entries.push({ name: entry.name, isFolder: false })
      else if (entry.isDirectory() && !skipped.has(entry.name))
        entries.push({ name: entry.name, isFolder: true })
    }
    entries.sort((a, b) => (a.name < b.name ? -1 : 1))
    const prefix = folder.path === '' ? '' : `${folder.path}/`
    for (const { name, isFolder } of entries) if (!isFolder) yield `${prefix}${name}`
    const below = entries.filter(({ isFolder }) => isFolder && folder.depth < deepest)
    folders.push(
      ...below.reverse().map(({ name }) => ({ path: `${prefix}${name}`, depth: folder.depth + 1 })),
    )
  }
}
