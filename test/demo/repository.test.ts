// The demo's claims, checked with plain git and node: red on the base, a type break, green with coverage, documents.
import { execFile } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import {
  lateCommit,
  otherAgentsCommit,
  personsCommit,
  type ScriptedCommit,
} from '../../demo/scripts/commits.ts'
import { bundle, stoppedBundle } from '../../demo/scripts/issue.ts'
import { discovery, inventedCitation, plan } from '../../demo/scripts/planning.ts'
import { demoScript } from '../../demo/scripts/story.ts'
import { Bundle } from '../../src/core/bundle.ts'
import type { Citation } from '../../src/core/citation.ts'
import { classify } from '../../src/core/classify.ts'
import { phases } from '../../src/pipeline/phases.ts'
import { PhaseId } from '../../src/pipeline/settings.ts'
import { parseScript, type SessionScript } from '../../world/model/script.ts'

const root = resolve(import.meta.dirname, '../..')
const script = parseScript(demoScript({ delivered: 'acme/ledgerly#1', stopped: 'acme/ledgerly#2' }))
let folder = ''

interface Ran {
  code: number
  output: string
}

/** Runs in the work folder with our own tools first on PATH and nothing inherited from npm or git around it. */
function sh(file: string, args: string[]): Promise<Ran> {
  const env = {
    PATH: `${join(root, 'node_modules/.bin')}:${process.env['PATH'] ?? ''}`,
    HOME: folder,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_AUTHOR_NAME: 'Test',
    GIT_AUTHOR_EMAIL: 'test@example.org',
    GIT_COMMITTER_NAME: 'Test',
    GIT_COMMITTER_EMAIL: 'test@example.org',
  }
  return new Promise((done) => {
    execFile(file, args, { cwd: folder, env, timeout: 50_000 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1
      done({ code, output: `${stdout}${stderr}` })
    })
  })
}

const at = (path: string) => join(folder, path)
const typecheck = () => sh('npm', ['run', '--silent', 'typecheck'])

async function runTests(): Promise<Ran & { passed: string[]; failed: string[]; lines: number }> {
  const ran = await sh('npm', ['test', '--silent'])
  const junit = await readFile(at('reports/junit.xml'), 'utf8')
  const cases = [
    ...junit.matchAll(/<testcase name="([^"]*)"[^>]*classname="([^"]*)"[^>]*?(\/?)>\s*(<failure)?/g),
  ]
  const names = (failed: boolean) =>
    cases.filter((c) => (c[3] === '' && c[4] !== undefined) === failed).map((c) => nameIn(junit, c))
  const lcov = await readFile(at('coverage/lcov.info'), 'utf8')
  const total = (key: string) =>
    [...lcov.matchAll(new RegExp(`^${key}:(\\d+)$`, 'gm'))].reduce((n, m) => n + Number(m[1]), 0)
  return { ...ran, passed: names(false), failed: names(true), lines: (100 * total('LH')) / total('LF') }
}

/** The suite is the testsuite element that the case stands in. */
function nameIn(junit: string, found: RegExpExecArray): string {
  const suites = [...junit.slice(0, found.index).matchAll(/<testsuite name="([^"]*)"/g)]
  return `${suites.at(-1)?.[1]} > ${found[1]}`
}

async function edit(path: string, oldText: string, newText: string): Promise<void> {
  const before = await readFile(at(path), 'utf8')
  expect([path, before.split(oldText).length - 1]).toEqual([path, 1])
  await writeFile(
    at(path),
    before.replace(oldText, () => newText),
  )
}

/** Does what the session's tools would do, and answers with its deliverable, valid by the phase's schema. */
async function play(phase: PhaseId, attempt = 1): Promise<unknown> {
  const calls = sessionOf(phase, attempt).turns.flatMap((turn) => turn.toolUse ?? [])
  let deliverable: unknown
  for (const { name, input } of calls) {
    if (name === 'read_file') await readFile(at(String(input['path'])))
    if (name === 'edit_file')
      await edit(String(input['path']), String(input['old_text']), String(input['new_text']))
    if (name === 'run') expect(phases[phase].commands).toContain(input['command'])
    if (name === 'hand_in') deliverable = phases[phase].output.parse(input)
  }
  return deliverable
}

function sessionOf(phase: PhaseId, attempt: number): SessionScript {
  const found = script.sessions.find(
    ({ match }) =>
      match.phase === phase && (match.attempt ?? attempt) === attempt && match.subject !== 'acme/ledgerly#2',
  )
  if (found === undefined) throw new Error(`no session for ${phase}, attempt ${attempt}`)
  return found
}

async function changedSince(revision: string): Promise<string[]> {
  const { output } = await sh('git', ['diff', '--name-only', revision])
  return output.split('\n').filter((path) => path !== '')
}

async function commit(message: string): Promise<void> {
  expect((await sh('git', ['commit', '--quiet', '--all', '--message', message])).code).toBe(0)
}

