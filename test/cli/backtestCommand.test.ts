/** `countersign backtest` as a command: the range, two policies, the page, what it may touch, and its errors. */
import { readdirSync, writeFileSync } from 'node:fs'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { backtest } from '../../src/cli/backtest.ts'
import { BacktestReport } from '../../src/cli/backtestReport.ts'
import { runProgram, startProgram } from '../support/process.ts'
import { goodFiles, inForce, openShop, policyFile, type Shop, secret, shop } from './pastShop.ts'
import { folder, printed, removeFolders } from './support.ts'

let town: Shop

beforeAll(async () => {
  town = await openShop()
  const { ada, lin, world, past } = town
  await past({ by: ada, branch: 'person', commits: [{ 'src/person.mjs': 'export const person = 1\n' }] })
  await past({ branch: 'good', approvedBy: [lin] })
  const withKey = { ...goodFiles('word'), 'src/word.mjs': `export const word = '${secret}'\n` }
  await past({ branch: 'word', commits: [withKey], approvedBy: [lin] })
  // The first is touched again, and was still merged first.
  await world.as('eve').comment(shop, 1, 'Nice.')
}, 240_000)
afterAll(async () => {
  await town?.close()
  removeFolders()
})

async function run(args: string[] = [], settings: Record<string, string | undefined> = {}) {
  const { output, text } = printed()
  const given = { GITHUB_TOKEN: town.world.tokenOf('ada'), GITHUB_API_URL: town.world.apiUrl, ...settings }
  const code = await backtest(args[0]?.includes('/') ? args : [shop, ...args], given, '/', output)
  return { code, ...text }
}
async function report(args: string[]) {
  const { code, out } = await run([...args, '--json'])
  return { code, report: BacktestReport.parse(JSON.parse(out)) }
}
const looked = async (...args: string[]) =>
  (await report(args)).report.pulls.map(({ number }) => number).sort()
/** The same GitHub, which never hands out a commit. */
async function withoutCommits(target: string) {
  const server = createServer((asked, answer) => {
    if (asked.url?.endsWith('/git-upload-pack')) return
    const { method, headers, url = '/' } = asked
    const passed = request(new URL(url, target), { method, headers }, (given) => {
      answer.writeHead(given.statusCode ?? 502, given.headers)
      given.pipe(answer)
    })
    asked.pipe(passed)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const close = () =>
    new Promise((resolve) => {
      server.close(resolve)
      server.closeAllConnections()
    })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close }
}
async function until(holds: () => boolean) {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 20))
}
function file(text: string): string {
  const path = join(folder(), 'strict.yml')
  writeFileSync(path, text)
  return path
}

