/** `countersign backtest` on a repository with a past, over HTTP and with real git. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { backtest } from '../../src/cli/backtest.ts'
import { type BacktestPull, BacktestReport } from '../../src/cli/backtestReport.ts'
import { goodFiles, inForce, openShop, type Past, type Shop, secret, shop, workflow } from './pastShop.ts'
import { folder, printed, removeFolders } from './support.ts'

let town: Shop
/** Numbers of the pull requests by their branch. */
const numbers = new Map<string, number>()

beforeAll(async () => {
  town = await openShop()
  const { ada, lin, world } = town
  const past = async (told: Past) => numbers.set(told.branch, await town.past(told))
  const approvedBy = [lin]
  const pushed = (_: number, head: string) => ada.push(shop, 'main', { sha: head })
  const withKey = { ...goodFiles('word'), 'src/word.mjs': `export const word = '${secret}'\n` }
  const withKeyToo = { ...goodFiles('card'), 'src/card.mjs': `export const card = '${secret}'\n` }
  const later = { 'docs/later.md': '# Later\n' }

  await past({ by: ada, branch: 'person' })
  const judged = async (_: number, head: string) => {
    const name = 'countersign/gates'
    await town.ci.reportAs(head, { app: 'countersign', name, conclusion: 'action_required' })
  }
  await past({ branch: 'squashed', approvedBy, meanwhile: judged })
  await past({ branch: 'joined', approvedBy, method: 'merge' })
  await past({ branch: 'alone' })
  const login = { ...goodFiles('door'), 'src/auth/login.mjs': 'export const login = 1\n' }
  await past({ branch: 'guarded', commits: [login], approvedBy })
  await past({ branch: 'rebased', commits: [withKey, later], approvedBy, method: 'rebase' })
  await past({
    branch: 'direct',
    commits: [withKeyToo, later],
    approvedBy,
    merge: pushed,
  })
  await past({ branch: 'red', ci: 'failure', approvedBy })
  const five = { ...goodFiles('large'), 'docs/a.md': 'a\n', 'docs/b.md': 'b\n' }
  await past({ branch: 'large', commits: [five], approvedBy })
  const turned = { ...goodFiles('turned'), 'docs/turned.md': '# tur\u202ened\n' }
  await past({ branch: 'turned', commits: [turned], approvedBy })
  await past({ branch: 'silent', ci: null, approvedBy })
  await past({ branch: 'late' })
  await lin.approve(shop, numbers.get('late') ?? 0)
  const sent = async (number: number) => {
    await lin.requestChanges(shop, number, 'No.')
  }
  await past({ branch: 'refused', meanwhile: sent })
  const moved = async (number: number) => {
    await ada.push(shop, 'next', { base: 'main', files: {} })
    for (const base of ['next', 'main']) await ada.changeBase(shop, number, base)
  }
  await past({ branch: 'moved', approvedBy, meanwhile: moved })
  const dismissed = async (number: number) => {
    const review = await lin.approve(shop, number)
    await ada.dismissReview(shop, number, review.id)
  }
  await past({ branch: 'dismissed', meanwhile: dismissed })
  // The base is brought in after the approval, which keeps it (A2); what else came along would take it away.
  const updated = async (number: number) => {
    await lin.approve(shop, number)
    await ada.push(shop, 'main', { files: { 'NEWS.md': 'News\n' } })
    await ada.updateBranch(shop, number)
    const head = [...world.state.pulls.values()].find((one) => one.number === number)?.headSha ?? ''
    await town.ci.report(head, { event: 'push', conclusion: 'success' })
  }
  await past({ branch: 'updated', meanwhile: updated })
  const pushedOn = async (number: number) => {
    await lin.approve(shop, number)
    const head = await town.robo.push(shop, 'more', { files: { 'docs/more.md': '# And more\n' } })
    await town.ci.report(head, { event: 'push', conclusion: 'success' })
  }
  await past({ branch: 'more', meanwhile: pushedOn })
  const outside = await world.fork('eve', shop)
  await past({ by: world.as('eve'), branch: 'outside', fork: `eve/${outside.name}` })
  const fork = await world.fork('ada', shop)
  await past({ by: ada, branch: 'forked', fork: `ada/${fork.name}` })
  const pages = Object.fromEntries(Array.from({ length: 3001 }, (_, at) => [`docs/${at}.md`, '']))
  await past({ branch: 'endless', commits: [pages], approvedBy })
  await past({ branch: 'measured', ci: null, approvedBy, meanwhile: (_, head) => measure(head, 90) })
  await past({ branch: 'stale', ci: null, approvedBy, meanwhile: (_, head) => measure(head, 1) })
  town.nextDay(10)
}, 480_000)
afterAll(async () => {
  await town?.close()
  removeFolders()
})

/** CI that uploads its coverage. */
async function measure(head: string, retentionDays: number): Promise<void> {
  const run = await town.ci.report(head, { event: 'push', conclusion: null })
  const lcov = 'SF:src/measured.mjs\nDA:1,1\nend_of_record\n'
  const content = [{ name: 'lcov.info', bytes: Buffer.from(lcov) }]
  town.ci.upload(run, { name: 'coverage', content, retentionDays })
  await town.ci.finish(run, 'success')
}

