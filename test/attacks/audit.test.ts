/** Attacks past the pull requests while nobody listens: the sweep finds what moved a protected branch, and says it once (T12, T20). */
import { afterAll, beforeAll, beforeEach, expect, jest, test } from '@jest/globals'
import { createAppAuth } from '@octokit/auth-app'
import { Octokit } from '@octokit/rest'
import { countRequests } from '../../demo/requests.ts'
import { goodFiles, openVillage, repository, type Village } from './village.ts'

jest.setTimeout(240_000)

const sweepSeconds = 5
let village: Village
let agent: Octokit

beforeAll(async () => {
  village = await openVillage({
    policy: 'branches:\n  protected: [release/*]\n',
    settings: { COUNTERSIGN_SWEEP_SECONDS: String(sweepSeconds) },
  })
  const { github } = village.stage
  const app = [...github.state.apps.values()].find(({ slug }) => slug === 'copilot-swe-agent')
  const installation = [...github.state.installations.values()].find(({ appId }) => appId === app?.id)
  if (!app || !installation) throw new Error('the village has no agent')
  agent = new Octokit({
    baseUrl: github.apiUrl,
    authStrategy: createAppAuth,
    auth: { appId: app.id, privateKey: app.privateKeyPem, installationId: installation.id },
  })
  const passing = [
    { actor_type: 'RepositoryRole', actor_id: 4, bypass_mode: 'always' },
    { actor_type: 'Integration', actor_id: app.id, bypass_mode: 'always' },
  ]
  for (const { id, bypassActors } of github.state.rulesets.values())
    await github.as('owner').api('PUT', `/repos/${repository}/rulesets/${id}`, {
      bypass_actors: [...bypassActors, ...passing],
    })
  await village.stage.settle()
})
afterAll(async () => {
  expect(village.stage.github.violations).toEqual([])
  await village.close()
})
beforeEach(async () => {
  village.stage.github.faults.clear()
  village.stage.github.setWebhookUrl(`${village.stage.app.url}/api/github/webhooks`)
  await village.stage.settle()
})

const deaf = () => village.stage.github.setWebhookUrl(null)
const dev = () => village.stage.github.as('dev')
const [owner = '', repo = ''] = repository.split('/')
const incidents = (text: string) => village.incidents().filter((one) => one.includes(text))
const reported = (text: string) =>
  village.stage.until(`an incident with ${text}`, () => incidents(text)[0], 90_000)

/** A commit on top of a branch, brought there by the agent's own App. */
async function agentPush(branch: string, files: Record<string, string>): Promise<string> {
  const [tip, tree] = [await village.tip(branch), await village.treeWith(branch, files)]
  const sha = await village.forge({ tree, parents: [tip] })
  await agent.rest.git.updateRef({ owner, repo, ref: `heads/${branch}`, sha })
  return sha
}

/** Resolves when two sweeps have begun from now on, so that a whole one lies behind. */
async function sweeps(): Promise<void> {
  const { github } = village.stage
  const begun = () =>
    github.requests.filter(({ template }) => template === '/installation/repositories').length
  for (let times = 0; times < 2; times++) {
    const before = begun()
    await village.stage.until('the next sweep', () => (begun() > before ? true : undefined))
  }
  await village.stage.settle()
}

test('T12, T20: the lost push of an agent is one incident after a sweep, and stays one', async () => {
  deaf()
  const sha = await agentPush('main', { 'lost.txt': 'lost' })
  expect(await reported(sha)).toMatch(
    /\*\*copilot-swe-agent\[bot\]\*\* pushed [0-9a-f]{40} to `main` past pull/,
  )
  await sweeps()
  expect(incidents(sha)).toHaveLength(1)
})

test('T12, T20: a listed branch is looked at as well, and no other', async () => {
  const { github } = village.stage
  await dev().push(repository, 'release/1', { files: goodFiles('one') })
  await village.stage.settle()
  deaf()
  const other = await agentPush('forged/scratch', { 'own.txt': 'own' }).catch(() => '')
  const own = await dev().push(repository, 'topic', { files: goodFiles('own') })
  const listed = await dev().push(repository, 'release/1', { files: goodFiles('two') })
  await reported(listed)
  await sweeps()
  expect([incidents(own), incidents(listed).length, other]).toEqual([[], 1, ''])
  expect(github.violations).toEqual([])
})

