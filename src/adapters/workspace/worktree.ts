/** The Workspace port: a locked worktree a ticket, throw-away checkouts for evidence, commands in the sandbox. */
import { createHash, randomUUID } from 'node:crypto'
import { lstat, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { Bug } from '../../core/errors.ts'
import type { RepositoryName, Sha } from '../../core/ids.ts'
import type { Log, Sandbox, Workspace, Worktree } from '../../core/ports.ts'
import { readArtifactReports } from './artifactReports.ts'
import { gitOver } from './git.ts'
import { createMirrors, type MirrorOptions, type Mirrors } from './gitMirrors.ts'
import { gitText, runGit } from './gitProcess.ts'
import { lockRoot } from './rootLock.ts'
import { emptyFolder, fillFolder, removeFolder } from './worktreeCheckout.ts'
import { commitFolder } from './worktreeCommit.ts'
import { adminFolders, listTickets, refuseFullDisk, ticketIn, ticketMarker } from './worktreeKept.ts'
import { isMissing } from './worktreePaths.ts'
import { createRunner } from './worktreeRun.ts'

export interface WorkspaceOptions {
  mirrors: Mirrors
  /** No new worktree is made while the disk has less free than this. */
  minimumFreeBytes?: number | undefined
  sandbox: Sandbox
  log: Log
}

/** Where one ticket's things are. `admin` is git's own folder for the worktree, inside the mirror. */
interface Place {
  name: string
  mirror: string
  folder: string
  admin: string
  refs: string
}

/** In git's folder of a worktree: which setup's result its files hold, and whose worktree it is. */
const setupMarker = 'countersign-setup'

/** Git and Workspace on one folder, which is locked for this process; call `close` at the end and `maintain` nightly. */
export function createWorkspaceAdapters(
  options: MirrorOptions & Pick<WorkspaceOptions, 'sandbox' | 'minimumFreeBytes'>,
) {
  const mirrors = createMirrors(options)
  const unlock = lockRoot(mirrors.root)
  const { sandbox, minimumFreeBytes, log } = options
  const workspace = createWorkspace({ mirrors, sandbox, minimumFreeBytes, log })
  return { git: gitOver(mirrors), workspace, maintain: mirrors.maintain, close: unlock }
}

/** The Workspace port. Throw-away folders that a crash left are removed before the first use. */
export function createWorkspace({ mirrors, sandbox, minimumFreeBytes, log }: WorkspaceOptions): Workspace {
  const { root } = mirrors
  /** Worktrees that this process has opened, by folder. */
  const open = new Map<string, Place & { repository: RepositoryName }>()
  const ready = prepare()
  // The rejection reaches whoever uses the workspace first.
  ready.catch((error: Error) => log.error({ error: error.message }, 'workspace folder cannot be prepared'))
  const runner = createRunner({ mirrors, sandbox, log })

  async function prepare(): Promise<void> {
    for (const name of ['checkouts', 'tmp']) await removeFolder(join(root, name))
    for (const name of ['checkouts', 'tmp', 'tickets', 'dependencies']) {
      await mkdir(join(root, name), { recursive: true, mode: 0o755 })
    }
    // What has no record, or no folder of git's, is the rest of what a crash cut short.
    const known = new Set<string>()
    for (const admin of await adminFolders(root))
      if (await ticketIn(admin)) known.add(basename(admin))
      else await removeFolder(admin)
    for (const name of await readdir(join(root, 'tickets')))
      if (!known.has(name)) await removeFolder(join(root, 'tickets', name))
  }

  async function placeOf(repository: RepositoryName, ticket: string): Promise<Place> {
    const mirror = await mirrors.open(repository)
    const digest = createHash('sha256')
      .update(`${repository.toLowerCase()}\0${ticket}`)
      .digest('hex')
      .slice(0, 16)
    const name = `${ticket
      .replace(/[^A-Za-z0-9]+/g, '-')
      .slice(-30)
      .replace(/^-/, '')}-${digest}`
    return {
      name,
      mirror,
      folder: join(root, 'tickets', name),
      admin: join(mirror, 'worktrees', name),
      refs: `refs/countersign/tickets/${name}`,
    }
  }

  async function create(repository: RepositoryName, place: Place, ticket: string, sha: Sha): Promise<void> {
    await refuseFullDisk(root, minimumFreeBytes ?? 0)
    await mirrors.locked(repository, async () => {
      await discard(place)
      const args = ['worktree', 'add', '--no-checkout', '--lock', '--detach', '--quiet', place.folder, sha]
      await runGit({ directory: place.mirror, args })
      await writeFile(join(place.admin, ticketMarker), JSON.stringify({ repository, ticket }))
    })
    await put(place, sha)
  }

  async function discard(place: Place): Promise<void> {
    await removeFolder(place.folder)
    await removeFolder(place.admin)
  }

  /** HEAD moves last: a folder whose HEAD is `sha` is a complete checkout of it, with what a session did since. */
  async function put(place: Place, sha: Sha): Promise<void> {
    await writeFile(join(place.admin, 'HEAD'), `${'0'.repeat(sha.length)}\n`)
    await rm(join(place.admin, setupMarker), { force: true })
    await emptyFolder(place.folder)
    await fillFolder(place.mirror, place.folder, sha, join(place.admin, 'countersign-index'))
    await runGit({ directory: place.mirror, args: ['update-ref', `${place.refs}/${sha}`, sha] })
    await writeFile(join(place.admin, 'HEAD'), `${sha}\n`)
  }

  function worktreeAt(repository: RepositoryName, place: Place, sha: Sha): Worktree {
    const worktree: Worktree = {
      directory: place.folder,
      head: sha,
      async commit(input, allowed) {
        const index = join(place.admin, 'countersign-index')
        const result = await commitFolder(place.mirror, place.folder, index, input, allowed)
        if (result.sha) {
          await runGit({
            directory: place.mirror,
            args: ['update-ref', `${place.refs}/${result.sha}`, result.sha],
          })
          await writeFile(join(place.admin, 'HEAD'), `${result.sha}\n`)
          worktree.head = result.sha
        }
        return result
      },
      async reset(to) {
        await mirrors.ensure(repository, [to])
        await put(place, to)
        worktree.head = to
      },
    }
    return worktree
  }

  return {
    async open(repository, ticket, sha) {
      await ready
      await mirrors.ensure(repository, [sha])
      const place = await placeOf(repository, ticket)
      if (!(await isIntact(place))) await create(repository, place, ticket, sha)
      else if ((await readFile(join(place.admin, 'HEAD'), 'utf8')).trim() !== sha) await put(place, sha)
      open.set(place.folder, { ...place, repository })
      return worktreeAt(repository, place, sha)
    },
    async tickets() {
      await ready
      return listTickets(root)
    },
    async close(repository, ticket) {
      await ready
      const place = await placeOf(repository, ticket)
      open.delete(place.folder)
      await mirrors.locked(repository, async () => {
        await discard(place)
        const refs = await gitText({
          directory: place.mirror,
          args: ['for-each-ref', '--format=delete %(refname)', place.refs],
        })
        if (refs === '') return
        await runGit({ directory: place.mirror, args: ['update-ref', '--stdin'], input: `${refs}\n` })
      })
    },
    async runAt(repository, request, signal) {
      await ready
      return runner.runAt(repository, request, signal, join(root, 'checkouts', randomUUID()))
    },
    readArtifact: (repository, request, zip) => readArtifactReports(mirrors, repository, request, zip),
    async runIn(worktree, spec, signal, setup) {
      const place = open.get(worktree.directory)
      if (!place) throw new Bug(`not an open worktree of ours: ${worktree.directory}`)
      if (!setup) return runner.runIn(worktree.directory, spec, signal)
      const session = { ...place, sha: worktree.head, setup, marker: join(place.admin, setupMarker) }
      return runner.runPrepared(session, spec, signal)
    },
  }
}

/** True when the folder, git's record of it and the pointer between them are what `worktree add` made. */
async function isIntact(place: Place): Promise<boolean> {
  const pointer = join(place.folder, '.git')
  try {
    const [folder, file] = [await lstat(place.folder), await lstat(pointer)]
    if (!folder.isDirectory() || !file.isFile()) return false
    const text = await readFile(pointer, 'utf8')
    return text.trim() === `gitdir: ${place.admin}` && (await lstat(join(place.admin, 'HEAD'))).isFile()
  } catch (error) {
    if (isMissing(error as NodeJS.ErrnoException)) return false
    throw error
  }
}
