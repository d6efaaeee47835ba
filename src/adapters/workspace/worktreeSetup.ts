/** Dependencies: what `setup` makes of a commit's lockfiles, made once and copied into each checkout. */
import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { access, mkdir, readdir, rename, stat, utimes, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { Mutex } from 'async-mutex'
import { digestOf } from '../../core/digest.ts'
import type { CommandSpec } from '../../core/evidence.ts'
import type { RepositoryName, Sha } from '../../core/ids.ts'
import type { Log, SandboxResult } from '../../core/ports.ts'
import { code } from '../../core/sentences.ts'
import { fillFolder, removeFolder, type TreeEntry } from './worktreeCheckout.ts'
import { removeIn } from './worktreePaths.ts'

const execute = promisify(execFile)
/** Prepared trees kept on disk; the one used longest ago goes first. */
const maximumKept = 10

/** Files that alone decide what an installation yields. */
const manifests =
  /(?:^|\/)(?:package\.json|package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|pnpm-workspace\.yaml|bun\.lockb?|\.npmrc|\.yarnrc(?:\.yml)?|\.nvmrc|Cargo\.(?:toml|lock)|go\.(?:mod|sum|work)|pyproject\.toml|poetry\.lock|uv\.lock|Pipfile(?:\.lock)?|requirements[^/]*\.txt|Gemfile(?:\.lock)?|composer\.(?:json|lock))$/

export interface SetupRequest {
  repository: RepositoryName
  mirror: string
  sha: Sha
  tree: readonly TreeEntry[]
  setup: CommandSpec
  /** The checkout that gets the result. */
  directory: string
  signal: AbortSignal
}

interface DependencyOptions {
  root: string
  run(directory: string, spec: CommandSpec, signal: AbortSignal): Promise<SandboxResult>
  log: Log
}

/**
 * `setup` first runs on the lockfiles and manifests alone: then its result depends on nothing else, may serve every
 * commit that has the same ones, and code of one commit cannot slip into the tools that judge another. A setup that
 * needs more of the repository runs on the whole tree, and its result serves that tree only.
 */
export function createDependencies({ root, run, log }: DependencyOptions) {
  const store = join(root, 'dependencies')
  const mutexes = new Map<string, Mutex>()
  /** Copies and removals exclude each other. */
  const copying = new Mutex()

  async function apply(request: SetupRequest): Promise<{ ok: true } | { ok: false; reason: string }> {
    const listed = request.tree.filter((entry) => manifests.test(entry.path.toString('latin1')))
    const key = (entries: readonly TreeEntry[]) =>
      digestOf({
        repository: request.repository.toLowerCase(),
        run: request.setup.run,
        entries: entries.map((entry) => [entry.path.toString('latin1'), entry.mode, entry.blob]),
      })
    if (listed.length > 0) {
      const shared = await prepare(request, key(listed), listed)
      if (shared.ok) return copy(shared.folder, request.directory)
    }
    const whole = await prepare(request, key(request.tree), request.tree)
    if (whole.ok) return copy(whole.folder, request.directory)
    return { ok: false, reason: whole.reason }
  }

  async function prepare(request: SetupRequest, key: string, entries: readonly TreeEntry[]) {
    const folder = join(store, key)
    const mutex = mutexes.get(key) ?? new Mutex()
    mutexes.set(key, mutex)
    return mutex.runExclusive(
      async (): Promise<{ ok: true; folder: string } | { ok: false; reason: string }> => {
        if (await exists(join(folder, 'done'))) return { ok: true, folder }
        // A partial setup that failed is remembered; a whole one is tried again, since its answer is shown to people.
        if (entries !== request.tree && (await exists(join(folder, 'failed'))))
          return { ok: false, reason: '' }
        const work = join(root, 'checkouts', randomUUID())
        const index = join(root, 'tmp', `${basename(work)}.index`)
        try {
          await mkdir(work, { mode: 0o755 })
          await fillFolder(
            request.mirror,
            work,
            request.sha,
            index,
            entries.map((entry) => entry.path),
          )
          const result = await run(work, request.setup, request.signal)
          request.signal.throwIfAborted()
          await removeFolder(folder)
          await mkdir(folder)
          if (result.exitCode !== 0) {
            await writeFile(join(folder, 'failed'), '')
            return { ok: false, reason: describe(request.setup, result) }
          }
          await removeIn(
            work,
            entries.map((entry) => entry.path),
          )
          await rename(work, join(folder, 'tree'))
          await writeFile(join(folder, 'done'), '')
          await evict()
          return { ok: true, folder }
        } finally {
          await removeFolder(work)
          await removeFolder(index)
        }
      },
    )
  }

  /** Hard links would let one run change another's tools where the worker is not root: so files are copied. */
  async function copy(
    folder: string,
    directory: string,
  ): Promise<{ ok: true } | { ok: false; reason: string }> {
    return copying.runExclusive(async () => {
      const args = ['-a', '--no-clobber', '--reflink=auto', '--', `${join(folder, 'tree')}/.`, directory]
      try {
        await execute('cp', args, { env: { PATH: '/usr/bin:/bin' } })
      } catch (error) {
        // A committed link or file stands where setup made a folder: it is refused, never written through.
        return {
          ok: false,
          reason: `The results of setup do not fit into this commit: ${code((error as Error).message.replace(/\s+/g, ' '), 500)}`,
        }
      }
      const now = new Date()
      await utimes(join(folder, 'done'), now, now)
      return { ok: true }
    })
  }

  async function evict(): Promise<void> {
    await copying.runExclusive(async () => {
      const ages: { folder: string; usedMs: number }[] = []
      for (const name of await readdir(store)) {
        const done = join(store, name, 'done')
        if (await exists(done)) ages.push({ folder: join(store, name), usedMs: (await stat(done)).mtimeMs })
      }
      ages.sort((a, b) => b.usedMs - a.usedMs)
      for (const { folder } of ages.slice(maximumKept)) {
        log.info({ folder }, 'prepared dependencies removed')
        await removeFolder(folder)
      }
    })
  }

  return { apply }
}

function describe(setup: CommandSpec, result: SandboxResult): string {
  const how =
    result.stoppedBy === null ? `ended with ${result.exitCode}` : `was ended by its ${result.stoppedBy} limit`
  // The reason is shown to people as Markdown, and what is printed here was chosen by the change (T28).
  const tail = result.outputTail.replace(/\s+/g, ' ').trim().slice(-1500)
  return `The setup command \`${setup.run.slice(0, 200)}\` ${how}, so no command could run. Change \`commands.setup\` in .github/countersign.yml, or what it installs.${tail === '' ? '' : ` Its output ends with: ${code(tail, 1500)}`}`
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
