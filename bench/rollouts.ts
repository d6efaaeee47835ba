/** `npm run bench:rollouts`: what watching 200 environments at once costs, and how soon a breach becomes a rollback. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { webhookSecret } from '../demo/stage.ts'
import { factsOf } from '../src/core/facts.ts'
import { openRolloutTown } from '../test/e2e/rolloutTown.ts'
import { createContract } from '../world/contract/contract.ts'
import { startGitHub } from '../world/index.ts'
import type { Memory } from './memoryApp.ts'
import { line } from './story.ts'

/** GitHub bounds what one installation may ask, so the environments are spread over organisations. */
const organisations = 10
const environmentsEach = 20
const sampleSeconds = 60
const measuredMs = 120_000

await watching()
await rollingBack(0.2, 1)
await rollingBack(0.004, 3)

/** 200 windows open, each with two monitors and a count of requests, sampled every minute. */
async function watching(): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'countersign-rollouts-'))
  const asked = new Map<string, number>()
  const metrics = createServer((request, response) => {
    const [, environment = ''] = (request.url ?? '').split('/')
    asked.set(environment, (asked.get(environment) ?? 0) + 1)
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end('{"errors":0,"p95":100,"requests":500}')
  })
  await new Promise<void>((ready) => metrics.listen(0, '127.0.0.1', ready))
  const address = `http://127.0.0.1:${(metrics.address() as AddressInfo).port}`
  const github = await startGitHub({
    webhookSecret,
    contract: createContract(),
    dataDir: join(directory, 'github'),
  })
  const names = Array.from({ length: organisations * environmentsEach }, (_, index) => `place-${index}`)
  const namesOf = (at: number) => names.slice(at * environmentsEach, (at + 1) * environmentsEach)
  github.createUser('owner')
  for (let at = 0; at < organisations; at++) {
    github.createOrg(`org-${at}`, { owners: ['owner'] })
    await github.createRepo(`org-${at}`, 'service', {
      files: { 'README.md': '# Service\n', '.github/countersign.yml': policyOf(namesOf(at), address) },
    })
    github.installApp(github.app, `org-${at}`)
  }
  const app = fork(join(import.meta.dirname, 'memoryApp.ts'), {
    execArgv: [...process.execArgv, '--expose-gc'],
    env: {
      PATH: process.env['PATH'],
      APP_ID: String(github.app.id),
      PRIVATE_KEY: github.app.privateKeyPem,
      WEBHOOK_SECRET: webhookSecret,
      GITHUB_API_URL: github.apiUrl,
      PORT: '0',
      COUNTERSIGN_DATA_DIR: join(directory, 'countersign'),
      OUTBOUND_ALLOW: '127.0.0.1',
    },
  })
  try {
    const [url] = (await once(app, 'message')) as [string]
    github.setWebhookUrl(`${url}/api/github/webhooks`)
    const owner = github.as('owner')
    for (let at = 0; at < organisations; at++)
      for (const environment of namesOf(at)) {
        const path = `/repos/org-${at}/service/deployments`
        const body = { ref: 'main', environment, auto_merge: false, required_contexts: [] }
        const made = (await owner.api('POST', path, body)) as { id: number }
        // Seen under way first, so that it is not taken for what stood here before.
        await owner.api('POST', `${path}/${made.id}/statuses`, { state: 'in_progress' })
      }
    await github.idle()
    for (const { id, repoId } of github.state.deployments.values()) {
      const repo = github.state.repos.get(repoId)
      const org = repo && github.state.accounts.get(repo.ownerId)
      await owner.api('POST', `/repos/${org?.login}/service/deployments/${id}/statuses`, { state: 'success' })
    }
    const began = Date.now()
    while (asked.size < names.length) {
      if (Date.now() - began > 10 * 60_000)
        throw new Error(`only ${asked.size} of ${names.length} are watched`)
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
    const before = await measure()
    const requests = github.requests.length
    const queries = total()
    await new Promise((resolve) => setTimeout(resolve, measuredMs))
    const after = await measure()
    const minutes = measuredMs / 60_000
    const cpuMs = (after.cpuMicros - before.cpuMicros) / 1000
    const toGitHub = github.requests.slice(requests)
    const free = toGitHub.filter(({ status }) => status === 304).length
    line(
      `${names.length} windows open, a sample every ${sampleSeconds} s`,
      `${((cpuMs / measuredMs) * 50).toFixed(1)} % of two processors`,
    )
    line('queries of monitors', `${((total() - queries) / minutes).toFixed(0)} a minute`)
    line(
      'requests to GitHub',
      `${(toGitHub.length / minutes).toFixed(0)} a minute, of which ${(free / minutes).toFixed(0)} are answered 304 and cost nothing`,
    )
    line('resident memory', `${Math.round(after.rss / 1024 ** 2)} MB`)
  } finally {
    app.kill()
    await once(app, 'exit')
    await github.close()
    await new Promise((closed) => metrics.close(closed))
    await rm(directory, { recursive: true, force: true })
  }

  function total(): number {
    return [...asked.values()].reduce((sum, one) => sum + one, 0)
  }
  async function measure(): Promise<Memory> {
    app.send('measure')
    const [memory] = (await once(app, 'message')) as [Memory]
    return memory
  }
}

const policyOf = (names: readonly string[], address: string) => `rollout:
  environments:
${names
  .map(
    (name) => `    ${name}:
      approval: none
      sample_seconds: ${sampleSeconds}
      requests: { source: { kind: json, url: '${address}/${name}/', pointer: /requests } }
      monitors:
        errors: { rule: error_rate, source: { kind: json, url: '${address}/${name}/', pointer: /errors } }
        latency: { rule: latency_p95, source: { kind: json, url: '${address}/${name}/', pointer: /p95 } }
`,
  )
  .join('')}`

/** From the window's opening to the deployment that takes the change back, in samples. */
async function rollingBack(errors: number, decides: number): Promise<void> {
  const town = await openRolloutTown()
  const facts = () => town.facts_('production')
  try {
    const first = await town.ship('first')
    await town.becomes('deploy', first, 'action_required')
    await town.press('ben', first, 'Approve deploy')
    await town.stage.until('production to be healthy', async () =>
      factsOf(await facts(), 'window.ended').find(({ body }) => body.outcome === 'healthy'),
    )
    const sha = await town.ship('second')
    await town.becomes('deploy', sha, 'action_required')
    town.behave(sha, { errors })
    await town.press('ben', sha, 'Approve deploy')
    const made = await town.stage.until('the rollback', async () => {
      const all = await facts()
      const intent = factsOf(all, 'deploy.intended').find(({ body }) => body.purpose === 'rollback')
      return factsOf(all, 'deploy.made').find(({ body }) => body.intent === intent?.seq)
    })
    const window = factsOf(await facts(), 'window.opened').find(({ body }) => body.sha === sha)
    if (!window) throw new Error('no window was opened')
    const { intervalMs } = window.body.rules
    const afterMs = made.atMs - window.body.atMs - decides * intervalMs
    line(
      `errors of ${errors * 100} %: from sample ${decides}, which decides, to the rollback's deployment`,
      `${afterMs} ms, ${(afterMs / intervalMs).toFixed(1)} samples of ${intervalMs} ms (aim: 1)`,
    )
  } finally {
    await town.close()
  }
}
