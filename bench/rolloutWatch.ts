/** Two hundred windows at once: an App in a process of its own, which watches environments of ten organisations. */
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { webhookSecret } from '../demo/stage.ts'
import { createContract } from '../world/contract/contract.ts'
import { type GitHubWorld, startGitHub } from '../world/index.ts'
import { startMeasured } from './measured.ts'
import type { Memory, Question } from './memoryApp.ts'

/** GitHub bounds what one installation may ask, so the environments are spread over organisations. */
export const organisations = 10
/** As many as one policy may name. */
export const environmentsEach = 20
/** The default. */
export const sampleSeconds = 60
/** What a sample asks: two monitors, and how many requests there were. */
export const queriesASample = 3
/** On a quiet machine half a minute. */
const longestSetUpMs = 180_000

export interface Watch {
  github: GitHubWorld
  /** Queries that the monitors' server has had. */
  asked(): number
  measure(): Promise<Memory>
  /** Deploys to every environment; resolves once each has its window. */
  deployEverywhere(): Promise<void>
  close(): Promise<void>
}

export async function openWatch(): Promise<Watch> {
  const directory = await mkdtemp(join(tmpdir(), 'countersign-rollouts-'))
  let asked = 0
  const monitors = createServer((_request, response) => {
    asked += 1
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end('{"errors":0,"p95":100,"requests":500}')
  })
  await new Promise<void>((ready) => monitors.listen(0, '127.0.0.1', ready))
  const address = `http://127.0.0.1:${(monitors.address() as AddressInfo).port}/`
  const contract = createContract()
  const github = await startGitHub({ webhookSecret, contract, dataDir: join(directory, 'github') })
  const places = Array.from({ length: environmentsEach }, (_, index) => `place-${index}`)
  github.createUser('owner')
  for (let at = 0; at < organisations; at++) {
    github.createOrg(`org-${at}`, { owners: ['owner'] })
    await github.createRepo(`org-${at}`, 'service', {
      files: { 'README.md': '# Service\n', '.github/countersign.yml': policyOf(places, address) },
    })
    github.installApp(github.app, `org-${at}`)
  }
  const app = await startMeasured(github, directory, { OUTBOUND_ALLOW: '127.0.0.1' })
  const owner = github.as('owner')

  async function everywhere(kind: Exclude<Question, 'measure'>): Promise<void> {
    const untilMs = Date.now() + longestSetUpMs
    for (;;) {
      const some = await app.having(kind)
      if (some === organisations * environmentsEach) return
      if (Date.now() > untilMs) throw new Error(`${some} environments only have ${kind}`)
      await sleep(1000)
    }
  }

  return {
    github,
    asked: () => asked,
    measure: app.measure,
    async deployEverywhere() {
      const say = (path: string, state: string) => owner.api('POST', `${path}/statuses`, { state })
      const made: string[] = []
      for (let at = 0; at < organisations; at++)
        for (const environment of places) {
          const path = `/repos/org-${at}/service/deployments`
          const body = { ref: 'main', environment, auto_merge: false, required_contexts: [] }
          const { id } = (await owner.api('POST', path, body)) as { id: number }
          await say(`${path}/${id}`, 'in_progress')
          made.push(`${path}/${id}`)
        }
      // What stands when an environment is first looked at is taken for what was there before, and is not watched.
      await everywhere('deploy.seen')
      for (const path of made) await say(path, 'success')
      await everywhere('window.opened')
    },
    async close() {
      await app.stop()
      await github.close()
      await new Promise((closed) => monitors.close(closed))
      await rm(directory, { recursive: true, force: true })
    },
  }
}

function policyOf(names: readonly string[], address: string): string {
  const source = (pointer: string) => `source: { kind: json, url: '${address}', pointer: /${pointer} }`
  const environments = names.map(
    (name) => `    ${name}:
      approval: none
      sample_seconds: ${sampleSeconds}
      requests: { ${source('requests')} }
      monitors:
        errors: { rule: error_rate, ${source('errors')} }
        latency: { rule: latency_p95, ${source('p95')} }
`,
  )
  return `rollout:\n  environments:\n${environments.join('')}`
}
