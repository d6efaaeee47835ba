/** `countersign gates` on real repositories: answers, exit codes, formats, and that a hostile checkout cannot bend it. */
import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { gates } from '../../src/cli/gates.ts'
import { gatesPage } from '../../src/cli/gatesPage.ts'
import { renderPlanMessage } from '../../src/core/planMessage.ts'
import { cleanUp, commitFiles, git, newClone, scratch } from '../adapters/workspace/support.ts'
import { planFixture, recordFixture } from '../support/plan.ts'

let clone: string
let base: string

beforeAll(() => {
  const made = newClone({ 'src/a.ts': 'export const a = 1\n', 'README.md': 'x\n' })
  clone = made.directory
  base = made.sha
})
afterAll(cleanUp)

async function run(...args: string[]) {
  const printed = { out: '', err: '' }
  const code = await gates(args, clone, {
    out: (text) => {
      printed.out += text
    },
    err: (text) => {
      printed.err += text
    },
  })
  return { code, ...printed }
}
function change(files: Record<string, string | null>, message = 'change'): string {
  git(clone, 'checkout', '--quiet', '--force', '--detach', base)
  return commitFiles(clone, files, message)
}
const good = {
  'src/b.ts': 'export const b = 2\n',
  'test/b.test.ts': "test('b', () => expect(b).toBe(2))\n",
  'docs/b.md': 'b\n',
}

