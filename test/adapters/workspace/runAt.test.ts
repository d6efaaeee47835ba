/** Commands as evidence, in the real sandbox: clean checkouts, dependencies, reports, and what a commit may not fake. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { createBubblewrapSandbox } from '../../../src/adapters/workspace/sandbox.ts'
import { createWorkspaceAdapters } from '../../../src/adapters/workspace/worktree.ts'
import { CommandBody, type CommandSpec } from '../../../src/core/evidence.ts'
import { describeWith } from '../../support/require.ts'
import {
  cleanUp,
  commitFiles,
  git,
  newClone,
  quiet,
  repository,
  type Server,
  scratch,
  serve,
} from './support.ts'

const never = new AbortController().signal
const spec = (run: string, reports: CommandSpec['reports'] = []): CommandSpec => ({
  run,
  timeoutSeconds: 30,
  memoryMb: 512,
  reports,
})

describeWith('bwrap', 'runAt', () => {
  let server: Server
  let clone: string
  let base: string
  let root: string
  let adapters: ReturnType<typeof createWorkspaceAdapters>

  beforeAll(async () => {
    const made = newClone({
      'package.json': '{"name":"shop"}',
      'package-lock.json': '{}',
      'src/a.js': 'export const a = 1\n',
      'report.xml': '<testsuite><testcase name="faked"/></testsuite>',
      'tool.js': 'console.log("tool")\n',
    })
    clone = made.directory
    base = made.sha
    server = await serve(clone)
    root = scratch('run-at')
    adapters = createWorkspaceAdapters({
      root,
      credentials: server.credentials,
      sandbox: createBubblewrapSandbox({ log: quiet }),
      log: quiet,
    })
  })
  afterAll(async () => {
    adapters.close()
    await server.close()
    cleanUp()
  })

  async function run(sha: string, command: CommandSpec, setup: CommandSpec | null = null, signal = never) {
    return adapters.workspace.runAt(
      repository,
      { kind: 'command', sha, name: 'test', spec: command, setup },
      signal,
    )
  }
  async function body(sha: string, command: CommandSpec, setup: CommandSpec | null = null) {
    const result = await run(sha, command, setup)
    if (!result.ok) throw new Error(result.reason)
    return CommandBody.parse(result.body)
  }
  function publish(files: Record<string, string>): string {
    const sha = commitFiles(clone, files)
    git(clone, 'push', '--quiet', '--force', server.bare, `${sha}:refs/heads/work`)
    return sha
  }

  test('a command runs on the files of the commit, its reports are read, and nothing is left', async () => {
    const command = spec(
      `node -p "require('fs').readdirSync('.').join()"; echo '<testsuite><testcase name="real"/></testsuite>' > report.xml; printf 'SF:%s/src/a.js\\nDA:1,1\\nend_of_record\\n' "$PWD" > lcov.info; exit 3`,
      [
        { format: 'junit', path: 'report.xml' },
        { format: 'lcov', path: 'lcov.info' },
      ],
    )
    expect(await body(base, command)).toMatchObject({
      exitCode: 3,
      stoppedBy: null,
      outputTail: 'package-lock.json,package.json,src,tool.js\n',
      tests: [{ name: 'real', status: 'passed' }],
      coverage: { linesFound: 1, linesHit: 1, files: { 'src/a.js': { hit: [1], missed: [] } } },
    })
    expect(readdirSync(join(root, 'checkouts'))).toEqual([])
    expect(readdirSync(join(root, 'tmp'))).toEqual([])
  })

  test('T16: a report that was committed, and not written by the command, is missing', async () => {
    expect(await body(base, spec('true', [{ format: 'junit', path: 'report.xml' }]))).toMatchObject({
      exitCode: 0,
      tests: { problem: expect.stringContaining('missing') },
    })
  })

  test('setup runs once for the same lockfiles, on these alone, and its result is copied into each checkout', async () => {
    const setup = spec(
      'mkdir -p node_modules/x && echo "$(ls | tr "\\n" " ") $$ $(date +%s%N)" > node_modules/x/made',
    )
    const first = await body(base, spec('cat node_modules/x/made; echo changed > node_modules/x/made'), setup)
    expect(first.outputTail).toMatch(/^node_modules package-lock.json package.json +\d/)
    const other = publish({ 'src/b.js': 'b' })
    expect((await body(other, spec('cat node_modules/x/made'), setup)).outputTail).toBe(first.outputTail)
    const upgraded = publish({ 'package-lock.json': '{"v":2}' })
    expect((await body(upgraded, spec('cat node_modules/x/made'), setup)).outputTail).not.toBe(
      first.outputTail,
    )
  })

  test('T14: code of one commit cannot slip into the dependencies that another commit gets', async () => {
    const setup = spec('node tool.js > made.txt')
    const honest = await body(base, spec('cat made.txt'), setup)
    const evil = publish({ 'tool.js': 'console.log("evil")\n' })
    expect((await body(evil, spec('cat made.txt'), setup)).outputTail).toBe('evil\n')
    expect((await body(base, spec('cat made.txt'), setup)).outputTail).toBe(honest.outputTail)
    expect(honest.outputTail).toBe('tool\n')
  })

  test('T26: a setup that replaces folders with links removes and writes nothing outside', async () => {
    const outside = scratch('outside')
    commitFiles(clone, { 'deep/package.json': '{}', 'out/x': 'x' })
    const sha = publish({ 'deep/package.json': '{"a":1}' })
    const { writeFileSync } = await import('node:fs')
    for (const name of ['package.json', 'report.xml']) writeFileSync(join(outside, name), 'precious')
    const setup = spec(`rm -rf deep && ln -s ${outside} deep && ln -s ${outside} reports`)
    await run(sha, spec('true', [{ format: 'junit', path: 'reports/report.xml' }]), setup)
    expect(readdirSync(outside).sort()).toEqual(['package.json', 'report.xml'])
  })

  test('T28: a failing setup is failed evidence with its output, as code on one line, and what to change', async () => {
    const printed = 'no registry; echo "@acme ![x](//evil)"; echo; echo "/merge \\`now"'
    const result = await run(base, spec('true'), spec(`echo ${printed}; exit 9`))
    expect(result).toEqual({
      ok: false,
      reason: expect.stringMatching(
        /ended with 9.*commands\.setup.* ends with: `no registry @acme !\[x\]\(\/\/evil\) \/merge \ufffdnow`$/,
      ),
    })
  })

  test('an unknown commit, a refusing sandbox, and a cancelled run', async () => {
    expect(await run('1'.repeat(40), spec('true'))).toEqual({
      ok: false,
      reason: expect.stringContaining('does not exist'),
    })
    const cancel = new AbortController()
    setTimeout(() => cancel.abort(), 300)
    expect(await run(base, spec('sleep 20'), null, cancel.signal)).toMatchObject({
      ok: true,
      body: { stoppedBy: 'stop' },
    })
    const refusing = createWorkspaceAdapters({
      root: scratch('refusing'),
      credentials: server.credentials,
      sandbox: createBubblewrapSandbox({ log: quiet, bwrap: '/nonexistent' }),
      log: quiet,
    })
    const result = await refusing.workspace.runAt(
      repository,
      { kind: 'command', sha: base, name: 'test', spec: spec('true'), setup: null },
      never,
    )
    refusing.close()
    expect(result).toEqual({ ok: false, reason: expect.stringContaining('install it') })
  })

  test("T25: a session's command runs in its worktree, which the host can still commit", async () => {
    const worktree = await adapters.workspace.open(repository, 'task-1', base)
    const result = await adapters.workspace.runIn(
      worktree,
      spec('echo made > made.txt; git status; cat .git; ls ../..'),
      never,
    )
    expect(result.outputTail).toContain('gitdir: ')
    expect(result.outputTail).not.toContain('mirrors\n')
    const { sha } = await worktree.commit(
      { parent: base, message: 'm', author: { name: 'a', email: 'a@b' }, timeSeconds: 1 },
      () => true,
    )
    expect(await adapters.git.read(repository, sha as string, 'made.txt')).toBe('made\n')
    await worktree.reset(base)
    expect(existsSync(join(worktree.directory, 'made.txt'))).toBe(false)
  })

  test("a session's command finds the dependencies of setup, which never become part of its commit", async () => {
    const sha = publish({ '.gitignore': 'node_modules/\n' })
    const worktree = await adapters.workspace.open(repository, 'task-2', sha)
    const setup = spec('mkdir -p node_modules/x && echo dep > node_modules/x/a && echo litter > litter.txt')
    await adapters.workspace.runIn(worktree, spec('echo mine > mine.txt'), never)
    const result = await adapters.workspace.runIn(worktree, spec('cat node_modules/x/a; ls'), never, setup)
    expect(result.outputTail).toMatch(/^dep\n/)
    expect(result.outputTail).not.toContain('litter')
    const seen: string[] = []
    const author = { name: 'a', email: 'a@b' }
    await worktree.commit(
      { parent: sha, message: 'm', author, timeSeconds: 1 },
      (path) => seen.push(path) > 0,
    )
    expect(seen).toEqual(['mine.txt'])
    const failed = await adapters.workspace.runIn(
      await adapters.workspace.open(repository, 'task-3', sha),
      spec('true'),
      never,
      spec('exit 4'),
    )
    expect(failed).toMatchObject({ exitCode: 1, outputTail: expect.stringContaining('ended with 4') })
  })
})
