/** Facts about the tree that reviewers should not have to look for: size, leftovers, links, the lockfile. */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from '@jest/globals'

const root = join(import.meta.dirname, '..', '..')
// A checkout that belongs to somebody else, as in a container, is fine to list.
const tracked = execFileSync('git', ['-c', 'safe.directory=*', 'ls-files', '-z'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\0')
  .filter((path) => path !== '' && existsSync(join(root, path)))
const read = (path: string): string => readFileSync(join(root, path), 'utf8')

const code = tracked.filter((path) => /^(src|world|demo|bench|test|scripts)\/.*\.(ts|mjs)$/.test(path))
const sample = 'demo/repository/'
const ours = code.filter((path) => !path.startsWith(sample))
const sources = ours.filter((path) => path.startsWith('src/'))
const documents = tracked.filter((path) => path.endsWith('.md') && !path.startsWith(sample))

/** Every line of the files that matches, as `path:line text`. */
function lines(paths: string[], pattern: RegExp): string[] {
  return paths.flatMap((path) =>
    read(path)
      .split('\n')
      .flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1} ${line.trim()}`] : [])),
  )
}

describe('source files', () => {
  test('are found at all', () => {
    expect(sources.length).toBeGreaterThan(0)
    expect(documents.length).toBeGreaterThan(0)
  })

  test('stay under 250 lines: a file that wants to grow becomes one file a subject or a resource', () => {
    const long = sources.map((path) => ({ path, lines: read(path).trimEnd().split('\n').length }))
    expect(long.filter((file) => file.lines > 250)).toEqual([])
  })

  test('open with one sentence saying what they are', () => {
    const untitled = ours.filter((path) => !/^(#!.*\n)?(\/\*\*|\/\/)/.test(read(path)))
    expect(untitled).toEqual([])
  })

  test('leave nothing for later', () => {
    const marks = new RegExp(
      `\\b(${['TO' + 'DO', 'FIX' + 'ME', 'X' + 'XX', 'not imple' + 'mented'].join('|')})\\b`,
    )
    expect(lines(ours, marks)).toEqual([])
  })

  test('swallow no error', () => {
    expect(
      lines(sources, /catch\s*(\([^)]*\))?\s*\{\s*\}|\.catch\(\(\)\s*=>\s*(\{\s*\}|undefined|null)\)/),
    ).toEqual([])
  })
})

test('no test is focused or skipped: a suite that needs a server says so through describeWith', () => {
  const suites = ours.filter((path) => path.endsWith('.test.ts') && path !== 'test/project/files.test.ts')
  expect(lines(suites, /^\s*((it|test|describe)\.(only|skip|todo)\b|[xf](it|describe)\(|xtest\()/)).toEqual(
    [],
  )
})

test('links between documents lead somewhere', () => {
  const dead = documents.flatMap((path) =>
    [...read(path).matchAll(/\]\(([^)\s#]+)(?:#[^)]*)?\)/g)]
      .map(([, target = '']) => target)
      .filter((target) => !/^[a-z]+:/.test(target))
      .filter((target) => !existsSync(join(root, dirname(path), decodeURI(target))))
      .map((target) => `${path} links to ${target}`),
  )
  expect(dead).toEqual([])
})

test('package-lock.json names no registry, so that npm ci asks the one its user has configured', () => {
  expect(lines(['package-lock.json'], /"resolved":/)).toEqual([])
})

test('.env.example explains every variable that the environment schema knows, and no other', () => {
  const known = [...read('src/environment.ts').matchAll(/^ {2}([A-Z][A-Z_]+): /gm)].map(([, name]) => name)
  const explained = [...read('.env.example').matchAll(/^([A-Z][A-Z_]+)=/gm)].map(([, name]) => name)
  expect(known.length).toBeGreaterThan(0)
  expect(explained.sort()).toEqual(known.sort())
})
