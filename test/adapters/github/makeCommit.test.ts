/** Commits that GitHub makes and signs for the App: their trees and messages are those of the local ones, byte for byte. */
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { readBlob, readContents } from '../../../src/adapters/workspace/gitContents.ts'
import { Terminal } from '../../../src/core/errors.ts'
import { type Bench, startBench } from './support.ts'

let bench: Bench
let clone: string
let base: string
beforeEach(async () => {
  bench = await startBench()
  const { world, name } = bench
  await world.as('ada').push(name, 'main', {
    files: { 'old.txt': 'old\n', 'was.file': 'a file\n', 'was/folder.txt': 'in a folder\n' },
    message: 'Add some',
  })
  clone = mkdtempSync(join(tmpdir(), 'countersign-make-'))
  git('clone', '--quiet', world.repo(name).dir, '.')
  base = git('rev-parse', 'HEAD')
})
afterEach(async () => {
  rmSync(clone, { recursive: true, force: true })
  await bench.close()
  expect(bench.world.violations).toEqual([])
})

const identity = { name: 'a', email: 'a@example.test' }
const git = (...args: string[]) =>
  execFileSync(
    'git',
    ['-C', clone, '-c', `user.name=${identity.name}`, '-c', `user.email=${identity.email}`, ...args],
    {
      encoding: 'utf8',
    },
  ).trim()
const write = (path: string, content: string | Buffer) => {
  mkdirSync(join(clone, path, '..'), { recursive: true })
  writeFileSync(join(clone, path), content)
}
/** Commit what lies there, with the message exactly. */
const commit = (message: string) => {
  git('add', '-A')
  const tree = git('write-tree')
  const sha = execFileSync(
    'git',
    ['-C', clone, '-c', 'user.name=a', '-c', 'user.email=a@example.test', 'commit-tree', tree, '-p', 'HEAD'],
    {
      input: message,
      encoding: 'utf8',
    },
  ).trim()
  git('reset', '--quiet', '--hard', sha)
  return sha
}
const directory = () => join(clone, '.git')
/** Have GitHub make the commits after the base; returns the SHAs that it gave them. */
async function make(tip: string): Promise<string[]> {
  const made: string[] = []
  for (const content of await readContents(directory(), base, tip)) {
    const { sha, signed } = await bench.forge.makeCommit(bench.name, {
      content,
      parent: made.at(-1) ?? base,
      read: (blob) => readBlob(directory(), blob),
    })
    expect(signed).toBe(true)
    made.push(sha)
  }
  return made
}
const there = async (...args: string[]) =>
  (await bench.world.site.git.run(bench.world.repo(bench.name).dir, args)).stdout.toString('utf8')