describe('countersign backtest', () => {
  test('O7: the range is by the day of the merge, whatever was touched since', async () => {
    expect(await looked()).toEqual([1, 2, 3])
    expect(await looked('--last', '2')).toEqual([2, 3])
    expect(await looked('--since', '2026-03-02')).toEqual([2, 3])
    expect(await looked('--since', '2026-03-02T10:30:00Z')).toEqual([3])
    await town.ada.push(shop, 'release', { base: 'main', files: {} })
    expect(await run(['--branch', 'release'])).toMatchObject({
      code: 2,
      err: expect.stringMatching(/No pull request was merged into release/),
    })
  }, 120_000)

  test('O7: exit code 0 where all would have passed, 1 where one would not', async () => {
    expect((await report(['--since', '2026-03-03'])).code).toBe(1)
    const lax = file(inForce.replace('gates:', 'gates:\n  secrets: { ignore_paths: ["src/**"] }'))
    expect((await report(['--policy', lax])).code).toBe(0)
  }, 120_000)

  test('O7: exit code 3 where nothing is stopped and something cannot be known', async () => {
    const place = folder()
    const tested = file(`commands: { typecheck: { run: "touch ${place}/ran" } }\n${inForce}`)
    const { code, report: told } = await report(['--policy', tested, '--since', '2026-03-02'])
    expect([code, readdirSync(place)]).toEqual([1, []])
    const good = told.pulls.find(({ number }) => number === 2)
    expect(good).toMatchObject({
      outcome: 'unknown',
      findings: [
        {
          part: 'types',
          state: 'unknown',
          sentence: expect.stringMatching(/nothing of the repository is run/),
        },
      ],
    })
    const lax = file(
      `commands: { typecheck: { run: "true" } }\n${inForce.replace('gates:', 'gates:\n  secrets: { ignore_paths: ["src/**"] }')}`,
    )
    expect((await report(['--policy', lax])).code).toBe(3)
  }, 120_000)

  test('O7, A3: another policy is compared with the one in force', async () => {
    const strict = file(inForce.replace('solo', 'team').replace('gates:', 'people: gates\ngates:'))
    const { report: told } = await report(['--policy', strict])
    expect(told).toMatchObject({
      policy: expect.stringMatching(/strict\.yml$/),
      comparedWith: `${policyFile} at main`,
    })
    expect(told.summary.different).toEqual([3, 2, 1])
    const by = new Map(told.pulls.map((pull) => [pull.number, pull]))
    expect(by.get(1)).toMatchObject({
      outcome: 'flagged',
      treatment: 'gates',
      inForce: { outcome: 'passes', findings: [] },
    })
    expect(by.get(2)?.findings).toMatchObject([
      { part: 'approvals', sentence: expect.stringMatching(/Approved by lin; needed: 2 more engineers/) },
    ])
    const page = (await run(['--policy', strict])).out
    expect(page).toMatch(/Judged differently by .*strict\.yml than by the policy in force/)
    expect(page).toMatch(/#2 {2}passes -> blocked: \+ approvals blocked/)
    expect(page).toMatch(/#1 {2}passes -> flagged: \+ tests-with-code flagged, \+ docs-with-code flagged/)
  }, 120_000)

  test('O7: the page fits 100 columns, names the worst first with its link, and says what it leaves out', async () => {
    const { out } = await run()
    const lines = out.split('\n')
    expect(lines.filter((line) => [...line].length > 100)).toEqual([])
    expect(lines[0]).toBe('acme/shop, main: 3 pull requests merged from 2026-03-01 to 2026-03-03')
    expect(out).toMatch(/1 of people, 2 of agents/)
    expect(out).toMatch(/The worst first\n {2}blocked {2}#3/)
    expect(out).toContain(`${town.world.url}/${shop}/pull/3, merged 2026-03-03`)
    expect(out).toMatch(/G16 {3}Secrets +1 +· +·/)
    expect(out).toMatch(/2 pull requests would also have waited for the approval of a plan/)
    expect(out).not.toContain(secret)
  }, 60_000)

  test('O7: it reads, and leaves nothing behind; it says how much it took', async () => {
    const before = town.world.requests.length
    const temporary = process.env['TMPDIR']
    const place = folder()
    process.env['TMPDIR'] = place
    const { out, err } = await run().finally(() => {
      if (temporary === undefined) delete process.env['TMPDIR']
      else process.env['TMPDIR'] = temporary
    })
    const made = town.world.requests.slice(before)
    const posted = made.filter(({ method }) => method !== 'GET').map(({ path }) => path)
    expect(new Set(posted)).toEqual(new Set(['/api/graphql', `/${shop}.git/git-upload-pack`]))
    expect(JSON.stringify(made.map(({ body }) => body))).not.toMatch(/mutation/)
    const counted = made.filter(({ template }) => template !== null).length
    expect(out).toContain(`${counted} requests to GitHub`)
    expect(err).toMatch(
      /3 merged pull requests of acme\/shop \(main\): about \d+ requests to GitHub, and \d+ of \d+ are left/,
    )
    expect(readdirSync(place)).toEqual([])
    expect(out + err).not.toContain(town.world.tokenOf('ada'))
  }, 60_000)

  test('O7: runs as a command, with the policy beside the person who asks', async () => {
    const cwd = folder()
    writeFileSync(join(cwd, 'mine.yml'), inForce)
    const { code, stdout } = await runProgram(
      'src/cli/main.ts',
      ['backtest', shop, '--policy', 'mine.yml', '--last', '1'],
      { cwd, environment: { GITHUB_TOKEN: town.world.tokenOf('ada'), GITHUB_API_URL: town.world.apiUrl } },
    )
    expect(code).toBe(1)
    expect(stdout).toMatch(/judged by mine\.yml\n/)
    expect(stdout).toMatch(/1 {2}would have been blocked +█/)
    expect(stdout).toMatch(/The policy in force \(.*\) says the same of all of them/)
  }, 60_000)

  test('O7: who ends it finds nothing left behind', async () => {
    const place = folder()
    const { url, close } = await withoutCommits(town.world.url)
    const program = startProgram('src/cli/main.ts', ['backtest', shop], {
      environment: {
        GITHUB_TOKEN: town.world.tokenOf('ada'),
        GITHUB_API_URL: town.world.apiUrl.replace(town.world.url, url),
        TMPDIR: place,
      },
    })
    await program.says(/Fetching its commits/)
    await until(() => readdirSync(place, { recursive: true }).some((one) => `${one}`.endsWith('HEAD')))
    program.kill('SIGINT')
    expect(await program.ended).toBe(130)
    expect(program.output()).toMatchObject({
      stdout: '',
      stderr: expect.stringMatching(/nothing is left behind\.\n$/),
    })
    expect(readdirSync(place)).toEqual([])
    await close()
  }, 60_000)

  test('O7, T44: a policy file stands over the organisation’s policy and its floor', async () => {
    await town.world.createRepo('acme', '.github', {
      private: true,
      collaborators: { ada: 'admin' },
      files: { [policyFile]: 'floor: { profile: strict }\n' },
    })
    const raised = await report(['--policy', file(inForce)])
    expect(raised.report.pulls.find(({ number }) => number === 2)).toMatchObject({ profile: 'strict' })
  }, 60_000)

  test('O7, S9: who may not read permissions is told that origin and approvals cannot be known', async () => {
    town.world.route(
      'GET',
      '/repos/{owner}/{repo}/collaborators/{username}/permission',
      { permission: 'public' },
      () => ({ status: 403, body: { message: 'Must have push access to view collaborator permission.' } }),
    )
    const { report: told } = await report([])
    const outcomes = new Map(told.pulls.map(({ number, outcome }) => [number, outcome]))
    expect(Object.fromEntries(outcomes)).toEqual({ 1: 'unknown', 2: 'unknown', 3: 'blocked' })
  }, 60_000)

  test('O7, S9: a limit in the middle lets nothing pass, and says so', async () => {
    town.world.route('GET', '/repos/{owner}/{repo}/activity', { permission: 'public' }, () => ({
      status: 403,
      headers: { 'retry-after': '600' },
      body: { message: 'You have exceeded a secondary rate limit.' },
    }))
    const { report: told } = await report([])
    expect(told.summary.outcomes.passes).toBe(0)
    expect(JSON.stringify(told.pulls)).toMatch(/rate limit was reached/)
  }, 60_000)
})

describe('countersign backtest that cannot be run', () => {
  test.each([
    ['no token', [], { GITHUB_TOKEN: '' }, /GITHUB_TOKEN is missing: set it/],
    [
      'a token that GitHub does not know',
      [],
      { GITHUB_TOKEN: 'x'.repeat(40) },
      /does not accept GITHUB_TOKEN/,
    ],
    ['no such repository', ['acme/none'], {}, /acme\/none cannot be seen with this token/],
    ['no repository', ['a/b/c'], {}, /Name one repository as owner\/repo/],
    ['no such branch', ['--branch', 'gone'], {}, /no branch gone .*--branch/],
    [
      'an empty range',
      ['--since', '2027-01-01'],
      {},
      /No pull request was merged into main .* since 2027-01-01/,
    ],
    ['no number', ['--last', '501'], {}, /--last is "501"; it takes a number from 1 to 500/],
    ['no date', ['--since', 'monday'], {}, /--since is "monday"; it takes a date such as/],
    ['both', ['--since', '2026-01-01', '--last', '3'], {}, /Choose one of --last and --since/],
    ['an unknown option', ['--fix'], {}, /--fix/],
    [
      'a missing policy file',
      ['--policy', '/none.yml'],
      {},
      /policy file \/none\.yml cannot be read \(ENOENT\)/,
    ],
  ] as const)('O7: %s', async (_, args, settings, words) => {
    const { code, out, err } = await run([...args], settings)
    expect([code, out]).toEqual([2, ''])
    expect(err).toMatch(words)
  })

  test('O7: a broken policy file is told by line and column', async () => {
    const broken = file('approvals:\n  profil: strict\n')
    expect(await run(['--policy', broken])).toMatchObject({
      code: 2,
      err: expect.stringMatching(/strict\.yml:2:3: .*Did you mean `profile`/),
    })
  })

  test('O7: a broken policy in force is told, and another one is judged without a comparison', async () => {
    await town.ada.push(shop, 'main', { files: { [policyFile]: 'approvals:\n  profil: strict\n' } })
    expect(await run()).toMatchObject({
      code: 2,
      err: expect.stringMatching(/countersign\.yml:2:3: .*Or judge by another one with --policy FILE/s),
    })
    const { out, err } = await run(['--policy', file(inForce), '--last', '1'])
    expect(err).toMatch(/policy in force is broken, so there is no comparison/)
    expect(out).toMatch(/1 pull request merged on 2026-03-03/)
  }, 60_000)

  test('O7: it does not begin what this hour’s requests do not allow', async () => {
    const core = { limit: 5000, used: 4985, remaining: 15, reset: Date.parse('2026-03-04T10:00:00Z') / 1000 }
    town.world.route('GET', '/rate_limit', { permission: 'public' }, () => ({
      status: 200,
      body: { resources: { core, search: core, graphql: core }, rate: core },
    }))
    const { code, err } = await run(['--policy', file(inForce)])
    expect(code).toBe(2)
    expect(err).toMatch(
      /15 of 5000 are left in this hour\. Look at fewer with --last 1, or run it after 10:00 UTC/,
    )
  })
})
