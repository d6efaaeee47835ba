/** Worktrees against real git and a real remote: hostile folders, plumbing commits, fifty tickets at once (T26, T31). */
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { createWorkspaceAdapters } from '../../../src/adapters/workspace/worktree.ts'
import type { Sandbox, Worktree } from '../../../src/core/ports.ts'
import { cleanUp, git, newClone, quiet, repository, type Server, scratch, serve } from './support.ts'

const author = { name: 'agent[bot]', email: '2+agent[bot]@users.noreply.github.com' }
const everything = () => true
/** Worktrees run nothing by themselves: this sandbox says so when it is asked. */
const noSandbox: Sandbox = {
  selfTest: async () => ({ ok: false, reason: 'none' }),
  run: async () => {
    throw new Error('nothing may run here')
  },
}

let server: Server
let clone: string
let base: string
let root: string
let adapters: ReturnType<typeof createWorkspaceAdapters>
let worktree: Worktree
let marker: string
let count = 0

beforeAll(async () => {
  const module = newClone({ 'inner.txt': 'inner\n' })
  const made = newClone({
    'src/a.ts': 'one\ntwo\n',
    'crlf.txt': 'a\r\nb\r\n',
    'run.sh': '#!/bin/sh\n',
    'docs/Guide.md': 'guide\n',
    '.gitignore': 'node_modules/\ncoverage/\n*.log\n',
    // Filters, conversions and drivers that would change bytes or run programs.
    '.gitattributes':
      '* text=auto eol=crlf filter=evil ident diff=evil merge=evil working-tree-encoding=UTF-16\n',
    'ident.txt': '$Id$\n',
    'bare.git/HEAD': 'ref: refs/heads/main\n',
    'bare.git/config': '[core]\n\tbare = true\n\tfsmonitor = "touch MARKER"\n',
    'bare.git/objects/keep': '',
    'bare.git/refs/keep': '',
  })
  clone = made.directory
  symlinkSync('src/a.ts', join(clone, 'link'))
  symlinkSync('/etc/hostname', join(clone, 'host'))
  git(clone, 'update-index', '--add', '--cacheinfo', `160000,${module.sha},module`)
  git(clone, 'add', 'link', 'host')
  git(clone, 'commit', '--quiet', '-m', 'link and module')
  base = git(clone, 'rev-parse', 'HEAD')
  server = await serve(clone)
  root = scratch('workspace')
  marker = join(root, 'executed')
  adapters = createWorkspaceAdapters({
    root,
    credentials: server.credentials,
    sandbox: noSandbox,
    log: quiet,
  })
})
afterAll(async () => {
  adapters.close()
  await server.close()
  cleanUp()
})
beforeEach(async () => {
  count += 1
  worktree = await adapters.workspace.open(repository, `task-${count}`, base)
})

const input = (parent = base) => ({ parent, message: 'work\n', author, timeSeconds: 1_700_000_000 })
const write = (path: string, content: string | Buffer) => {
  mkdirSync(join(worktree.directory, path, '..'), { recursive: true })
  writeFileSync(join(worktree.directory, path), content)
}
const mirror = () => join(root, 'mirrors', 'octo', 'shop.git')
const filesOf = (sha: string) =>
  git(mirror(), 'diff-tree', '-r', '--no-renames', '--name-status', '--no-commit-id', base, sha)
    .split('\n')
    .sort()
/** Commit and expect this refusal, with nothing written. */
async function refuses(path: string, reason: string) {
  const result = await worktree.commit(input(), everything)
  expect(result).toMatchObject({ sha: null, refused: [path] })
  expect(result.reasons?.[path]).toContain(reason)
}

