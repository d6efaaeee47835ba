/** Where the demo runs its sample's commands: in bubblewrap when this machine can, otherwise unsandboxed, saying so. */
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { silentLog } from '../src/adapters/log.ts'
import { createBubblewrapSandbox } from '../src/adapters/workspace/sandbox.ts'
import type { Sandbox } from '../src/core/ports.ts'
import { createUnsandboxedRunner } from './unsandboxed.ts'

const modules = join(import.meta.dirname, '..', 'node_modules')

/**
 * Folders that the sample's commands need on PATH: this Node, tsc, and an npm that runs on this Node wherever npm itself
 * is installed. `remove` takes the folder away that was made for npm.
 */
async function sampleTools(): Promise<{ tools: string[]; readOnly: string[]; remove(): Promise<void> }> {
  const npm = await npmProgram()
  const folder = await mkdtemp(join(tmpdir(), 'countersign-npm-'))
  await writeFile(join(folder, 'npm'), `#!/bin/sh\nexec node ${JSON.stringify(npm)} "$@"\n`, { mode: 0o755 })
  await chmod(folder, 0o755)
  return {
    tools: [dirname(await realpath(process.execPath)), folder, join(modules, '.bin')],
    readOnly: [modules, dirname(dirname(npm))],
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}

/** npm's `npm-cli.js`: told by npm when it started us, found on PATH otherwise. */
async function npmProgram(): Promise<string> {
  const told = process.env['npm_execpath']
  if (told && existsSync(told)) return realpath(told)
  return realpath(execFileSync('/bin/sh', ['-c', 'command -v npm'], { encoding: 'utf8' }).trim())
}

/**
 * Choose the sandbox by trying it.
 *
 * @param place an existing folder below which the worktrees will be: the sandbox's account must reach it.
 * @param bwrap path of the bubblewrap program, when it is not the system's.
 * @returns the sandbox, the one line to print when it is none, and what takes away what was made for it.
 */
export async function chooseSandbox(
  place: string = tmpdir(),
  bwrap?: string,
): Promise<{
  sandbox: Sandbox
  notice: string | null
  remove(): Promise<void>
}> {
  const { tools, readOnly, remove } = await sampleTools()
  const bubblewrap = createBubblewrapSandbox({ tools, readOnly, log: silentLog, ...(bwrap ? { bwrap } : {}) })
  const tested = await bubblewrap.selfTest()
  const reason = tested.ok ? await cannotRunTools(bubblewrap, place) : tested.reason
  if (reason === null) return { sandbox: bubblewrap, notice: null, remove }
  return {
    sandbox: createUnsandboxedRunner(tools),
    remove,
    notice: `No sandbox here (${reason.replace(/\.$/, '')}): the demo runs its own sample repository unsandboxed. The App itself would refuse.`,
  }
}

/** A home folder that only root may enter, say, hides the tools from the sandbox's account. */
async function cannotRunTools(sandbox: Sandbox, place: string): Promise<string | null> {
  const directory = await mkdtemp(join(place, 'countersign-tools-'))
  await chmod(directory, 0o777)
  try {
    const result = await sandbox.run(
      {
        directory,
        run: 'node --version && npm --version && tsc --version',
        timeoutMs: 20_000,
        memoryMb: 1024,
        outputBytes: 10_000,
        readOnly: [],
      },
      AbortSignal.timeout(30_000),
    )
    return result.exitCode === 0
      ? null
      : `its account cannot run node, npm and tsc: ${result.outputTail.trim().slice(0, 200)}`
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}
