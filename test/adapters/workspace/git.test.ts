/** The Git port against real git: fetch, diffs of odd changes, commits, citations, merges, pushes with a lease. */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readFileSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { createGit } from '../../../src/adapters/workspace/git.ts'
import { remoteCall } from '../../../src/adapters/workspace/gitRemote.ts'
import { type DiffFile, evidenceBodies } from '../../../src/core/evidence.ts'
import type { Git } from '../../../src/core/ports.ts'
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
  token,
} from './support.ts'

const author = { name: 'countersign[bot]', email: '1+countersign[bot]@users.noreply.github.com' }
let server: Server
let clone: string
let base: string
let root: string
let port: Git

beforeAll(async () => {
  const made = newClone({
    'src/a.ts': 'one\n  two\nthree\nfour\n',
    'src/crlf.ts': 'a\r\nb\r\n',
    'old name.txt': 'a long enough text to be found again\nsecond line\nthird line\n',
    'run.sh': '#!/bin/sh\n',
    'kept.bin': Buffer.from([0, 1, 2, 3]),
  })
  clone = made.directory
  base = made.sha
  server = await serve(clone)
  root = scratch('root')
  port = createGit({ root, credentials: server.credentials, log: quiet })
})
afterAll(async () => {
  await server.close()
  cleanUp()
})

/** Push the clone's HEAD to the stand-in's bare repository and have the port fetch it. */
async function publish(sha: string): Promise<string> {
  git(clone, 'push', '--quiet', '--force', server.bare, `${sha}:refs/heads/work`)
  await port.ensure(repository, [base, sha])
  return sha
}
async function diffOf(sha: string, from = base) {
  const result = await port.collect(repository, { kind: 'diff', base: from, head: await publish(sha) })
  if (!result.ok) throw new Error(result.reason)
  return evidenceBodies.diff.parse(result.body)
}
function at(files: DiffFile[], path: string): DiffFile {
  const file = files.find((candidate) => candidate.path === path)
  if (!file) throw new Error(`no ${path} in ${files.map((f) => f.path).join(', ')}`)
  return file
}
function onBase(change: () => void): string {
  git(clone, 'checkout', '--quiet', '--force', '--detach', base)
  git(clone, 'clean', '-ffdxq')
  change()
  return commitFiles(clone, {})
}