describe('checkout', () => {
  test('T26: files are the bytes of the commit, whatever .gitattributes says, and no driver runs', async () => {
    for (const path of ['src/a.ts', 'crlf.txt', 'ident.txt', 'run.sh']) {
      const stored = execFileSync('git', ['-C', mirror(), 'cat-file', 'blob', `${base}:${path}`])
      expect(readFileSync(join(worktree.directory, path))).toEqual(stored)
    }
    expect(readdirSync(join(worktree.directory, 'module'))).toEqual([])
    expect(await worktree.commit(input(), everything)).toEqual({ sha: null, refused: [], reasons: {} })
  })

  test('S7: the same ticket gets the same folder with its work after a crash; another commit resets it', async () => {
    write('half.txt', 'half')
    const again = await adapters.workspace.open(repository, `task-${count}`, base)
    expect(again.directory).toBe(worktree.directory)
    expect(existsSync(join(again.directory, 'half.txt'))).toBe(true)
    const { sha } = await again.commit(input(), everything)
    await adapters.workspace.open(repository, `task-${count}`, base)
    expect(existsSync(join(again.directory, 'half.txt'))).toBe(false)
    await adapters.workspace.open(repository, `task-${count}`, sha as string)
    expect(existsSync(join(again.directory, 'half.txt'))).toBe(true)
  })

  test.each([
    ['a file', (path: string) => writeFileSync(path, 'gitdir: /tmp/evil\n')],
    ['a folder', (path: string) => mkdirSync(path)],
    ['a link', (path: string) => symlinkSync('/tmp', path)],
    ['nothing', () => undefined],
  ])('T26: a .git replaced by %s makes a fresh worktree', async (_what, replace) => {
    rmSync(join(worktree.directory, '.git'))
    replace(join(worktree.directory, '.git'))
    write('left.txt', 'left')
    const again = await adapters.workspace.open(repository, `task-${count}`, base)
    expect(readFileSync(join(again.directory, '.git'), 'utf8')).toContain('/mirrors/octo/shop.git/worktrees/')
    expect(existsSync(join(again.directory, 'left.txt'))).toBe(false)
  })

  test('reset removes everything that is not of the commit: ignored, nested, odd and closed', async () => {
    write('node_modules/x/index.js', 'x')
    write('new\nline "q".txt', 'x')
    write('closed/inside/file', 'x')
    chmodSync(join(worktree.directory, 'closed'), 0o000)
    rmSync(join(worktree.directory, 'src'), { recursive: true })
    symlinkSync('/etc', join(worktree.directory, 'src'))
    await worktree.reset(base)
    expect(readdirSync(worktree.directory).sort()).toEqual(
      [
        '.git',
        '.gitattributes',
        '.gitignore',
        'bare.git',
        'crlf.txt',
        'docs',
        'host',
        'ident.txt',
        'link',
        'module',
        'run.sh',
        'src',
      ].sort(),
    )
    expect(readFileSync(join(worktree.directory, 'src/a.ts'), 'utf8')).toBe('one\ntwo\n')
    expect(existsSync('/etc/passwd')).toBe(true)
  })

  test("close removes the folder, git's record of it and the refs", async () => {
    write('x.txt', 'x')
    await worktree.commit(input(), everything)
    const before = git(mirror(), 'for-each-ref', '--format=%(refname)', 'refs/countersign/tickets').split(
      '\n',
    )
    const mine = before.filter((ref) => ref.includes(`/task-${count}-`))
    expect(mine).toHaveLength(2)
    await adapters.workspace.close(repository, `task-${count}`)
    expect(existsSync(worktree.directory)).toBe(false)
    expect(
      git(mirror(), 'for-each-ref', '--format=%(refname)')
        .split('\n')
        .filter((ref) => mine.includes(ref)),
    ).toEqual([])
    await adapters.workspace.close(repository, `task-${count}`)
  })

  test('the folder belongs to one process', () => {
    const other = scratch('locked')
    // Process 1 is alive and is not this one.
    const stat = readFileSync('/proc/1/stat', 'utf8')
    writeFileSync(join(other, 'lock'), `1 ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}`)
    const open = () =>
      createWorkspaceAdapters({
        root: other,
        credentials: server.credentials,
        sandbox: noSandbox,
        log: quiet,
      })
    expect(open).toThrow('held by process 1')
    writeFileSync(join(other, 'lock'), '999999999 5')
    open().close()
  })
})