async function run(args: string[] = [], settings: Record<string, string | undefined> = {}) {
  const { output, text } = printed()
  const given = { GITHUB_TOKEN: town.world.tokenOf('ada'), GITHUB_API_URL: town.world.apiUrl, ...settings }
  const code = await backtest(args[0]?.includes('/') ? args : [shop, ...args], given, folder(), output)
  return { code, ...text }
}
async function report(args: string[] = [], settings = {}) {
  const { code, out, err } = await run([...args, '--json'], settings)
  if (out === '') throw new Error(err)
  return { code, report: BacktestReport.parse(JSON.parse(out)) }
}
function pullOf({ pulls }: BacktestReport, branch: string): BacktestPull {
  const found = pulls.find(({ number }) => number === numbers.get(branch))
  if (!found) throw new Error(`${branch} was not looked at`)
  return found
}
const stops = ({ findings }: Pick<BacktestPull, 'findings'>) =>
  findings.map(({ part, state }) => `${part} ${state}`)
function policy(text: string): string {
  const file = join(folder(), 'strict.yml')
  writeFileSync(file, text)
  return file
}

describe('countersign backtest', () => {
  let all: BacktestReport
  let code: number
  beforeAll(async () => {
    ;({ code, report: all } = await report())
  }, 120_000)

  test.each([
    ['person', 'passes', []],
    ['squashed', 'passes', []],
    ['joined', 'passes', []],
    ['alone', 'blocked', ['approvals blocked']],
    ['guarded', 'flagged', ['protected-paths flagged']],
    ['rebased', 'blocked', ['secrets blocked']],
    ['direct', 'blocked', ['secrets blocked']],
    ['red', 'blocked', ['ci blocked']],
    ['large', 'blocked', ['scope blocked']],
    ['turned', 'blocked', ['hidden-text blocked']],
    ['silent', 'unknown', ['ci unknown']],
    ['late', 'blocked', ['approvals blocked']],
    ['refused', 'blocked', ['approvals blocked']],
    ['moved', 'unknown', ['history unknown']],
    ['dismissed', 'unknown', ['history unknown']],
    ['updated', 'passes', []],
    ['more', 'blocked', ['approvals blocked']],
    ['outside', 'blocked', ['approvals blocked', 'history unknown']],
    ['forked', 'unknown', ['history unknown']],
    ['endless', 'blocked', ['limits blocked']],
    ['measured', 'passes', []],
  ])('O7: %s would have ended as %s', (branch, outcome, expected) => {
    const pull = pullOf(all, branch)
    expect([pull.outcome, stops(pull)]).toEqual([outcome, expected])
  })

  test('O7: what is said of each is what production says, with its evidence and its place', () => {
    const said = (branch: string) => pullOf(all, branch).findings[0]
    expect(pullOf(all, 'person')).toMatchObject({ origin: { kind: 'person' }, treatment: 'pass' })
    expect(pullOf(all, 'squashed').origin).toEqual({
      kind: 'agent',
      sentence: expect.stringMatching(/opened by robo, an agent's account by policy/),
    })
    expect(said('rebased')?.places).toMatchObject([{ path: 'src/word.mjs', line: 1 }])
    expect(said('large')?.sentence).toMatch(/5 files changed and policy allows 4/)
    expect(said('late')?.sentence).toMatch(/No approval yet; needed: one person/)
    expect(said('refused')?.sentence).toMatch(/lin requested changes/)
    expect(said('endless')?.sentence).toMatch(/3001 changed files.*T18/)
    expect(pullOf(all, 'endless').url).toBe(`${town.world.url}/${shop}/pull/${numbers.get('endless')}`)
  })

  test('O7: a pass is only counted where nothing is unknown, and plan approvals are counted apart', () => {
    expect(all.summary).toMatchObject({
      pulls: 22,
      outcomes: { blocked: 11, flagged: 1, unknown: 4, passes: 6 },
      origins: { person: 1, agent: 18, unclear: 2, 'treated as an agent': 1 },
      withoutPlan: 19,
    })
    expect(pullOf(all, 'outside').origin.sentence).toMatch(/^Treated as an agent's.*eve has no write access/)
    expect(pullOf(all, 'forked')).toMatchObject({
      origin: { kind: 'unclear' },
      findings: [{ sentence: expect.stringMatching(/pushed to a fork is not told.*as if its author had/) }],
    })
    expect(code).toBe(1)
  })

  test('O7, G17: a check of the App that stood there already is nobody’s CI', async () => {
    const anyCi = policy(inForce.slice(0, inForce.indexOf('gates:')))
    const { report: told } = await report(['--policy', anyCi])
    expect(pullOf(told, 'squashed')).toMatchObject({ outcome: 'passes' })
    expect(pullOf(told, 'red')).toMatchObject({ outcome: 'blocked' })
  }, 120_000)

  test('O7, G18: a report that CI uploaded is read while it is there, and is not known any more once it expired', async () => {
    const reports = `  reports: [{ workflow: ${workflow}, event: push, artifact: coverage, path: lcov.info, format: lcov }]\n`
    const file = policy(`${inForce}${reports}`)
    const { report: compared } = await report(['--policy', file, '--last', '2'])
    expect(pullOf(compared, 'measured')).toMatchObject({ outcome: 'passes', inForce: { outcome: 'passes' } })
    expect(pullOf(compared, 'stale')).toMatchObject({
      outcome: 'unknown',
      findings: [
        { part: 'tests', state: 'unknown', sentence: expect.stringMatching(/not known any more.*expired/i) },
      ],
      inForce: { outcome: 'passes', findings: [] },
    })
    expect(compared.summary.different).toEqual([numbers.get('stale')])
  }, 120_000)
})
