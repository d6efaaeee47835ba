/** A person's own checkout, read through a scratch git folder that borrows its objects and reads none of its settings. */
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { Terminal } from '../../core/errors.ts'
import type { EvidenceRequest, EvidenceResult } from '../../core/evidence.ts'
import type { Sha } from '../../core/ids.ts'
import { collectReferences } from '../references/collect.ts'
import { collectCommits } from './gitCommits.ts'
import { collectDiff } from './gitDiff.ts'
import { allPathAttributes } from './gitMirrors.ts'
import { openObjects } from './gitObjects.ts'
import { GitFailure, gitText, runGit } from './gitProcess.ts'

/** What the diff gates rest on. */
export type LocalRequest = Extract<EvidenceRequest, { kind: 'diff' | 'commits' | 'references' }>

export interface LocalRepository {
  /** The commit that a revision names. Throws Terminal when there is none. */
  resolve(revision: string): Promise<Sha>
  /** Commits reachable from head and not from base with at most one parent, oldest first; at most `most`. */
  commitsBetween(base: Sha, head: Sha, most: number): Promise<{ sha: Sha; parent: Sha }[]>
  collect(request: LocalRequest): Promise<EvidenceResult>
  read(sha: Sha, path: string): Promise<string | null>
  close(): Promise<void>
}

const maximumTextBytes = 1024 * 1024

/**
 * Open the repository that holds `directory`. Nothing of it is written, and neither its configuration, hooks, filters
 * nor attributes take effect (T26): the scratch folder only lists its object store as an alternate.
 *
 * @throws Terminal with the next step when there is no repository or it cannot be read this way.
 */
export async function openLocalRepository(directory: string): Promise<LocalRepository> {
  const gitDirectory = await findGitDirectory(resolve(directory))
  const common = resolve(gitDirectory, (await textOf(join(gitDirectory, 'commondir'))) ?? '.')
  const scratch = await mkdtemp(join(tmpdir(), 'countersign-gates-'))
  const diffs = new Map<string, ReturnType<typeof collectDiff>>()
  const objects = openObjects(scratch)
  /** Commits of a listing by their only parent, so that no merge base is looked for. */
  const parents = new Map<Sha, Sha>()
  const close = async () => {
    objects.close()
    await rm(scratch, { recursive: true, force: true })
  }
  try {
    await runGit({ directory: scratch, args: ['init', '--bare', '--quiet', '--template='] })
    await mkdir(join(scratch, 'info'), { recursive: true })
    await writeFile(join(scratch, 'info', 'attributes'), allPathAttributes)
    await writeFile(join(scratch, 'objects', 'info', 'alternates'), `${join(common, 'objects')}\n`)
    const shallow = await textOf(join(common, 'shallow'))
    if (shallow) await writeFile(join(scratch, 'shallow'), `${shallow}\n`)
  } catch (error) {
    await close()
    throw error
  }

  return {
    async resolve(revision) {
      const args = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{commit}`]
      try {
        return await gitText({ directory: gitDirectory, args })
      } catch (error) {
        if (!(error instanceof GitFailure)) throw error
        const shown = revision.slice(0, 200)
        throw new Terminal(
          `no commit ${shown}`,
          `"${shown}" names no commit of ${directory}. Fetch it (a shallow clone may lack it: \`git fetch --unshallow\`), or name another with --base or --head.`,
          { cause: error },
        )
      }
    },
    async commitsBetween(base, head, most) {
      const args = [
        'rev-list',
        '--reverse',
        '--topo-order',
        '--no-merges',
        '--parents',
        `--max-count=${most}`,
      ]
      const text = await gitText({
        directory: scratch,
        args: [...args, '--end-of-options', head, `^${base}`],
      })
      return text.split('\n').flatMap((line) => {
        const [sha, parent] = line.split(' ')
        if (!sha || !parent) return []
        parents.set(sha, parent)
        return [{ sha, parent }]
      })
    },
    async collect(request) {
      try {
        const { kind, base, head } = request
        if (kind === 'commits') return await collectCommits(scratch, base, head)
        const range = `${base} ${head}`
        const diff =
          diffs.get(range) ?? collectDiff(scratch, base, head, { isParent: parents.get(head) === base })
        diffs.set(range, diff)
        if (kind === 'diff') return await diff
        // References are asked for after the diff, and nothing asks for a range twice.
        diffs.delete(range)
        return await collectReferences(scratch, base, head, { diff: await diff, read: objects.read })
      } catch (error) {
        if (!(error instanceof GitFailure)) throw error
        return { ok: false, reason: `git could not read this change: ${error.message.slice(0, 500)}` }
      }
    },
    async read(sha, path) {
      const name = `${sha}:${path}`
      const found = (await objects.read([name], maximumTextBytes)).get(name)
      return found === undefined || found === 'large' ? null : found.toString('utf8')
    },
    close,
  }
}

/** `.git` of the folder or of one above it: a folder, or a file that points to one (linked worktrees); or a bare one. */
async function findGitDirectory(start: string): Promise<string> {
  for (let at = start; ; at = dirname(at)) {
    const candidate = join(at, '.git')
    const entry = await stat(candidate).catch(absent)
    if (entry?.isDirectory()) return candidate
    if (entry?.isFile()) {
      const pointed = /^gitdir: (.+)$/m.exec(await readFile(candidate, 'utf8'))?.[1]
      if (pointed) return resolve(at, pointed.trim())
    }
    if (await stat(join(at, 'objects')).catch(absent)) {
      if (await stat(join(at, 'HEAD')).catch(absent)) return at
    }
    if (dirname(at) === at)
      throw new Terminal(
        `no git repository at ${start}`,
        `${start} is not inside a git repository. Run this in a checkout, or name one with --repo DIR.`,
      )
  }
}

async function textOf(path: string): Promise<string | undefined> {
  return (await readFile(path, 'utf8').catch(absent))?.trim()
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined
  throw error
}