describe('commit', () => {
  test('every kind of change is committed, and ignored output is not', async () => {
    write('src/a.ts', 'one\nTWO\n')
    write('src/new file.ts', 'n\r\n')
    write('ünï/ö.txt', 'x')
    chmodSync(join(worktree.directory, 'run.sh'), 0o755)
    rmSync(join(worktree.directory, 'crlf.txt'))
    rmSync(join(worktree.directory, 'docs'), { recursive: true })
    write('docs', 'a file where a folder was')
    rmSync(join(worktree.directory, 'link'))
    symlinkSync('src/new file.ts', join(worktree.directory, 'link'))
    write('node_modules/x/index.js', 'x')
    write('coverage/lcov.info', 'x')
    write('debug.log', 'x')
    const { sha, refused } = await worktree.commit(input(), everything)
    expect(refused).toEqual([])
    expect(filesOf(sha as string)).toEqual(
      [
        'A\tdocs',
        'A\tsrc/new file.ts',
        'A\t"\\303\\274n\\303\\257/\\303\\266.txt"',
        'D\tcrlf.txt',
        'D\tdocs/Guide.md',
        'M\tlink',
        'M\trun.sh',
        'M\tsrc/a.ts',
      ].sort(),
    )
    expect(git(mirror(), 'cat-file', 'blob', `${sha}:link`)).toBe('src/new file.ts')
    expect(
      execFileSync('git', ['-C', mirror(), 'cat-file', 'blob', `${sha}:src/new file.ts`]).toString(),
    ).toBe('n\r\n')
    expect(git(mirror(), 'ls-tree', sha as string, 'run.sh', 'module')).toMatch(
      /160000 commit [\s\S]*100755 blob/,
    )
    expect(worktree.head).toBe(sha)
    expect(await worktree.commit(input(sha as string), everything)).toMatchObject({ sha: null, refused: [] })
    const second = await worktree.commit(input(), everything)
    expect(second.sha).toBe(sha)
  })

  test('P5: a path that the phase may not touch refuses the whole commit, nothing is trimmed', async () => {
    write('src/a.ts', 'changed')
    write('test/a.test.ts', 'x')
    expect(await worktree.commit(input(), (path) => path.startsWith('test/'))).toMatchObject({
      sha: null,
      refused: ['src/a.ts'],
    })
    expect(worktree.head).toBe(base)
  })

  test('T26: filters, hooks, fsmonitor and aliases of repositories in the worktree never run', async () => {
    const evil = `touch ${marker}`
    const config = `[core]\n\tfsmonitor = ${evil}\n\thooksPath = hooks\n[filter "evil"]\n\tclean = ${evil}\n\tsmudge = ${evil}\n\trequired = true\n[diff "evil"]\n\tcommand = ${evil}\n\ttextconv = ${evil}\n`
    // A repository planted where the submodule lies, the attack that worked with plain status, diff and add.
    const planted = join(worktree.directory, 'module')
    git(planted, 'init', '--quiet')
    writeFileSync(join(planted, '.git', 'config'), config)
    writeFileSync(join(planted, 'inner.txt'), 'x')
    for (const hook of ['pre-commit', 'post-checkout', 'post-index-change', 'reference-transaction']) {
      write(`hooks/${hook}`, `#!/bin/sh\n${evil}\n`)
      chmodSync(join(worktree.directory, 'hooks', hook), 0o755)
    }
    await refuses('module', 'submodule')
    rmSync(planted, { recursive: true })
    mkdirSync(planted)
    write('src/a.ts', 'changed\n')
    const { sha } = await worktree.commit(input(), everything)
    expect(sha).not.toBeNull()
    await worktree.reset(base)
    expect(existsSync(marker)).toBe(false)
  })

  test('T26: a repository of its own inside the worktree is refused', async () => {
    mkdirSync(join(worktree.directory, 'vendored'))
    git(join(worktree.directory, 'vendored'), 'init', '--quiet')
    write('vendored/x.txt', 'x')
    git(join(worktree.directory, 'vendored'), 'add', '--all')
    git(join(worktree.directory, 'vendored'), 'commit', '--quiet', '-m', 'x')
    await refuses('vendored/', 'repository of its own')
  })

  test('T26: a link that leads out is refused, and a folder replaced by one is not followed', async () => {
    symlinkSync('/etc/passwd', join(worktree.directory, 'passwd'))
    await refuses('passwd', 'leads out')
    rmSync(join(worktree.directory, 'passwd'))
    symlinkSync('../../../etc', join(worktree.directory, 'src', 'up'))
    await refuses('src/up', 'leads out')
    rmSync(join(worktree.directory, 'src'), { recursive: true })
    symlinkSync('docs', join(worktree.directory, 'src'))
    write('docs/a.ts', 'one\ntwo\n')
    const { sha } = await worktree.commit(input(), everything)
    expect(filesOf(sha as string)).toEqual(['A\tdocs/a.ts', 'A\tsrc', 'D\tsrc/a.ts'])
  })

  test('T26: a link of the repository that leads out stays while nobody changes it, and may not lead elsewhere', async () => {
    write('src/b.ts', 'b\n')
    const { sha } = await worktree.commit(input(), everything)
    expect(filesOf(sha as string)).toEqual(['A\tsrc/b.ts'])
    rmSync(join(worktree.directory, 'host'))
    symlinkSync('/etc/passwd', join(worktree.directory, 'host'))
    await refuses('host', 'leads out')
  })

  test('T26: a file over 10 MB, a pipe and a socket are refused', async () => {
    write('huge.bin', Buffer.alloc(10 * 1024 * 1024 + 1))
    await refuses('huge.bin', '10 MB')
    rmSync(join(worktree.directory, 'huge.bin'))
    rmSync(join(worktree.directory, 'run.sh'))
    execFileSync('/usr/bin/mkfifo', [join(worktree.directory, 'run.sh')])
    await refuses('run.sh', 'neither a file')
  })

  test('T17: names with a line break, a backslash, bytes that are no UTF-8, or another case are refused', async () => {
    write('line\nbreak', 'x')
    await refuses('line\nbreak', 'line break')
    rmSync(join(worktree.directory, 'line\nbreak'))
    const odd = Buffer.concat([Buffer.from(`${worktree.directory}/odd-`), Buffer.from([0xff])])
    writeFileSync(odd, 'x')
    await refuses('odd-\uFFFD', 'not UTF-8')
    rmSync(odd)
    write('DOCS/Other.md', 'x')
    await refuses('DOCS/Other.md', 'only by case')
    rmSync(join(worktree.directory, 'DOCS'), { recursive: true })
    rmSync(join(worktree.directory, 'docs/Guide.md'))
    write('docs/guide.md', 'renamed by case is fine')
    expect((await worktree.commit(input(), everything)).sha).not.toBeNull()
  })

  test.each(['.GIT/config', 'sub/.git /config', 'git~1/config'])(
    'T26: %s cannot be committed',
    async (path) => {
      write(path, 'x')
      const result = await worktree.commit(input(), everything)
      expect(result.sha).toBeNull()
      expect(result.refused).toHaveLength(1)
    },
  )

  test('T18: more than 3,000 changed files stop with a sentence', async () => {
    mkdirSync(join(worktree.directory, 'many'))
    for (let index = 0; index < 3001; index++)
      writeFileSync(join(worktree.directory, 'many', String(index)), '')
    await expect(worktree.commit(input(), everything)).rejects.toMatchObject({
      forUser: expect.stringContaining('3000 files'),
    })
  })
})

