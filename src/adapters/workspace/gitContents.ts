/** What commits of ours hold, so that they can be made again elsewhere: tree, message byte for byte, and changed paths (ADR 10). */
import { Bug, Terminal } from '../../core/errors.ts'
import type { Sha } from '../../core/ids.ts'
import type { CommitContent, PathChange } from '../../core/ports.ts'
import { fieldsOf, textOf } from './bytes.ts'
import { gitText, runGit } from './gitProcess.ts'

const maximumCommits = 250
/** What GitHub takes as one file. */
const maximumFileBytes = 100 * 1024 * 1024

/** The line of commits after `onto` up to `tip`, oldest first. */
export async function readContents(
  directory: string,
  onto: Sha,
  tip: Sha,
  mostBytes = maximumFileBytes,
): Promise<CommitContent[]> {
  const listed = await gitText({
    directory,
    args: ['rev-list', '--reverse', '--topo-order', '--end-of-options', tip, `^${onto}`],
  })
  const shas = listed.split('\n').filter(Boolean)
  if (shas.length === 0 || shas.length > maximumCommits)
    throw new Bug(`${shas.length} commits between ${onto} and ${tip}`)
  const contents: CommitContent[] = []
  for (const sha of shas) {
    const parent = contents.at(-1)?.sha ?? onto
    const { tree, parents, message } = await readCommit(directory, sha)
    if (parents.length !== 1 || parents[0] !== parent)
      throw new Bug(`commit ${sha} does not sit on ${parent} alone`)
    const parentTree = contents.at(-1)?.tree ?? (await readCommit(directory, parent)).tree
    contents.push({
      sha,
      parent,
      parentTree,
      tree,
      message,
      changes: await changesOf(directory, parent, sha, mostBytes),
    })
  }
  return contents
}

/** Headers end at the first empty line, also behind a signature; everything after it is the message. */
async function readCommit(directory: string, sha: Sha) {
  const { stdout } = await runGit({ directory, args: ['cat-file', 'commit', sha] })
  const end = stdout.indexOf('\n\n')
  const headers = stdout.subarray(0, end).toString('latin1').split('\n')
  const named = (name: string) =>
    headers.filter((line) => line.startsWith(`${name} `)).map((line) => line.slice(name.length + 1))
  const message = textOf(stdout.subarray(end + 2))
  const [tree] = named('tree')
  if (end === -1 || !tree || !message.utf8) throw new Bug(`commit ${sha} is not one that we write`)
  return { tree, parents: named('parent'), message: message.text }
}

async function changesOf(directory: string, parent: Sha, sha: Sha, mostBytes: number): Promise<PathChange[]> {
  const { stdout } = await runGit({
    directory,
    args: ['diff-tree', '-r', '-z', '--raw', '--no-renames', '--no-abbrev', '--end-of-options', parent, sha],
  })
  const fields = fieldsOf(stdout).map(textOf)
  const found: { path: string; mode: string; blob: Sha; status: string }[] = []
  for (let index = 0; index + 1 < fields.length; index += 2) {
    const [, mode = '', , blob = '', status = ''] = (fields[index]?.text ?? '').replace(/^:/, '').split(' ')
    const path = fields[index + 1]
    if (!path?.utf8) throw new Bug(`a path of ${sha} is not UTF-8`)
    found.push({ path: path.text, mode, blob, status })
  }
  const sizes = await sizesOf(
    directory,
    found.filter(({ status }) => status !== 'D').map(({ blob }) => blob),
  )
  return found.map(({ path, mode, blob, status }) => {
    if (status === 'D') return { path, kind: 'delete' }
    const bytes = sizes.get(blob)
    if (bytes === undefined) throw new Bug(`${path} of ${sha} is no file`)
    if (bytes > mostBytes)
      throw new Terminal(
        `${path} of ${sha} has ${bytes} bytes`,
        `\`${path}\` has ${Math.ceil(bytes / 1024 ** 2)} MB, and GitHub takes files up to ${Math.floor(mostBytes / 1024 ** 2)} MB. Keep it out of the change, for example in Git LFS or a release, then comment \`/agent retry\`.`,
      )
    return { path, kind: 'put', mode, blob, bytes }
  })
}

async function sizesOf(directory: string, blobs: readonly Sha[]): Promise<Map<Sha, number>> {
  if (blobs.length === 0) return new Map()
  const answer = await gitText({
    directory,
    args: ['cat-file', '--batch-check=%(objecttype) %(objectsize)'],
    input: blobs.map((blob) => `${blob}\n`).join(''),
  })
  const lines = answer.split('\n')
  return new Map(
    blobs.flatMap((blob, index): [Sha, number][] => {
      const [type, size] = (lines[index] ?? '').split(' ')
      return type === 'blob' ? [[blob, Number(size)]] : []
    }),
  )
}

/** The bytes of one blob. */
export async function readBlob(directory: string, blob: Sha): Promise<Uint8Array> {
  const call = { directory, args: ['cat-file', 'blob', blob], maxBytes: maximumFileBytes }
  return (await runGit(call)).stdout
}
