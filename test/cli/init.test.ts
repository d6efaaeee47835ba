/** `countersign init` against the stand-in GitHub over HTTP: what it proposes, shows, leaves alone and does once. */
import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { init } from '../../src/cli/init.ts'
import { detect } from '../../src/cli/initDetect.ts'
import { policyText } from '../../src/cli/initPolicy.ts'
import { readBundle } from '../../src/delegation/bundle.ts'
import { parsePolicy } from '../../src/policy/parse.ts'
import { defaultPolicy } from '../../src/policy/schema.ts'
import { createContract } from '../../world/contract/contract.ts'
import { type GitHubWorld, startGitHub } from '../../world/index.ts'

const permissions = parse(readFileSync('app.yml', 'utf8')).default_permissions as Record<
  string,
  'read' | 'write'
>
const name = 'acme/shop'
const policyPath = '.github/countersign.yml'
const formPath = '.github/ISSUE_TEMPLATE/delegate-to-agent.yml'
const packageJson = JSON.stringify({
  scripts: { typecheck: 'tsc', lint: 'biome check', test: 'jest', build: 'tsc -p .' },
})
const ci = `name: CI
on: [push, pull_request]
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - run: npm ci
      - run: npm run typecheck && npm run lint
      - run: npm test
`
const release = 'on:\n  push:\n    branches: [main]\njobs: {}\n'

let world: GitHubWorld
beforeEach(async () => {
  world = await startGitHub({ contract: createContract(), permissions })
  world.createOrg('acme')
  for (const login of ['ada', 'lin', 'eve']) world.createUser(login)
})
afterEach(async () => {
  const { violations } = world
  await world.close()
  expect(violations).toEqual([])
})

async function repository(files: Record<string, string> = {}): Promise<void> {
  await world.createRepo('acme', 'shop', {
    collaborators: { ada: 'admin', lin: 'write', eve: 'read' },
    files: {
      'README.md': '# Shop\n',
      'package.json': packageJson,
      'package-lock.json': '{}\n',
      '.github/workflows/ci.yml': ci,
      '.github/workflows/release.yml': release,
      ...files,
    },
  })
}

async function run(words: string[] = ['--yes'], { login = 'ada', answer = null as boolean | null } = {}) {
  const printed = { out: '', err: '' }
  const settings = { GITHUB_TOKEN: world.tokenOf(login), GITHUB_API_URL: world.apiUrl }
  const code = await init([name, ...words], settings, {
    out: (text) => {
      printed.out += text
    },
    err: (text) => {
      printed.err += text
    },
    ask: async () => answer,
  })
  return { code, ...printed }
}

const api = (path: string) => world.as('ada').api('GET', `/repos/${name}${path}`)
async function file(path: string, ref = 'main'): Promise<string> {
  const found = (await api(`/contents/${path}?ref=${ref}`)) as { content: string }
  return Buffer.from(found.content, 'base64').toString('utf8')
}
const labels = async () => ((await api('/labels?per_page=100')) as { name: string }[]).map((one) => one.name)
const pulls = () => [...world.state.pulls.values()]
const merge = async (number: number) => world.as('ada').api('PUT', `/repos/${name}/pulls/${number}/merge`, {})
const push = (branch: string, path: string, content: string) =>
  world.as('lin').push(name, branch, { files: { [path]: content }, message: `Change ${path}` })