describe('diff evidence', () => {
  test('T17: names, modes, links, binary files, renames and line numbers are what git stores', async () => {
    const sha = onBase(() => {
      writeFileSync(join(clone, 'src/a.ts'), 'one\n  TWO\nthree\nfour\nfive')
      writeFileSync(join(clone, 'src/crlf.ts'), 'a\r\nB\r\n')
      writeFileSync(join(clone, 'kept.bin'), Buffer.from([0, 9]))
      git(clone, 'mv', 'old name.txt', 'new "quoted"\n\tname.txt')
      execFileSync('chmod', ['755', join(clone, 'run.sh')])
      symlinkSync('/etc/passwd', join(clone, 'link'))
      writeFileSync(Buffer.concat([Buffer.from(join(clone, 'bad-')), Buffer.from([0xff, 0xfe])]), 'x\n')
      writeFileSync(join(clone, 'ünï.txt'), '+++ b/src/a.ts\n@@ -1 +1 @@\ndiff --git a/x b/x\n')
    })
    const { files } = await diffOf(sha)
    expect(at(files, 'src/a.ts')).toMatchObject({
      status: 'modified',
      additions: 2,
      deletions: 1,
      added: [
        { line: 2, text: '  TWO' },
        { line: 5, text: 'five' },
      ],
      removed: [{ line: 2, text: '  two' }],
      truncated: false,
    })
    expect(at(files, 'src/crlf.ts').added).toEqual([{ line: 2, text: 'B' }])
    expect(at(files, 'kept.bin')).toMatchObject({ binary: true, added: [], status: 'modified' })
    expect(at(files, 'old name.txt').status).toBe('deleted')
    expect(at(files, 'new "quoted"\n\tname.txt')).toMatchObject({
      status: 'added',
      renamedFrom: 'old name.txt',
    })
    expect(at(files, 'run.sh')).toMatchObject({
      oldMode: '100644',
      newMode: '100755',
      added: [],
      truncated: false,
    })
    expect(at(files, 'link')).toMatchObject({ newMode: '120000', linkTarget: '/etc/passwd' })
    expect(files.find((file) => !file.pathIsUtf8)?.path).toBe('bad-\uFFFD\uFFFD')
    expect(at(files, 'ünï.txt').added.map((line) => line.text)).toEqual([
      '+++ b/src/a.ts',
      '@@ -1 +1 @@',
      'diff --git a/x b/x',
    ])
  })

  test('T17: a submodule pointer and a file that becomes a link are seen, and later files keep their own lines', async () => {
    const sha = onBase(() => {
      git(clone, 'update-index', '--add', '--cacheinfo', `160000,${base},aa-module`)
      unlinkSync(join(clone, 'run.sh'))
      symlinkSync('src/a.ts', join(clone, 'run.sh'))
      git(clone, 'add', 'run.sh')
      writeFileSync(join(clone, 'zz.txt'), 'last\n')
      git(clone, 'add', 'zz.txt')
      git(clone, 'commit', '--quiet', '-m', 'x')
    })
    // The helper's own commit on top drops the pointer again, since no such folder exists.
    const { files } = await diffOf(git(clone, 'rev-parse', `${sha}~1`))
    expect(at(files, 'aa-module')).toMatchObject({ newMode: '160000', status: 'added' })
    expect(at(files, 'run.sh')).toMatchObject({ status: 'type_changed', linkTarget: 'src/a.ts' })
    expect(at(files, 'zz.txt').added).toEqual([{ line: 1, text: 'last' }])
  })

  test('T26: attributes of the repository can neither hide lines as binary nor run a driver', async () => {
    const sha = onBase(() => {
      writeFileSync(join(clone, '.gitattributes'), '*.ts binary\n*.ts diff=evil merge=evil filter=evil\n')
      writeFileSync(join(clone, 'src/a.ts'), 'hidden\n')
    })
    const file = at((await diffOf(sha)).files, 'src/a.ts')
    expect(file.binary).toBe(false)
    expect(file.added).toEqual([{ line: 1, text: 'hidden' }])
  })

  test('A2: the digest follows content and mode, and not how the commits were cut', async () => {
    const first = onBase(() => writeFileSync(join(clone, 'n.txt'), 'n\n'))
    const digest = (await diffOf(first)).digest
    const again = commitFiles(clone, {}, 'an empty commit on top')
    expect((await diffOf(again)).digest).toBe(digest)
    execFileSync('chmod', ['755', join(clone, 'n.txt')])
    expect((await diffOf(commitFiles(clone, {}))).digest).not.toBe(digest)
  })

  test('T18: 3,001 files are refused with a sentence', async () => {
    const sha = onBase(() => {
      const blob = git(clone, 'rev-parse', 'HEAD:run.sh')
      const input = Array.from({ length: 3001 }, (_, index) => `100644 ${blob}\tmany/${index}`)
      execFileSync('git', ['-C', clone, 'update-index', '--index-info'], {
        input: input.join('\n').concat('\n'),
      })
      git(clone, 'commit', '--quiet', '-m', 'many')
    })
    const many = git(clone, 'rev-list', '--max-count=2', sha).split('\n').at(-1) as string
    const result = await port.collect(repository, { kind: 'diff', base, head: await publish(many) })
    expect(result).toEqual({ ok: false, reason: expect.stringContaining('touches 3001 files') })
  })

  test('bounds: a file with 6,000 new lines is cut at 5,000 and says so', async () => {
    const sha = onBase(() => writeFileSync(join(clone, 'long.txt'), 'x\n'.repeat(6000)))
    const file = at((await diffOf(sha)).files, 'long.txt')
    expect([file.added.length, file.additions, file.truncated]).toEqual([5000, 6000, true])
  })

  test('histories without a common commit are an answer, not an error', async () => {
    git(clone, 'checkout', '--quiet', '--orphan', 'lonely')
    const sha = commitFiles(clone, { 'x.txt': 'x' })
    const result = await port.collect(repository, { kind: 'diff', base, head: await publish(sha) })
    expect(result).toEqual({ ok: false, reason: expect.stringContaining('shares no history') })
  })
})

