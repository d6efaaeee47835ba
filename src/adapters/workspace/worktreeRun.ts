/** Policy commands in the sandbox: on a throw-away checkout for evidence, or in a ticket's worktree for a session. */
import { mkdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { Terminal } from '../../core/errors.ts'
import type { CommandBody, CommandSpec, EvidenceRequest, EvidenceResult } from '../../core/evidence.ts'
import type { RepositoryName } from '../../core/ids.ts'
import type { Log, Sandbox } from '../../core/ports.ts'
import { textOf } from './bytes.ts'
import type { Mirrors } from './gitMirrors.ts'
import { readReports } from './reports/index.ts'
import { fillFolder, listTree, removeFolder } from './worktreeCheckout.ts'
import { removeIn } from './worktreePaths.ts'
import { createDependencies } from './worktreeSetup.ts'

/** Cap on what a command may print, bytes. */
const outputBytes = 10 * 1024 * 1024

interface RunnerOptions {
  mirrors: Mirrors
  sandbox: Sandbox
  log: Log
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
      return { ok: true, body: { ...result, ...(await readReports(directory, tracked, reports)) } }
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

  return { runAt, runIn }
}