test('T12, T20: killed between the answer to the webhook and the audit, it is one incident all the same', async () => {
  const { github } = village.stage
  const reached = new Promise<void>((resolve) =>
    github.faults.stall({
      at: 'received',
      when: ({ path }) => path.endsWith('/activity'),
      reached: resolve,
    }),
  )
  const sha = await dev().push(repository, 'main', { files: { 'killed.txt': 'killed' } })
  await reached
  expect(incidents(sha)).toEqual([])
  await village.stage.restart()
  await reported(sha)
  await sweeps()
  expect(incidents(sha)).toHaveLength(1)
})

test('T5, T20: a commit that was there for a moment, and the force-push that took it back, are both told', async () => {
  const pull = await village.personPull('ana', 'merged', goodFiles('merged'))
  await dev().merge(repository, pull.number)
  await village.stage.settle()
  const before = await village.tip('main')
  deaf()
  const bad = await agentPush('main', { 'bad.txt': 'bad' })
  await agent.rest.git.updateRef({ owner, repo, ref: 'heads/main', sha: before, force: true })
  // The branch stands where it was looked at last, on a commit that a pull request brought.
  expect(await village.tip('main')).toBe(before)
  await reported(`force-pushed \`main\` from ${bad} to ${before}`)
  await reported(`pushed ${bad} to \`main\``)
  await sweeps()
  expect(incidents(bad)).toHaveLength(2)
})

test('T20: what was merged into an unlisted branch and then pushed to a listed one came past pull requests', async () => {
  await dev().push(repository, 'side', { files: { 'side.txt': 'side' }, base: 'main' })
  const pull = await village.personPull('ana', 'into-side', goodFiles('side'), 'side')
  await village.stage.settle()
  await dev().merge(repository, pull.number)
  const merged = await village.tip('side')
  await agent.rest.git.updateRef({ owner, repo, ref: 'heads/main', sha: merged })
  await reported(merged)
})

test('T20: a commit on the way of a merged pull request, which its last one took back, is pushed past pull requests', async () => {
  await dev().push(repository, 'release/2', { files: goodFiles('release'), base: 'main' })
  const evil = await dev().push(repository, 'way', { files: { 'evil.txt': 'evil' }, base: 'release/2' })
  await dev().push(repository, 'way', { files: { ...goodFiles('clean'), 'evil.txt': null } })
  const pull = await dev().openPull(repository, { title: 'Clean', head: 'way', body: 'Clean.' })
  await dev().merge(repository, pull.number)
  await village.stage.settle()
  expect(incidents(evil)).toEqual([])
  await agent.rest.git.updateRef({ owner, repo, ref: 'heads/release/2', sha: evil })
  await reported(evil)
})

test('T14, T20: a push that loosens the policy is judged by the one before it', async () => {
  const path = '.github/countersign.yml'
  const { git } = village.stage.github.site
  const policy = await git.text(village.stage.github.repo(repository).dir, ['show', `main:${path}`])
  const loose = await dev().push(repository, 'main', { files: { [path]: `${policy}enforce: false\n` } })
  await reported(loose)
  await dev().push(repository, 'main', { files: { [path]: policy } })
  await village.stage.settle()
})

test('T20: a listed branch that is deleted is told', async () => {
  await agent.rest.git.deleteRef({ owner, repo, ref: 'heads/release/1' })
  await reported('deleted `release/1`')
})

test('T12, O6: a sweep over what has not moved asks nothing that counts, and writes nothing', async () => {
  await sweeps()
  const { github } = village.stage
  const [from, said] = [github.requests.length, village.incidents()]
  await sweeps()
  const { counted, conditional, byKind } = countRequests(github, from)
  expect([counted, ...byKind.keys()]).toEqual([0])
  // The list of repositories and the one list of moves.
  expect(conditional).toBeGreaterThanOrEqual(2)
  expect(village.incidents()).toEqual(said)
})