describe('commits, citations, merges', () => {
  test('T6: every commit of base..head is listed with people and emptiness, merges included', async () => {
    git(clone, 'checkout', '--quiet', '--force', '--detach', base)
    const empty = commitFiles(clone, {}, 'plan\n\nCo-authored-by: Eve <eve@example.org>')
    const change = commitFiles(clone, { 'm.txt': 'm' })
    git(clone, 'checkout', '--quiet', '--force', '--detach', empty)
    commitFiles(clone, { 'side.txt': 's' }, 'side')
    git(clone, 'merge', '--quiet', '--no-ff', '-m', 'join', change)
    const head = await publish(git(clone, 'rev-parse', 'HEAD'))
    const result = await port.collect(repository, { kind: 'commits', base, head })
    if (!result.ok) throw new Error(result.reason)
    const { commits } = evidenceBodies.commits.parse(result.body)
    expect(commits[0]).toMatchObject({
      sha: empty,
      empty: true,
      parents: [base],
      authorEmail: 'ada@example.org',
    })
    expect(commits[0]?.message).toContain('Co-authored-by: Eve')
    expect(commits.map((commit) => commit.message.trim().split('\n')[0]).sort()).toEqual([
      'change',
      'join',
      'plan',
      'side',
    ])
    expect(commits.at(-1)?.parents).toHaveLength(2)
  })

  test('T18: 251 commits are refused with a sentence', async () => {
    git(clone, 'checkout', '--quiet', '--force', '--detach', base)
    const tree = git(clone, 'rev-parse', 'HEAD^{tree}')
    let tip = base
    for (let index = 0; index < 251; index++)
      tip = git(clone, 'commit-tree', '-p', tip, '-m', String(index), tree)
    const result = await port.collect(repository, { kind: 'commits', base, head: await publish(tip) })
    expect(result).toEqual({ ok: false, reason: expect.stringContaining('251 commits') })
  })

  test('P4: a citation resolves only on its own line, and the objection says where the text really is', async () => {
    const result = await port.collect(repository, {
      kind: 'citations',
      base,
      citations: [
        { path: 'src/a.ts', line: 2, quote: 'two' },
        { path: 'src/a.ts', line: 1, quote: 'three' },
        { path: 'src/a.ts', line: 2, quote: 'invented()' },
        { path: 'src/none.ts', line: 1, quote: 'x' },
        { path: 'src/crlf.ts', line: 2, quote: 'b' },
        { path: 'src', line: 1, quote: 'x' },
      ],
    })
    if (!result.ok) throw new Error(result.reason)
    const { results } = evidenceBodies.citations.parse(result.body)
    expect(results.map((one) => one.resolved)).toEqual([true, false, false, false, true, false])
    expect(results[1]).toMatchObject({
      reason: expect.stringContaining('on line 3'),
      nearby: [{ line: 3, text: 'three' }],
    })
    expect(results[2]?.reason).toContain('nowhere in the file')
    expect(results[3]?.reason).toContain('does not exist')
  })

  test("T11: the merge tree of two commits is git's own, and a conflict has none", async () => {
    const one = onBase(() => writeFileSync(join(clone, 'src/a.ts'), 'ONE\n  two\nthree\nfour\n'))
    const two = onBase(() => writeFileSync(join(clone, 'other.txt'), 'o\n'))
    const three = onBase(() => writeFileSync(join(clone, 'src/a.ts'), 'uno\n  two\nthree\nfour\n'))
    for (const sha of [one, two, three]) await publish(sha)
    const clean = await port.collect(repository, { kind: 'mergeTree', first: one, second: two })
    git(clone, 'checkout', '--quiet', '--force', '--detach', one)
    git(clone, 'merge', '--quiet', '--no-ff', '-m', 'm', two)
    expect(clean).toEqual({
      ok: true,
      body: { tree: git(clone, 'rev-parse', 'HEAD^{tree}'), mergeBase: base },
    })
    const clash = await port.collect(repository, { kind: 'mergeTree', first: one, second: three })
    expect(clash).toEqual({ ok: true, body: { tree: null, mergeBase: base } })
  })
})