async function resolves({ path, line, quote }: Citation): Promise<boolean> {
  const { code, output } = await sh('git', ['show', `base:${path}`])
  return code === 0 && output.split('\n')[line - 1]?.trim() === quote.trim()
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ledgerly-'))
  await cp(join(root, 'demo/repository'), folder, { recursive: true })
  for (const args of [
    ['init', '--quiet'],
    ['add', '--all'],
    ['commit', '--quiet', '--message', 'Base'],
    ['tag', 'base'],
  ]) {
    expect(await sh('git', args)).toEqual({ code: 0, output: '' })
  }
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe('demo: the data', () => {
  test('D2: both bundles are complete, and their prior art exists', async () => {
    for (const each of [bundle, stoppedBundle]) {
      const { priorArt } = Bundle.parse(each)
      for (const path of priorArt) await readFile(at(path))
    }
  })

  test('P1: every hand-in is valid by the schema of its phase, and is the last call of its session', () => {
    for (const { match, turns } of script.sessions) {
      const calls = turns.flatMap((turn) => turn.toolUse ?? [])
      if (calls.length === 0) continue
      expect(calls.filter((call) => call.name === 'hand_in')).toEqual([calls.at(-1)])
      expect(() => phases[PhaseId.parse(match.phase)].output.parse(calls.at(-1)?.input)).not.toThrow()
    }
  })

  test('P4: the first plan cites one thing that is not there; everything else resolves', async () => {
    const first = (await play('plan', 1)) as typeof plan
    const good = [...discovery.interfaces, ...discovery.conventions].map((each) => each.citation)
    for (const citation of [...good, ...plan.citations]) {
      expect([citation, await resolves(citation)]).toEqual([citation, true])
    }
    const missing = []
    for (const citation of first.citations) if (!(await resolves(citation))) missing.push(citation)
    expect(missing).toEqual([inventedCitation])
  })
})

describe('demo: the change, step by step', () => {
  const named = plan.tests.kind === 'required' ? plan.tests.names : []

  test('the base is green: types, tests, and at least 85 % of lines covered', async () => {
    expect(await typecheck()).toEqual({ code: 0, output: '' })
    const { code, failed, passed, lines } = await runTests()
    expect([code, failed]).toEqual([0, []])
    expect(passed).toHaveLength(9)
    expect(lines).toBeGreaterThanOrEqual(85)
  })

  test('P5: the new tests run and fail on the base; every other test still passes', async () => {
    await play('tests')
    expect((await changedSince('base')).map((path) => classify(path))).toEqual(['test', 'test'])
    const { code, failed, passed } = await runTests()
    expect(code).not.toBe(0)
    expect(failed.sort()).toEqual([...named].sort())
    expect(passed).toHaveLength(9)
    expect((await typecheck()).code).toBe(0)
    await commit('Tests')
  })

  test('P6: the first implementation passes every test and breaks the type check', async () => {
    await play('implementation', 1)
    const types = await typecheck()
    expect(types.code).not.toBe(0)
    const errors = types.output.split('\n').filter((line) => line.includes('error TS'))
    expect(errors.length).toBeGreaterThan(0)
    for (const error of errors) {
      expect(error).toMatch(
        /^src\/money\.ts\(\d+,\d+\): error TS2322: Type 'number' is not assignable to type 'Cents'/,
      )
    }
    expect((await runTests()).code).toBe(0)
  })

  test('P6, G2: the second is green, covered, and touches only planned code', async () => {
    await play('implementation', 2)
    expect(await typecheck()).toEqual({ code: 0, output: '' })
    const { code, failed, passed, lines } = await runTests()
    expect([code, failed]).toEqual([0, []])
    expect(passed).toEqual(expect.arrayContaining(named))
    expect(lines).toBeGreaterThanOrEqual(85)
    const changed = await changedSince('HEAD')
    expect(changed.map((path) => classify(path))).toEqual(['code', 'code', 'code'])
    await commit('Implementation')
  })

  test('P9, P12: documentation changes documents only, and the whole change is the plan', async () => {
    await play('documentation')
    const changed = await changedSince('HEAD')
    expect(changed.map((path) => classify(path))).toEqual(['documentation', 'documentation'])
    await commit('Documentation')
    expect((await changedSince('base')).sort()).toEqual(plan.files.map((file) => file.path).sort())
    expect((await runTests()).code).toBe(0)
  })

  test('the review finding stands on an added line', async () => {
    const { findings } = (await play('review')) as { findings: { path: string; line: number }[] }
    for (const { path, line } of findings) {
      const { output } = await sh('git', ['blame', '--porcelain', `-L${line},${line}`, 'base..', '--', path])
      expect(output).not.toMatch(/^boundary$/m)
    }
    expect(findings).toHaveLength(1)
  })

  test.each<[string, ScriptedCommit]>([
    ['the late commit', lateCommit],
    ["the person's commit", personsCommit],
    ["the other agent's commit", otherAgentsCommit],
  ])('A6: %s applies to the base and to the finished change, and stays green', async (_, scripted) => {
    for (const revision of ['base', 'HEAD']) {
      const finished = (await sh('git', ['rev-parse', 'HEAD'])).output.trim()
      await sh('git', ['checkout', '--quiet', '--detach', revision])
      for (const each of scripted.edits) await edit(each.path, each.oldText, each.newText)
      expect(await typecheck()).toEqual({ code: 0, output: '' })
      expect((await runTests()).code).toBe(0)
      await sh('git', ['checkout', '--quiet', '--force', '--detach', finished])
    }
  })
})
