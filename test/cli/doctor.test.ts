/** `countersign doctor` against the stand-in GitHub over HTTP: what it shows, what it mends, what it records. */
import { readFileSync } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { systemClock } from '../../src/adapters/clock.ts'
import { openLedger } from '../../src/adapters/ledger/open.ts'
import { silentLog } from '../../src/adapters/log.ts'
import { doctor } from '../../src/cli/doctor.ts'
import { EnforcementProof, proofSetting } from '../../src/core/snapshot/rules.ts'
import { createContract } from '../../world/contract/contract.ts'
import { type GitHubWorld, startGitHub } from '../../world/index.ts'

const permissions = parse(readFileSync('app.yml', 'utf8')).default_permissions as Record<
  string,
  'read' | 'write'
>
const name = 'acme/shop'
let world: GitHubWorld
let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-doctor-'))
  world = await startGitHub({ contract: createContract(), permissions })
  for (const login of ['ada', 'lin']) world.createUser(login)
  world.createOrg('acme', { owners: ['ada'] })
  await world.createRepo('acme', 'shop', {
    private: true,
    collaborators: { ada: 'admin', lin: 'write' },
    files: { 'README.md': '# Shop\n', '.github/countersign.yml': 'merge:\n  mode: merge\n' },
  })
  world.installApp(world.app, 'acme')
})
afterEach(async () => {
  const { violations } = world
  await world.close()
  await rm(folder, { recursive: true, force: true })
  expect(violations).toEqual([])
})

async function run(words: string[], login = 'ada', more: Record<string, string> = {}) {
  const printed = { out: '', err: '' }
  const settings = {
    GITHUB_TOKEN: world.tokenOf(login),
    APP_ID: String(world.app.id),
    PRIVATE_KEY: world.app.privateKeyPem,
    GITHUB_API_URL: world.apiUrl,
    COUNTERSIGN_DATA_DIR: folder,
    ...more,
  }
  const code = await doctor([name, ...words], settings, {
    out: (text) => {
      printed.out += text
    },
    err: (text) => {
      printed.err += text
    },
  })
  return { code, ...printed }
}

type Shown = { branches: { lines: { id: string; state: string; sentence: string; mend: string | null }[] }[] }
async function lines(login = 'ada') {
  const { out, code } = await run(['--json'], login)
  const shown = (JSON.parse(out) as Shown).branches[0]?.lines ?? []
  return { code, state: Object.fromEntries(shown.map((line) => [line.id, line.state])), shown }
}
const admin = (method: string, path: string, body?: unknown) =>
  world.as('ada').api(method, `/repos/${name}${path}`, body)