describe('plan commit and push', () => {
  const input = () => ({
    parent: base,
    message: 'Plan for #1\n\nText ünï\n',
    author,
    timeSeconds: 1_700_000_100,
  })

  test('S7: the same input makes the same empty commit', async () => {
    const sha = await port.commitEmpty(repository, input())
    expect(await port.commitEmpty(repository, input())).toBe(sha)
    expect(await port.read(repository, sha, 'run.sh')).toBe('#!/bin/sh\n')
    const result = await port.collect(repository, { kind: 'commits', base, head: sha })
    expect(result.ok && result.body).toMatchObject({
      commits: [{ empty: true, message: input().message, authorName: author.name }],
    })
  })

  test('S7: a lease decides between done and moved, and a repeated push is done', async () => {
    const first = await port.commitEmpty(repository, input())
    const second = await port.commitEmpty(repository, { ...input(), parent: first })
    const branch = 'agent/1-plan'
    expect(await port.push(repository, { branch, sha: first, expected: null })).toBe('done')
    expect(await port.push(repository, { branch, sha: first, expected: null })).toBe('done')
    expect(await port.push(repository, { branch, sha: second, expected: null })).toBe('moved')
    expect(await port.push(repository, { branch, sha: second, expected: first })).toBe('done')
    expect(await port.push(repository, { branch, sha: first, expected: first })).toBe('moved')
    expect(git(server.bare, 'rev-parse', `refs/heads/${branch}`)).toBe(second)
  })

  test.each([
    'main',
    'agent/../main',
    'agent/x:refs/heads/main',
    'agent/--upload-pack=x y',
    'agent/',
    '+agent/x',
  ])('T26: a push to %s is a bug and reaches nobody', async (branch) => {
    await expect(port.push(repository, { branch, sha: base, expected: null })).rejects.toThrow('not ours')
  })

  test('a hook of the server that says no is a terminal refusal with the next step', async () => {
    const hook = join(server.bare, 'hooks', 'pre-receive')
    execFileSync('mkdir', ['-p', join(server.bare, 'hooks')])
    writeFileSync(hook, '#!/bin/sh\nexit 1\n', { mode: 0o755 })
    const sha = await port.commitEmpty(repository, { ...input(), message: 'x' })
    await expect(port.push(repository, { branch: 'agent/2-x', sha, expected: null })).rejects.toMatchObject({
      name: 'Terminal',
      forUser: expect.stringContaining('/agent retry'),
    })
    unlinkSync(hook)
  })
})

describe('fetch and secrets', () => {
  test('an unknown commit is refused with a sentence', async () => {
    await expect(port.ensure(repository, ['0'.repeat(39).concat('1')])).rejects.toMatchObject({
      name: 'Terminal',
      forUser: expect.stringContaining('does not exist'),
    })
  })

  test('T25: the token is nowhere on disk', async () => {
    const basic = Buffer.from(`x-access-token:${token}`).toString('base64')
    expect(spawnSync('grep', ['-rlaF', '-e', token, '-e', basic, root]).status).toBe(1)
  })

  test('T26: only https, and http to loopback or a named host', () => {
    for (const url of [
      'file:///etc',
      'ssh://git@h/x',
      'http://example.org/x',
      'https://u:p@h/x',
      'ext::sh -c x',
      '--upload-pack=x',
    ]) {
      expect(() => remoteCall({ url, token }, [])).toThrow('refused git address')
    }
    expect(remoteCall({ url: 'http://github.lan/x', token }, ['github.lan']).protocols).toBe('http')
    expect(remoteCall({ url: 'https://github.com/o/r.git', token }, []).protocols).toBe('https')
  })

  test('T26: a mirror runs no hook of its own folder', async () => {
    const mirror = join(root, 'mirrors', 'octo', 'shop.git')
    const marker = join(root, 'hook-ran')
    execFileSync('mkdir', ['-p', join(mirror, 'hooks')])
    for (const name of ['reference-transaction', 'post-update', 'pre-push']) {
      writeFileSync(join(mirror, 'hooks', name), `#!/bin/sh\ntouch ${marker}\n`, { mode: 0o755 })
    }
    await port.commitEmpty(repository, { parent: base, message: 'h', author, timeSeconds: 1 })
    expect(existsSync(marker)).toBe(false)
    expect(readFileSync(join(mirror, 'info', 'attributes'), 'utf8')).toContain('!filter')
  })
})
