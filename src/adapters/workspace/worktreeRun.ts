/** Policy commands in the sandbox: on a throw-away checkout for evidence, or in a ticket's worktree for a session. */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { Terminal } from '../../core/errors.ts'
import type { CommandBody, CommandSpec, EvidenceRequest, EvidenceResult } from '../../core/evidence.ts'
import type { RepositoryName, Sha } from '../../core/ids.ts'
import type { Log, Sandbox } from '../../core/ports.ts'
import { fieldsOf, textOf } from './bytes.ts'
import type { Mirrors } from './gitMirrors.ts'
import { runGit } from './gitProcess.ts'
import { readReports } from './reports/index.ts'
import { belowFolder, createPathResolver, readReport } from './reports/read.ts'
import { fillFolder, listTree, removeFolder } from './worktreeCheckout.ts'
import { isMissing, removeIn } from './worktreePaths.ts'
import { createDependencies } from './worktreeSetup.ts'

/** Cap on what a command may print, bytes. */
const outputBytes = 10 * 1024 * 1024

interface RunnerOptions {
  mirrors: Mirrors
  sandbox: Sandbox
  log: Log
}

/** A worktree whose commands need dependencies; `marker` remembers which ones it has. */
export interface PreparedSession {
  repository: RepositoryName
  mirror: string
  folder: string
  sha: Sha
  setup: CommandSpec
  marker: string
}

export function createRunner({ mirrors, sandbox, log }: RunnerOptions) {
  const runSpec = (directory: string, spec: CommandSpec, signal: AbortSignal) =>
    sandbox.run(
      {
        directory,
        run: spec.run,
        timeoutMs: spec.timeoutSeconds * 1000,
        memoryMb: spec.memoryMb,
        outputBytes,
        readOnly: [],
      },
      signal,
    )
  const dependencies = createDependencies({ root: mirrors.root, run: runSpec, log })

  async function runIn(directory: string, spec: CommandSpec, signal: AbortSignal): Promise<CommandBody> {
    return runSpec(directory, spec, signal)
  }

  /**
   * Evidence of one command at one commit. Reports are removed before the command runs, so that only what it wrote
   * itself counts (T16). The folder is removed whatever happens.
   */
  async function runAt(
    repository: RepositoryName,
    request: Extract<EvidenceRequest, { kind: 'command' }>,
    signal: AbortSignal,
    directory: string,
  ): Promise<EvidenceResult<'command'>> {
    const index = join(mirrors.root, 'tmp', `${basename(directory)}.index`)
    try {
      await mirrors.ensure(repository, [request.sha])
      const mirror = await mirrors.open(repository)
      const tree = await listTree(mirror, request.sha)
      const tracked = new Set(tree.map((entry) => textOf(entry.path).text))
      await mkdir(directory, { mode: 0o755 })
      await fillFolder(mirror, directory, request.sha, index)
      if (request.setup) {
        const prepared = await dependencies.apply({
          repository,
          mirror,
          sha: request.sha,
          tree,
          setup: request.setup,
          directory,
          signal,
        })
        if (!prepared.ok) return prepared
      }
      const { reports } = request.spec
      await removeIn(
        directory,
        reports.map((report) => Buffer.from(report.path)),
      )
      const result = await runSpec(directory, request.spec, signal)
      const source = {
        read: (path: string) => readReport(directory, path),
        resolve: createPathResolver(tracked, belowFolder(directory)),
      }
      return { ok: true, body: { ...result, ...(await readReports(source, reports)) } }
    } catch (error) {
      // What stays refused is the answer; everything else is tried again by the queue.
      if (!(error instanceof Terminal)) throw error
      log.warn({ repository, command: request.name, reason: error.message }, 'command refused')
      return { ok: false, reason: error.forUser }
    } finally {
      await removeFolder(directory)
      await removeFolder(index)
    }
  }

  /**
   * A session's command with its dependencies. What setup makes and `.gitignore` does not name is taken away again:
   * it would otherwise look like the session's own work.
   */
  async function runPrepared(
    session: PreparedSession,
    spec: CommandSpec,
    signal: AbortSignal,
  ): Promise<CommandBody> {
    const { mirror, folder, marker, sha, setup } = session
    const present = await readFile(marker, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (isMissing(error)) return null
      throw error
    })
    if (present !== setup.run) {
      const index = join(mirrors.root, 'tmp', `${basename(folder)}.setup`)
      await runGit({ directory: mirror, indexFile: index, args: ['read-tree', sha] })
      const before = new Set((await untracked(mirror, folder, index)).map((path) => path.toString('latin1')))
      const tree = await listTree(mirror, sha)
      const prepared = await dependencies.apply({ ...session, tree, directory: folder, signal })
      if (!prepared.ok)
        return { exitCode: 1, stoppedBy: null, outputTail: prepared.reason.slice(0, 20_000), durationMs: 0 }
      const made = (await untracked(mirror, folder, index)).filter(
        (path) => !before.has(path.toString('latin1')),
      )
      await removeIn(folder, made)
      await removeFolder(index)
      await writeFile(marker, setup.run)
    }
    return runIn(folder, spec, signal)
  }

  return { runAt, runIn, runPrepared }
}

async function untracked(mirror: string, folder: string, index: string): Promise<Buffer[]> {
  const args = ['ls-files', '--others', '--exclude-standard', '-z']
  return fieldsOf(
    (await runGit({ directory: mirror, workTree: folder, indexFile: index, args, timeoutMs: 60_000 })).stdout,
  )
}