describe('countersign init', () => {
  test('D2: one pull request with policy and form, and the labels; nothing on the default branch', async () => {
    await repository()
    const { code, out, err } = await run()
    expect([code, err]).toEqual([0, ''])
    expect(pulls()).toMatchObject([{ headRef: 'countersign/init', baseRef: 'main', merged: false }])
    const files = (await api(`/pulls/${pulls()[0]?.number}/files`)) as { filename: string; status: string }[]
    expect(files.map((one) => [one.filename, one.status])).toEqual([
      [formPath, 'added'],
      [policyPath, 'added'],
    ])
    expect(await labels()).toEqual(expect.arrayContaining(['agent', 'agent:needs-human', 'hotfix', 'epic']))
    await expect(file(policyPath)).rejects.toThrow()

    // What it said it would do is what it did, to the letter.
    for (const path of [policyPath, formPath])
      for (const line of (await file(path, 'countersign/init')).trimEnd().split('\n'))
        expect(out).toContain(line)
    expect(out).toMatch(/Opened pull request #\d+: http/)
  })

  test('P6: the policy loads, runs what the CI of the repository runs, and lists the workflow that always runs', async () => {
    await repository()
    await run()
    const text = await file(policyPath, 'countersign/init')
    const parsed = parsePolicy(text)
    if (!parsed.ok) throw new Error(parsed.sentence)
    const { commands, gates, ...rest } = parsed.policy
    expect(Object.entries(commands).map(([key, one]) => [key, one?.run])).toEqual([
      ['setup', 'npm ci'],
      ['typecheck', 'npm run typecheck'],
      ['lint', 'npm run lint'],
    ])
    expect(gates.ci.workflows).toEqual([
      { path: '.github/workflows/ci.yml', event: 'pull_request', jobs: [] },
    ])
    // Nothing else is set: no default is loosened.
    const { commands: _commands, gates: standing, ...untouched } = defaultPolicy
    expect(rest).toEqual(untouched)
    expect({ ...gates, ci: standing.ci }).toEqual(standing)
    expect(text).toContain(
      '# Not listed: .github/workflows/release.yml, since it runs on push only for some branches.',
    )
    expect(text).toMatch(/#\s+run: npm test/)
    expect(text).toMatch(/# {3}build: \{ run: "npm run build" \}/)
  })

  test('D2: the form, filled in as GitHub renders it, is a complete bundle, and it delegates nothing by itself', async () => {
    await repository()
    await run()
    const form = parse(await file(formPath, 'countersign/init')) as {
      labels?: string[]
      body: {
        type: string
        id?: string
        attributes: { label?: string; value?: string; options?: string[] }
      }[]
    }
    expect(form.labels).toBeUndefined()
    const answers: Record<string, string> = {
      goal: 'Refuse input over 1000 characters.',
      // The form's own example, each part written out.
      criteria:
        '- 1001 characters are refused\n  Pass example: 1001 give an error\n  Fail example: 1001 give a tree',
      constraints: '- No new dependency',
      prior_art: '- `README.md`',
    }
    const filled = form.body
      .filter((one) => one.type !== 'markdown')
      .map((one) => {
        const value = one.type === 'dropdown' ? one.attributes.options?.[1] : answers[one.id ?? '']
        return `### ${one.attributes.label}\n\n${value}\n`
      })
      .join('\n')
    const reading = readBundle(filled)
    expect(reading).toMatchObject({ ok: true, bundle: { riskClass: 'medium', priorArt: ['README.md'] } })
    // Left as GitHub renders empty fields, each part is named as missing.
    const empty = readBundle(filled.replace(/\n\n[\s\S]*?\n(?=\n###|$)/g, '\n\n_No response_\n'))
    expect(empty.ok ? [] : empty.gaps.map((gap) => gap.part)).toEqual(
      expect.arrayContaining(['Goal', 'Acceptance criteria', 'Constraints', 'Prior art', 'Risk class']),
    )
  })

  test('S7: run again it says that there is nothing to do, before the merge and after it', async () => {
    await repository()
    await run()
    const requests = () => world.requests.filter((one) => one.method !== 'GET').length
    const before = requests()
    const again = await run()
    expect(again.code).toBe(0)
    expect(again.out).toMatch(/Nothing to do in acme\/shop\. Pull request #\d+ waits: http/)
    await merge(pulls()[0]?.number ?? 0)
    const merged = await run()
    expect([merged.code, merged.out]).toEqual([0, expect.stringMatching(/Nothing to do in acme\/shop\.\n$/)])
    expect(pulls()).toHaveLength(1)
    // The merge was ours; init itself wrote nothing more.
    expect(requests() - before).toBe(0)
  })

  test('S7: run again after the repository has changed, it brings its own pull request up to date', async () => {
    await repository()
    await run()
    await push('main', '.github/workflows/lint.yml', 'on: pull_request\njobs: {}\n')
    const again = await run()
    expect(again.out).toMatch(/Updated pull request #\d+/)
    expect(pulls()).toHaveLength(1)
    expect(await file(policyPath, 'countersign/init')).toContain('lint.yml')
    expect((await run()).out).toContain('Nothing to do')
  })

  test('never overwrites: what is on the default branch, or was changed in the pull request, stays and is named', async () => {
    await repository({ [policyPath]: 'delegation: { label: robot }\n' })
    const first = await run()
    expect(first.out).toContain(`${policyPath} is on main already and is left as it is.`)
    expect(await file(policyPath, 'countersign/init')).toBe('delegation: { label: robot }\n')
    // The form and the labels follow the policy that is there.
    expect(await file(formPath, 'countersign/init')).toContain('robot')
    expect(await labels()).toContain('robot')
    expect(await labels()).not.toContain('agent')

    await push('countersign/init', formPath, 'name: ours\n')
    const again = await run()
    expect(again.out).toMatch(/delegate-to-agent\.yml was changed by people in pull request #\d+/)
    expect(again.out).toContain('Nothing to do')
    expect(await file(formPath, 'countersign/init')).toBe('name: ours\n')
  })

  test('P13: the labels of agent profiles are created with what they are for, and stand in the form', async () => {
    await repository({
      [policyPath]:
        'profiles:\n  web: { label: Agent Web, description: The web pages }\n  docs: { label: agent-docs }\n',
    })
    await world.as('ada').api('POST', `/repos/${name}/labels`, { name: 'AGENT-DOCS', color: '000000' })
    const { out } = await run()
    expect(out).toContain('The label "agent-docs" is there already.')
    const created = (await api('/labels?per_page=100')) as { name: string; description: string | null }[]
    expect(created.find((one) => one.name === 'Agent Web')?.description).toBe('The web pages')
    expect(created.filter((one) => one.name.toLowerCase() === 'agent-docs')).toMatchObject([
      { name: 'AGENT-DOCS' },
    ])
    expect(await file(formPath, 'countersign/init')).toContain(
      '\\"agent\\", \\"Agent Web\\" or \\"agent-docs\\"',
    )
  })

  test('an interrupted run is taken up where it was', async () => {
    await repository()
    await run()
    const [pull] = pulls()
    // As if the process had ended between the branch and the pull request.
    world.state.pulls.delete(pull?.id ?? 0)
    const again = await run()
    expect([again.code, again.err]).toEqual([0, ''])
    expect(again.out).toMatch(/with what the branch holds already/)
    expect(again.out).toMatch(/Opened pull request #\d+/)
    expect(pulls()).toHaveLength(1)
  })
})

describe('countersign init asks, and refuses with the reason', () => {
  test('without a yes nothing is written', async () => {
    await repository()
    const refused = await run([], { answer: false })
    expect([refused.code, refused.out]).toEqual([1, expect.stringContaining('Nothing was done.')])
    const nobody = await run([], { answer: null })
    expect([nobody.code, nobody.err]).toEqual([2, expect.stringContaining('--yes')])
    expect(pulls()).toEqual([])
    expect(await labels()).not.toContain('agent')
    expect((await run([], { answer: true })).code).toBe(0)
    expect(pulls()).toHaveLength(1)
  })

  test('a closed pull request, a branch of somebody, a broken policy, no access: each has its sentence', async () => {
    await repository()
    await push('countersign/init', 'x.txt', 'mine\n')
    expect((await run()).err).toMatch(/holds commits that are not from init/)
    expect(await file('x.txt', 'countersign/init')).toBe('mine\n')
    await world.as('ada').api('DELETE', `/repos/${name}/git/refs/heads/countersign/init`)
    await run()
    const [pull] = pulls()
    await world.as('ada').api('PATCH', `/repos/${name}/pulls/${pull?.number}`, { state: 'closed' })
    expect((await run()).err).toMatch(/was closed or merged.*delete the branch/)
    expect((await run(['--yes'], { login: 'eve' })).code).toBe(2)
    await push('main', policyPath, 'merge: { mode: always }\n')
    const broken = await run()
    expect([broken.code, broken.err]).toEqual([2, expect.stringContaining('merge.mode')])
  })

  test.each([
    [['--force'], /"--force" is not an option/],
    [['acme/other'], /"acme\/other" is not an option/],
  ])('%j is refused with the usage', async (words, why) => {
    await repository()
    const { code, err } = await run(words)
    expect(code).toBe(2)
    expect(err).toMatch(why)
    expect(err).toContain('countersign init <owner/repo>')
  })
})

describe('what is read out of a repository', () => {
  const files = (parts: Partial<Parameters<typeof detect>[0]>) =>
    detect({ packageJson, root: ['package-lock.json'], workflows: [], ...parts })
  const workflow = (text: string) => files({ workflows: [{ path: '.github/workflows/a.yml', text }] })

  test.each([
    ['on: push', 'push'],
    ['on: pull_request', 'pull_request'],
    ['on: [push, workflow_dispatch]', 'push'],
    ['on:\n  pull_request:\n  push:\n    branches: [main]', 'pull_request'],
    ['on:\n  push: {}\n', 'push'],
    ['on:\n  pull_request: { paths: ["src/**"] }', null],
    ['on:\n  pull_request: { types: [labeled] }', null],
    ['on: schedule', null],
    ['on: 3', null],
    ['- a', null],
    ['a: [', null],
    ['', null],
  ])('G17: a workflow %j is listed for %s', (text, event) => {
    const [found] = workflow(text).workflows
    expect(found?.event).toBe(event)
    if (event === null) expect(found?.why).toMatch(/^it (is|runs) /)
  })

  test.each([
    ['npm run lint', true],
    ['npm run lint:fix', false],
    ['npm run -s lint', true],
    ['npm lint', false],
    ['# npm run lint', false],
    ['pnpm run lint', false],
    ['echo npm; npm run typecheck && npm run lint', true],
  ])('P6: whether CI runs the script lint by %j: %s', (line, inCi) => {
    const { commands } = workflow(`on: push\njobs:\n  a:\n    steps:\n      - run: ${line}\n`)
    expect(commands.find((one) => one.name === 'lint')).toMatchObject({ inCi, run: 'npm run lint' })
  })

  test('every detected thing gives a policy that loads, and nothing that CI does not run is set', () => {
    for (const found of [
      files({}),
      files({ root: [] }),
      files({ packageJson: 'no json {' }),
      files({ packageJson: '{"scripts":{"test":"echo \\"Error: no test specified\\" && exit 1"}}' }),
      files({ packageJson: null, root: ['go.mod', 'Cargo.toml', 'pyproject.toml'] }),
      workflow('on:\n  push: { "a\\nb: evil": 1 }'),
    ]) {
      const parsed = parsePolicy(policyText(found, defaultPolicy))
      if (!parsed.ok) throw new Error(parsed.sentence)
      expect(parsed.policy.commands).toEqual({})
    }
  })

  test('what stands as a comment is right as well, once the # in front of it is taken away', () => {
    for (const found of [
      files({}),
      files({ packageJson: null, root: ['go.mod', 'Cargo.toml'] }),
      workflow(ci),
    ]) {
      const text = policyText(found, defaultPolicy).replace(/^# (?=(?: {2,}\S|[a-z]+:(?: |$)))/gm, '')
      const parsed = parsePolicy(text)
      if (!parsed.ok) throw new Error(`${parsed.sentence}\n${text}`)
      expect(Object.keys(parsed.policy.commands)).toEqual(expect.arrayContaining(['setup', 'test']))
      expect(parsed.policy.profiles).toMatchObject({ docs: { label: 'agent-docs' } })
      expect(parsed.policy.seniors).toEqual(['your-org/seniors'])
    }
  })

  test('T44: what the organisation has decided is not written again', () => {
    const organisation = parsePolicy(
      'commands: { lint: { run: make lint } }\ngates: { ci: { enabled: false } }\n',
    )
    if (!organisation.ok) throw new Error('the policy is broken')
    const found = workflow('on: push\njobs: { a: { steps: [{ run: npm run lint && npm run typecheck }] } }')
    const parsed = parsePolicy(policyText(found, organisation.policy), undefined, organisation.policy)
    if (!parsed.ok) throw new Error(parsed.sentence)
    expect(parsed.policy.commands.lint?.run).toBe('make lint')
    expect(parsed.policy.commands.typecheck?.run).toBe('npm run typecheck')
    expect(parsed.policy.gates.ci).toMatchObject({ enabled: false, workflows: [] })
  })
})
