/** T41: whether a commit takes back what it names, against real git: true reverts, lies, merges, conflicts, several at once. */
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { createGit } from '../../../src/adapters/workspace/git.ts'
import { evidenceBodies } from '../../../src/core/evidence.ts'
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
} from './support.ts'

let server: Server
let clone: string
let base: string
let port: Git

const lines = (...changed: string[]) =>
  [...Array.from({ length: 30 }, (_, at) => `line ${at}`), ...changed, ''].join('\n')

beforeAll(async () => {
  const made = newClone({ 'a.txt': lines(), 'b.txt': 'b\n' })
  clone = made.directory
  base = made.sha
  server = await serve(clone)
  port = createGit({ root: scratch('root'), credentials: server.credentials, log: quiet })
})
afterAll(async () => {
  await server.close()
  cleanUp()
})
beforeEach(() => {
  git(clone, 'checkout', '--quiet', '--force', '--detach', base)
  git(clone, 'clean', '-ffdxq')
})

const change = (text: string, file = 'a.txt') => commitFiles(clone, { [file]: text })
const head = () => git(clone, 'rev-parse', 'HEAD')
function revert(...args: string[]): string {
  git(clone, 'revert', '--no-edit', ...args)
  return head()
}

const answerOf = (commit: string, ...of: string[]) => answer({ commit, of })
async function answer(asked: { commit: string; onto?: string; of: string[] }) {
  git(clone, 'push', '--quiet', '--force', server.bare, `${asked.commit}:refs/heads/work`)
  await port.ensure(repository, [base, asked.commit, ...asked.of])
  const result = await port.collect(repository, { kind: 'revert', ...asked })
  if (!result.ok) throw new Error(result.reason)
  return evidenceBodies.revert.parse(result.body)
}
const whole = { strangers: [], settled: [], other: [] }