describe('countersign doctor', () => {
  test('A5: an unprotected repository is red line by line, each with what mends it', async () => {
    const { code, state, shown } = await lines()
    expect(code).toBe(1)
    expect(state).toMatchObject({ checks: 'red', updates: 'red', forcePushes: 'red', deletions: 'red' })
    for (const line of shown) expect([line.id, line.state === 'green']).toEqual([line.id, line.mend === null])
    expect(shown.find((line) => line.id === 'checks')?.sentence).toMatch(/`countersign\/plan`.* not required/)
  })

  test('A5: --fix shows and applies the two rulesets of merge mode, twice without doubling them', async () => {
    const first = await run(['--fix'])
    expect(first.out).toContain('"bypass_mode": "pull_request"')
    expect(first.out).toMatch(/Created the ruleset "Countersign: required checks"/)
    const { state } = await lines()
    expect(state).toMatchObject({
      checks: 'green',
      updates: 'green',
      forcePushes: 'green',
      deletions: 'green',
      bypass: 'green',
    })
    const [checks] = [...world.state.rulesets.values()].filter((one) => one.name.endsWith('required checks'))
    await admin('PUT', `/rulesets/${checks?.id}`, { rules: [{ type: 'deletion' }] })
    expect((await lines()).state).toMatchObject({ checks: 'red', forcePushes: 'red', deletions: 'green' })
    expect((await run(['--fix'])).out).toMatch(/Restored the ruleset "Countersign: required checks"/)
    expect(world.state.rulesets.size).toBe(2)
    // People cannot update main any more; that is what it is for.
    await expect(world.as('lin').push(name, 'main', { files: { 'a.txt': 'a' } })).rejects.toThrow(
      /protected ref/,
    )
  })

  test('A5: in checks mode it is the one ruleset', async () => {
    await run(['--mode', 'checks', '--fix'])
    expect([...world.state.rulesets.values()].map((one) => one.name)).toEqual([
      'Countersign: required checks',
    ])
    expect([...world.state.rulesets.values()][0]?.bypassActors).toEqual([])
  })

  test('T15: a check required by name alone, or from another App, is red', async () => {
    await run(['--fix'])
    const [one] = [...world.state.rulesets.values()].filter((ruleset) =>
      ruleset.name.endsWith('required checks'),
    )
    for (const integration_id of [undefined, world.app.id + 1]) {
      const required = ['plan', 'gates', 'review'].map((word) => ({
        context: `countersign/${word}`,
        ...(integration_id === undefined ? {} : { integration_id }),
      }))
      const parameters = { strict_required_status_checks_policy: false, required_status_checks: required }
      await admin('PUT', `/rulesets/${one?.id}`, { rules: [{ type: 'required_status_checks', parameters }] })
      const { shown } = await lines()
      expect(shown.find((line) => line.id === 'checks')).toMatchObject({
        state: 'red',
        sentence: expect.stringMatching(/not from this App/),
      })
    }
  })

  test('A5: everyone else who may bypass is named, and so is the App where it may bypass the checks', async () => {
    await run(['--fix'])
    const sets = [...world.state.rulesets.values()]
    const checks = sets.find((one) => one.name.endsWith('required checks'))
    const actor = (actor_type: string, actor_id: number, bypass_mode: string) => ({
      bypass_actors: [{ actor_type, actor_id, bypass_mode }],
    })
    for (const [given, words] of [
      [actor('RepositoryRole', 5, 'always'), /everyone with the role admin/],
      [actor('Integration', world.app.id, 'pull_request'), /the App \d+ \(by pull request\)/],
      [actor('OrganizationAdmin', 1, 'exempt'), /owners of the organisation, leaving no trace/],
    ] as const) {
      await admin('PUT', `/rulesets/${checks?.id}`, given)
      const line = (await lines()).shown.find((one) => one.id === 'bypass')
      expect(line).toMatchObject({ state: 'red', sentence: expect.stringMatching(words) })
    }
  })

  test('A5: what this token is not shown is amber, never green', async () => {
    await run(['--fix'])
    const { code, state } = await lines('lin')
    expect(state).toMatchObject({ checks: 'green', bypass: 'amber', actionsToken: 'amber', classic: 'amber' })
    expect(code).toBe(3)
  })

  test('T38: a token that writes, Actions that approve and secrets in reach are red', async () => {
    await admin('PUT', '/actions/permissions/workflow', {
      default_workflow_permissions: 'write',
      can_approve_pull_request_reviews: true,
    })
    await admin('PUT', '/actions/secrets/DEPLOY_KEY', {})
    const { state, shown } = await lines()
    expect(state).toMatchObject({ actionsToken: 'red', actionsApprove: 'red', secrets: 'red' })
    expect(shown.find((line) => line.id === 'secrets')?.sentence).toContain('DEPLOY_KEY')
  })

  test('T38: secrets that the organisation shares with the repository are in reach of agents too', async () => {
    for (const [secret, selected] of [
      ['NPM_TOKEN', { visibility: 'all' }],
      ['NOT_HERE', { visibility: 'selected', selected_repository_ids: [] }],
    ] as const)
      await world.as('ada').api('PUT', `/orgs/acme/actions/secrets/${secret}`, selected)
    const { shown } = await lines()
    expect(shown.find((line) => line.id === 'secrets')).toMatchObject({
      state: 'red',
      sentence: "Workflows on any branch, an agent's too, can read NPM_TOKEN (the organisation's) (T38).",
    })
  })

  test('A5: of more than a hundred environments none is taken for protected unseen', async () => {
    for (let at = 1; at <= 100; at++) await admin('PUT', `/environments/stage-${at}`, { wait_timer: 10 })
    await admin('PUT', '/environments/zone', {})
    expect((await lines()).shown.find((line) => line.id === 'environments')).toMatchObject({
      state: 'red',
      sentence: 'no protection rule on zone.',
    })
  })

  test('A5: an environment without a rule is red; with one it is amber, since GitHub does not say who bypasses it', async () => {
    await admin('PUT', '/environments/production', {})
    const environments = async () => (await lines()).shown.find((line) => line.id === 'environments')
    expect(await environments()).toMatchObject({
      state: 'red',
      sentence: 'no protection rule on production.',
    })
    await admin('PUT', '/environments/production', { wait_timer: 10 })
    expect(await environments()).toMatchObject({
      state: 'amber',
      sentence: expect.stringMatching(/whether administrators can bypass production/),
    })
  })

  test('A5, R4: what waits for a reviewer or a timer would hold a rollback, and is red', async () => {
    const rollback = async () => (await lines()).shown.find((line) => line.id === 'rollback')
    expect(await rollback()).toMatchObject({ state: 'green' })
    await admin('PUT', '/environments/production', { wait_timer: 10 })
    expect(await rollback()).toMatchObject({
      state: 'red',
      sentence: 'A rollback would be held: production waits for a timer.',
      mend: expect.stringMatching(/settings\/environments/),
    })
  })

  test("T38: a workflow that an agent's push or pull request starts and that deploys is red, one for named branches is not", async () => {
    const workflow = (on: string) =>
      `${on.startsWith('%') ? '' : 'on: '}${on}\njobs:\n  deploy:\n    environment: production\n    runs-on: x\n`
    const file = '.github/workflows/deploy.yml'
    for (const [on, state] of [
      ['push', 'red'],
      ['[pull_request]', 'red'],
      ['pull_request_target', 'red'],
      ['{ pull_request: { branches: [main] } }', 'red'],
      ['{ pull_request: { branches: ["release/*"] } }', 'green'],
      ['create', 'red'],
      ['workflow_dispatch', 'green'],
      ['%YAML 1.1\n---\non: push', 'red'],
      [
        `push\nx-some: &some { a: b }\nx-many: [${Array.from({ length: 25 }, () => '*some').join(', ')}]`,
        'red',
      ],
      ['{ push: { branches: [main] } }', 'green'],
      ['{ push: { branches: ["**", "!agent/**"] } }', 'green'],
      ['{ push: { branches-ignore: [main] } }', 'red'],
      ['{ push: { tags: ["v*"] } }', 'green'],
    ] as const) {
      await world.as('ada').push(name, 'main', { files: { [file]: workflow(on) } })
      const line = (await lines()).shown.find((one) => one.id === 'deploying')
      expect([on, line?.state]).toEqual([on, state])
      if (state === 'red') expect(line?.sentence).toContain(`${file} (to production)`)
    }
  })

  test('A5: shadow mode is red, and no proof is recorded of it', async () => {
    await world.as('ada').push(name, 'main', { files: { '.github/countersign.yml': 'enforce: false\n' } })
    const { out } = await run(['--mode', 'checks', '--fix'])
    expect(out).toMatch(/Shadow mode/)
    expect(out).toContain('No proof is recorded')
  })

  test('A5: permissions in excess and permissions that lack are named', async () => {
    world.app.permissions = { ...permissions, secrets: 'write' }
    for (const one of world.state.installations.values())
      one.permissions = { ...permissions, secrets: 'write', checks: 'read' }
    const line = (await lines()).shown.find((one) => one.id === 'permissions')
    expect(line).toMatchObject({ state: 'red', sentence: 'The installation lacks checks: write.' })
    for (const one of world.state.installations.values())
      one.permissions = { ...permissions, secrets: 'write' }
    expect((await lines()).shown.find((one) => one.id === 'permissions')?.sentence).toContain(
      'secrets: write',
    )
  })

  test('A5: actions: write may be held and may be missing; deployments may not', async () => {
    const held = async (over: Record<string, 'read' | 'write'>) => {
      world.app.permissions = { ...permissions, ...over }
      for (const one of world.state.installations.values()) one.permissions = { ...permissions, ...over }
      return (await lines()).shown.find((one) => one.id === 'permissions')
    }
    expect(await held({})).toMatchObject({ state: 'green' })
    expect(await held({ actions: 'write' })).toMatchObject({ state: 'green' })
    expect(await held({ deployments: 'read' })).toMatchObject({
      state: 'red',
      sentence: 'The installation lacks deployments: write.',
    })
  })

  test('T20: an update that bypassed the rules is named; the merges of the App are not', async () => {
    await run(['--fix'])
    const updates = [...world.state.rulesets.values()].find((one) =>
      one.name.endsWith('only the App updates'),
    )
    const checks = [...world.state.rulesets.values()].find((one) => one.name.endsWith('required checks'))
    const all = { actor_type: 'RepositoryRole', actor_id: 5, bypass_mode: 'always' }
    for (const one of [updates, checks]) await admin('PUT', `/rulesets/${one?.id}`, { bypass_actors: [all] })
    await world.as('ada').push(name, 'main', { files: { 'sneaked.txt': 'in' } })
    const line = (await lines()).shown.find((one) => one.id === 'bypassed')
    expect(line).toMatchObject({ state: 'red', sentence: expect.stringMatching(/1 update of main .* ada/) })
  })

  test('A5: the proof is recorded where the App reads it, only when it holds', async () => {
    expect((await run([])).out).toContain('No proof is recorded')
    await mkdir(join(folder, 'facts'))
    await run(['--fix'])
    const ledger = await openLedger(
      { dataDir: join(folder, 'facts') },
      { clock: systemClock, log: silentLog },
    )
    const kept = EnforcementProof.parse(
      JSON.parse((await ledger.setting(proofSetting(name, 'main'))) ?? 'null'),
    )
    await ledger.close()
    expect(kept).toMatchObject({ appId: world.app.id, mode: 'merge', by: 'ada' })
  })

  test.each([
    [['--what'], /not an option/],
    [['--mode', 'both'], /allowed: checks, merge/],
  ])('%s is refused with a sentence', async (words, sentence) => {
    const { code, err } = await run(words)
    expect([code, err]).toEqual([2, expect.stringMatching(sentence)])
  })

  test('a missing token, a repository that cannot be seen: exit code 2 and what to do', async () => {
    expect(await run([], 'ada', { GITHUB_TOKEN: '' })).toMatchObject({
      code: 2,
      err: expect.stringContaining('GITHUB_TOKEN is missing'),
    })
    world.createUser('eve')
    expect(await run([], 'eve')).toMatchObject({ code: 2, err: expect.stringContaining('404') })
  })
})