describe('countersign gates', () => {
  test('G5, G6, G10, G15, G16: a change with tests and docs passes, exit code 0', async () => {
    const head = change(good)
    const { code, out } = await run('--base', base, '--head', head)
    expect(out).toContain('pass  G10  scope')
    expect(out).toContain('Not asked here: types')
    expect(code).toBe(0)
  })

  test('G5, G6: code alone needs a person: exit code 1, or 0 with --allow-flags', async () => {
    change({ 'src/b.ts': 'export const b = 2\n' })
    const { code, out } = await run('--base', base)
    expect(out).toMatch(/flag {2}G5 {3}tests-with-code .*src\/b\.ts/)
    expect(code).toBe(1)
    expect((await run('--base', base, '--allow-flags')).code).toBe(0)
  })

  test('G16: JSON names the line of a secret and does not repeat it', async () => {
    const secret = `${'ghp'}_${'a1'.repeat(18)}`
    change({ ...good, 'src/c.ts': `\nexport const c = '${secret}'\n` })
    const { code, out } = await run('--base', base, '--json', '--allow-flags')
    const report = JSON.parse(out)
    const line = report.ranges[0].gates.find((one: { gate: string }) => one.gate === 'secrets')
    expect(line).toMatchObject({ state: 'fail', annotations: [{ path: 'src/c.ts', startLine: 2 }] })
    expect(out).not.toContain(secret)
    expect([code, report.stopped]).toEqual([1, true])
  })

  test('SARIF holds a rule for each gate and a location for each result', async () => {
    change({ '.github/workflows/ci.yml': 'on: push\n', 'src/a b.ts': 'a\u202eb\n' })
    const { out, code } = await run('--base', base, '--sarif')
    const [sarif] = JSON.parse(out).runs
    expect(code).toBe(1)
    const rules = sarif.tool.driver.rules.map((rule: { id: string }) => rule.id)
    for (const result of sarif.results) {
      expect(rules).toContain(result.ruleId)
      expect(result.locations[0].physicalLocation.artifactLocation.uri).not.toContain(' ')
    }
    expect(sarif.results.map((one: { ruleId: string }) => one.ruleId)).toEqual(
      expect.arrayContaining(['protected-paths', 'gate-integrity', 'hidden-text']),
    )
  })

  test('--each judges every commit on its own', async () => {
    change(good, 'first')
    commitFiles(clone, { 'src/late.ts': 'export const late = 1\n' }, 'second, without tests')
    const { out, code } = await run('--base', base, '--each', '--json')
    const states = JSON.parse(out).ranges.map(
      (range: { gates: { gate: string; state: string }[] }) =>
        range.gates.find((one) => one.gate === 'tests-with-code')?.state,
    )
    expect([states, code]).toEqual([['pass', 'flag'], 1])
  })

  test('P13: the plan in the range says under which agent profile it is judged', async () => {
    const files = (['src/b.ts', 'test/b.test.ts', 'docs/b.md'] as const).map((path) => ({
      path,
      change: 'add' as const,
      why: 'w',
    }))
    const message = renderPlanMessage(recordFixture(planFixture({ files }), { profile: 'web' }))
    git(clone, 'checkout', '--quiet', '--force', '--detach', base)
    git(clone, 'commit', '--quiet', '--allow-empty', '--cleanup=verbatim', '--message', message)
    commitFiles(clone, good, 'the change')
    const file = join(scratch('profile'), 'p.yml')
    const judged = async (policy: string) => {
      writeFileSync(file, policy)
      return (await run('--base', base, '--policy', file)).out
    }
    const web = (parts: string) => `profiles: { web: { label: agent-web, ${parts} } }\n`
    expect(await judged(web('paths: ["src/**", "test/**", "docs/**"]'))).toContain('pass  G10  scope')
    expect(await judged(web('paths: ["src/**", "test/**"]'))).toMatch(
      /fail {2}G10 {2}scope .*`docs\/b.md` is outside the paths that the profile web may change/,
    )
    expect(await judged(web('max_files: 2'))).toMatch(/fail {2}G10 {2}scope .*policy allows 2/)
    expect(await judged('version: 1\n')).toMatch(/fail {2}G10 {2}scope .*no longer has the profile web/)
  })

  test('policy comes from the base commit, never from the head; --policy names another', async () => {
    const lax = 'pipeline: { max_files: 1 }\n'
    const head = change({ ...good, '.github/countersign.yml': lax })
    const ours = await run('--base', base, '--head', head)
    expect(ours.out).toContain('judged by the built-in policy')
    expect(ours.out).toContain('pass  G10  scope')
    const file = join(scratch('policy'), 'p.yml')
    writeFileSync(file, lax)
    const named = await run('--base', base, '--head', head, '--policy', file)
    expect(named.out).toMatch(/fail {2}G10 {2}scope .*policy allows 1/)
    writeFileSync(file, 'gatez: 1\n')
    expect(await run('--base', base, '--policy', file)).toMatchObject({
      code: 2,
      err: expect.stringContaining('gatez'),
    })
  })

  test.each([
    [[], '--base REV is missing'],
    [['--base', 'no-such-branch'], 'names no commit'],
    [['--base=--upload-pack=touch /tmp/x'], 'names no commit'],
    [['--base', 'HEAD', '--bogus'], '--bogus'],
    [['--base', 'HEAD', '--json', '--sarif'], 'Choose one'],
    [['--base', 'HEAD', '--repo', '/'], 'not inside a git repository'],
    [['--base', 'HEAD', '--policy', '/nonexistent.yml'], 'cannot be read'],
  ])('%j cannot be judged: exit code 2 and a sentence', async (args, words) => {
    const { code, err, out } = await run(...args)
    expect([code, out]).toEqual([2, ''])
    expect(err).toContain(words)
  })

  test('T26: settings, hooks, filters and attributes of a hostile checkout do nothing', async () => {
    const hostile = newClone({ 'src/a.ts': 'a\n' })
    const marker = join(scratch('marker'), 'ran')
    const script = join(hostile.directory, '.git', 'evil.sh')
    writeFileSync(script, `#!/bin/sh\ntouch ${marker}\ncat\n`)
    chmodSync(script, 0o755)
    writeFileSync(
      join(hostile.directory, '.gitattributes'),
      '* diff=evil filter=evil merge=evil\n*.ts binary\n',
    )
    git(hostile.directory, 'add', '--all')
    git(hostile.directory, 'commit', '--quiet', '-m', 'attributes')
    commitFiles(hostile.directory, { 'src/b.ts': 'x\u202ey\n' })
    for (const [key, value] of [
      ['core.fsmonitor', script],
      ['core.hooksPath', join(hostile.directory, '.git')],
      ['diff.external', script],
      ['diff.evil.textconv', script],
      ['diff.evil.command', script],
      ['filter.evil.smudge', script],
      ['core.pager', script],
      ['core.attributesFile', join(hostile.directory, '.gitattributes')],
    ])
      execFileSync('git', ['-C', hostile.directory, 'config', key as string, value as string])
    const before = execFileSync('find', [
      join(hostile.directory, '.git'),
      '-newermt',
      '2000-01-01',
      '-type',
      'f',
    ]).toString()
    const { out } = await run('--repo', hostile.directory, '--base', hostile.sha)
    expect(out).toContain('U+202E')
    expect(existsSync(marker)).toBe(false)
    const after = execFileSync('find', [
      join(hostile.directory, '.git'),
      '-newermt',
      '2000-01-01',
      '-type',
      'f',
    ]).toString()
    expect(after).toBe(before)
  })

  test('a linked worktree, a sub-folder and a bare repository are found', async () => {
    const head = change(good)
    const linked = join(scratch('linked'), 'w')
    git(clone, 'worktree', 'add', '--quiet', '--detach', linked, head)
    symlinkSync('/etc', join(linked, 'etc'))
    expect((await run('--repo', join(linked, 'src'), '--base', base)).code).toBe(0)
    const bare = join(scratch('bare'), 'b.git')
    git(clone, 'clone', '--quiet', '--bare', clone, bare)
    expect((await run('--repo', bare, '--base', base, '--head', head)).code).toBe(0)
  })
})

test('docs/gates.md is what the gates say: run `npm run docs:gates` after a change', () => {
  const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'gates.md'), 'utf8')
  expect(page).toBe(gatesPage())
})