test('P7, T31: fifty tickets at once open, commit and push their own contents; the repository is intact', async () => {
  const done = await Promise.all(
    Array.from({ length: 50 }, async (_, index) => {
      const one = await adapters.workspace.open(repository, `parallel-${index}`, base)
      writeFileSync(join(one.directory, `file-${index}.txt`), String(index))
      // Written by all, each with its own text: what one reads, commits or pushes must never be another's.
      writeFileSync(join(one.directory, 'src/a.ts'), `ticket ${index}\n`)
      const { sha } = await one.commit(input(), everything)
      const branch = `agent/${index}-parallel`
      const pushed = await adapters.git.push(repository, { branch, sha: sha as string, expected: null })
      const seen = readFileSync(join(one.directory, 'src/a.ts'), 'utf8')
      return { pushed, seen, files: readdirSync(one.directory).filter((name) => name.startsWith('file-')) }
    }),
  )
  for (const [index, { pushed, seen, files }] of done.entries()) {
    const branch = `agent/${index}-parallel`
    expect({ pushed, seen, files }).toEqual({
      pushed: 'done',
      seen: `ticket ${index}\n`,
      files: [`file-${index}.txt`],
    })
    expect(git(server.bare, 'show', `${branch}:src/a.ts`)).toBe(`ticket ${index}`)
    expect(git(server.bare, 'diff', '--name-only', base, branch).split('\n')).toEqual([
      `file-${index}.txt`,
      'src/a.ts',
    ])
  }
  for (const folder of [mirror(), server.bare])
    expect(git(folder, 'fsck', '--full', '--no-dangling', '--connectivity-only')).not.toMatch(
      /error|missing|broken/,
    )
  expect(
    git(server.bare, 'for-each-ref', '--format=%(refname)', 'refs/heads/agent')
      .split('\n')
      .filter((ref) => ref.endsWith('-parallel')),
  ).toHaveLength(50)
  await adapters.maintain()
  const first = await adapters.workspace.open(repository, 'parallel-0', base)
  expect(readdirSync(first.directory)).not.toContain('file-0.txt')
  const parallel = async () =>
    (await adapters.workspace.tickets()).filter(({ ticket }) => ticket.startsWith('parallel-'))
  expect(await parallel()).toHaveLength(50)
  await Promise.all(
    Array.from({ length: 50 }, (_, index) => adapters.workspace.close(repository, `parallel-${index}`)),
  )
  expect(await parallel()).toEqual([])
}, 240_000)