describe('T41, R1: a revert', () => {
  test("git's own is one, also when the lines have moved and other things have changed since", async () => {
    const bad = change(lines('bad'))
    commitFiles(clone, { 'a.txt': `new first line\n${lines('bad')}`, 'c.txt': 'c\n' })
    expect(await answerOf(revert(bad), bad)).toEqual(whole)
  })

  test('of added, deleted and renamed files, modes and links is one', async () => {
    commitFiles(clone, { 'b.txt': null, 'deep/new.txt': 'n\n', 'run.sh': '#!/bin/sh\n' })
    git(clone, 'mv', 'a.txt', 'renamed.txt')
    git(clone, 'update-index', '--chmod=+x', 'run.sh')
    git(clone, 'commit', '--quiet', '--amend', '--no-edit')
    git(clone, 'reset', '--quiet', '--hard')
    const bad = head()
    expect(await answerOf(revert(bad), bad)).toEqual(whole)
  })

  test('of a merge takes back what the merge brought to its first parent', async () => {
    git(clone, 'checkout', '--quiet', '-b', 'side')
    change(lines('bad'))
    git(clone, 'checkout', '--quiet', '--detach', base)
    change('other\n', 'b.txt')
    git(clone, 'merge', '--quiet', '--no-ff', '-m', 'Merge side', 'side')
    git(clone, 'branch', '-D', 'side')
    const merge = head()
    expect(await answerOf(revert('-m', '1', merge), merge)).toEqual(whole)
    const half = commitFiles(clone, { 'b.txt': 'b\n' })
    expect((await answerOf(half, merge)).other).not.toEqual([])
  })

  test('of several at once is one, as a squashed pull request of reverts is', async () => {
    const one = change(lines('one'))
    const two = change(lines('one', 'two'))
    revert(two)
    revert(one)
    git(clone, 'reset', '--quiet', '--soft', two)
    git(clone, 'commit', '--quiet', '-m', 'Revert both')
    expect(await answerOf(head(), two, one)).toEqual(whole)
    expect((await answerOf(head(), two)).other).toEqual(['a.txt'])
  })

  test('of a first commit leaves nothing', async () => {
    for (const name of ['a.txt', 'b.txt']) rmSync(join(clone, name))
    expect(await answerOf(commitFiles(clone, {}), base)).toEqual(whole)
  })

  test.each<[string, () => string, string[]]>([
    ['an empty commit', () => commitFiles(clone, {}), ['a.txt']],
    ['half of it', () => change(lines('good', 'bad')), ['a.txt']],
    ['more than it', () => commitFiles(clone, { 'a.txt': lines(), 'b.txt': 'evil\n' }), ['b.txt']],
    ['another file', () => change('evil\n', 'b.txt'), ['b.txt', 'a.txt']],
    [
      'the same text with another mode',
      () => {
        writeFileSync(join(clone, 'a.txt'), lines())
        git(clone, 'add', 'a.txt')
        git(clone, 'update-index', '--chmod=+x', 'a.txt')
        git(clone, 'commit', '--quiet', '-m', 'mode')
        return head()
      },
      ['a.txt'],
    ],
  ])('%s is none', async (_, forge, other) => {
    const bad = change(lines('bad', 'bad'))
    const found = await answerOf(forge(), bad)
    expect(new Set(found.other)).toEqual(new Set(other))
    expect(found.settled).toEqual([])
  })

  test('that settles a conflict by hand is named, and nothing else may be touched', async () => {
    const bad = change(lines('bad'))
    change(lines('worse'))
    const settled = change(lines())
    expect(await answerOf(settled, bad)).toEqual({ strangers: [], settled: ['a.txt'], other: [] })
    git(clone, 'checkout', '--quiet', '--detach', `${settled}^`)
    const more = commitFiles(clone, { 'a.txt': lines(), 'b.txt': 'evil\n' })
    expect(await answerOf(more, bad)).toEqual({ strangers: [], settled: ['a.txt'], other: ['b.txt'] })
    git(clone, 'checkout', '--quiet', '--detach', `${settled}^`)
    expect(await answerOf(commitFiles(clone, {}), bad)).toEqual({
      strangers: [],
      settled: [],
      other: ['a.txt'],
    })
  })

  describe('within what came in with it', () => {
    /** A pull request on top of what failed, merged there: does it take it back, as a whole? */
    async function merged(bad: string, work: () => void) {
      const onto = head()
      work()
      const side = head()
      git(clone, 'checkout', '--quiet', '--detach', onto)
      git(clone, 'merge', '--quiet', '--no-ff', '-m', 'Merge side', side)
      return answer({ commit: head(), onto, of: [bad] })
    }

    test('is one, also with other things beside it, and after the same file has gone on', async () => {
      const bad = change(lines('bad'))
      change(`new first line\n${lines('bad')}`)
      const found = await merged(bad, () => {
        revert(bad)
        change('other\n', 'b.txt')
      })
      expect(found).toEqual(whole)
    })

    test('is none when a later commit puts it back, in words or without', async () => {
      const bad = change(lines('bad'))
      const found = await merged(bad, () => {
        revert(bad)
        change(lines('bad'))
      })
      expect(found.other).toEqual(['a.txt'])
    })

    test('is none when it was taken back before, and this brings it in again', async () => {
      const bad = change(lines('bad'))
      revert(bad)
      const found = await merged(bad, () => {
        commitFiles(clone, {}, `This reverts commit ${bad}.`)
        change(lines('bad'))
      })
      expect(found.other).toEqual(['a.txt'])
    })
  })

  test('on a branch that never had it takes nothing back', async () => {
    const bad = change(lines('bad'))
    git(clone, 'checkout', '--quiet', '--detach', base)
    const empty = commitFiles(clone, {}, `This reverts commit ${bad}.`)
    git(clone, 'merge', '--quiet', '--no-ff', '-m', 'Both', bad)
    expect((await answerOf(empty, bad)).strangers).toEqual([bad])
  })
})