describe('making commits', () => {
  test('modes, links, bytes, removals and a file that becomes a folder: the tree is the same', async () => {
    write('run.sh', '#!/bin/sh\n')
    chmodSync(join(clone, 'run.sh'), 0o755)
    chmodSync(join(clone, 'README.md'), 0o755)
    symlinkSync('run.sh', join(clone, 'link'))
    write('binary.bin', Buffer.from([0, 1, 255, 254, 10, 13]))
    write('latin1.txt', Buffer.from('caf\xe9\n', 'latin1'))
    write('crlf and bom.txt', '\u{feff}one\r\ntwo')
    write('empty.txt', '')
    write('großes/ünïcode.txt', '✓ \u{10ffff}\n')
    write('large.txt', 'x'.repeat(150_000))
    rmSync(join(clone, 'old.txt'))
    rmSync(join(clone, 'was.file'))
    write('was.file/now.txt', 'a folder\n')
    rmSync(join(clone, 'was'), { recursive: true })
    write('was', 'a file\n')
    const first = commit('Everything at once\n')
    write('large.txt', 'y')
    const second = commit('One more\n')
    const made = await make(second)
    expect(made).toHaveLength(2)
    for (const [index, sha] of [first, second].entries())
      expect((await there('rev-parse', `${made[index]}^{tree}`)).trim()).toBe(
        git('rev-parse', `${sha}^{tree}`),
      )
    expect((await there('rev-parse', `${made[1]}~2`)).trim()).toBe(base)
  })

  test.each([
    ['a line feed at its end', 'Subject\n\nBody\n'],
    ['none', 'Subject'],
    ['two', 'Subject\n\n\n'],
    ['spaces and Unicode', '  Subject \u{1f600}\n\n```x\n"\\u0041"\n```\n\n'],
  ])('A2: a message with %s comes back byte for byte', async (_, message) => {
    const sha = commit(message)
    const [made = ''] = await make(sha)
    const raw = await there('cat-file', 'commit', made)
    expect(raw.slice(raw.indexOf('\n\n') + 2)).toBe(message)
    expect(raw).toMatch(/^committer GitHub </m)
    const [bot] = [...bench.world.state.accounts.values()].filter(({ type }) => type === 'Bot')
    expect(raw).toContain(`<${bot?.id}+${bot?.login}@`)
  })

  test('an empty commit needs no tree of its own', async () => {
    const from = bench.world.requests.length
    await make(commit('Nothing\n'))
    const asked = bench.world.requests
      .slice(from)
      .filter(({ method, path }) => method === 'POST' && /git\//.test(path))
    expect(asked.map(({ path }) => path.split('/').at(-1))).toEqual(['commits'])
  })

  test('T18: a file that GitHub would not take is named with its size', async () => {
    write('film.mov', Buffer.alloc(3000))
    const sha = commit('A film\n')
    await expect(readContents(directory(), base, sha, 2000)).rejects.toMatchObject({
      forUser: expect.stringMatching(/`film\.mov` has 1 MB.*retry/),
    })
  })

  test('another tree than ours is refused before anything points to it', async () => {
    write('a.txt', 'a\n')
    const [content] = await readContents(directory(), base, commit('A\n'))
    if (!content) throw new Error('no commit')
    const lying = { content, parent: base, read: async () => Buffer.from('b\n') }
    await expect(bench.forge.makeCommit(bench.name, lying)).rejects.toBeInstanceOf(Terminal)
  })
})

describe('moving branches', () => {
  const branch = 'agent/1-x'
  const tip = async () =>
    (await there('for-each-ref', '--format=%(objectname)', `refs/heads/${branch}`)).trim()
  const move = (from: string | null, to: string, force = false) =>
    bench.forge.moveBranch(bench.name, { branch, from, to, force })

  test('S7: only from where it is said to be; done twice is done', async () => {
    commit('One\n')
    const [one = '', two = ''] = await make(commit('Two\n'))
    expect(await move(null, one)).toBe('done')
    expect(await move(null, one)).toBe('done')
    expect(await move(null, two)).toBe('moved')
    expect(await move(two, two)).toBe('moved')
    expect(await move(one, two)).toBe('done')
    expect(await tip()).toBe(two)
    await expect(move(two, one)).rejects.toMatchObject({
      forUser: expect.stringMatching(/not a fast forward/),
    })
    expect(await move(two, one, true)).toBe('done')
    await there('update-ref', '-d', `refs/heads/${branch}`)
    expect(await move(one, two)).toBe('gone')
  })

  test('S7: one whose answer was lost is found done', async () => {
    const [one = ''] = await make(commit('One\n'))
    bench.world.faults.rest({
      kind: 'applied-but-lost',
      when: ({ path, body }) => path.endsWith('/graphql') && JSON.stringify(body).includes('updateRefs'),
    })
    await expect(move(null, one)).rejects.toMatchObject({ name: 'RetryLater' })
    expect(await move(null, one)).toBe('done')
  })

  test('A5: rules of the branch hold, and GitHub’s words are passed on; what it signed is let in', async () => {
    await bench.world.as('ada').api('POST', `/repos/${bench.name}/rulesets`, {
      name: 'signed',
      target: 'branch',
      enforcement: 'active',
      conditions: { ref_name: { include: ['refs/heads/agent/**'], exclude: [] } },
      rules: [{ type: 'required_signatures' }],
    })
    expect(await bench.forge.asksSignatures(bench.name, 'main', branch)).toBe(true)
    expect(await bench.forge.asksSignatures(bench.name, 'main', 'topic')).toBe(false)
    const sha = commit('Mine\n')
    const dir = bench.world.repo(bench.name).dir
    execFileSync('git', ['-C', dir, 'fetch', '--quiet', clone, sha])
    await expect(move(null, sha)).rejects.toMatchObject({
      forUser: expect.stringMatching(/verified signatures/),
    })
    const [made = ''] = await make(sha)
    expect(await move(null, made)).toBe('done')
  })
})