test('P7: what a crash cut short is removed at the next start, and what is whole is kept', async () => {
  const other = scratch('crashed')
  const start = (minimumFreeBytes = 0) =>
    createWorkspaceAdapters({
      root: other,
      credentials: server.credentials,
      sandbox: noSandbox,
      minimumFreeBytes,
      log: quiet,
    })
  const first = start()
  const kept = await first.workspace.open(repository, 'task-1', base)
  const cut = await first.workspace.open(repository, 'task-2', base)
  writeFileSync(join(kept.directory, 'work.txt'), 'half')
  const admin = readFileSync(join(cut.directory, '.git'), 'utf8').trim().replace('gitdir: ', '')
  // As a kill leaves them: a record that was never written, a folder without one, a check-out of a command.
  rmSync(join(admin, 'countersign-ticket'))
  mkdirSync(join(other, 'tickets', 'left-behind', 'deep'), { recursive: true })
  mkdirSync(join(other, 'checkouts', 'half'))
  first.close()

  const second = start(Number.MAX_SAFE_INTEGER)
  expect(await second.workspace.tickets()).toEqual([{ repository, ticket: 'task-1' }])
  expect(readdirSync(join(other, 'tickets'))).toEqual([kept.directory.split('/').at(-1)])
  expect(readdirSync(join(other, 'checkouts'))).toEqual([])
  const again = await second.workspace.open(repository, 'task-1', base)
  expect(readFileSync(join(again.directory, 'work.txt'), 'utf8')).toBe('half')
  // The disk is never as large as this bound: what is there goes on, and nothing new is begun.
  await expect(second.workspace.open(repository, 'task-3', base)).rejects.toMatchObject({
    forUser: expect.stringMatching(/^The disk for worktrees has \d+ MB free, .*COUNTERSIGN_MINIMUM_FREE_MB/),
  })
  second.close()
})
