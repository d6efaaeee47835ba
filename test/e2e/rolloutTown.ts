/** The village with environments: jobs that deploy to a service of the test, whose figures each commit decides. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { StageOptions } from '../../demo/stage.ts'
import { factsOf } from '../../src/core/facts.ts'
import { type CiInput, enableCi } from '../../world/ci/ci.ts'
import type { Files, GitHubState } from '../../world/index.ts'
import { goodFiles, openVillage, repository, type Village } from '../attacks/village.ts'

/** What the service shows while a commit stands in an environment. */
export interface Figures {
  errors?: number | string | null
  p95?: number
  memory?: number
  requests?: number
  health?: number
}

export interface RolloutTown extends Village {
  service: string
  /** Alerts that the operator's channel was sent. */
  alerts: { text: string }[]
  /** While it is true the channel takes messages and never answers; `unanswered` counts them. */
  silentChannel: boolean
  unanswered: number
  /** While it is true no deployment comes up: the workflow says so to GitHub. */
  refuses: boolean
  /** What stands in an environment as the service was told, oldest first. */
  deployed(environment: string): string[]
  /** From now on these figures are shown while this commit stands somewhere. */
  behave(sha: string, figures: Figures): void
  /** The same for whatever is not named. */
  usually: Figures
  /** An agent's pull request, approved and merged; resolves with the commit that it landed as. */
  ship(name: string, files?: Files): Promise<string>
  merge(number: number): Promise<string>
  press(login: string, sha: string, label: string): Promise<void>
  factsIn(environment: string): ReturnType<Village['facts']>
  deployments(environment: string): GitHubState.Deployment[]
}

const healthy: Figures = { errors: 0, p95: 120, memory: 0.4, requests: 500, health: 200 }

/** The workflow's script: tells the service what stands there, and GitHub how it went. */
const script = (service: string) => `import { readFileSync } from 'node:fs'
const event = JSON.parse(readFileSync(process.env.GITHUB_EVENT_PATH, 'utf8'))
const { deployment, inputs = {} } = event
const environment = process.argv[2] ?? deployment?.environment ?? inputs.environment
const sha = inputs.sha ?? deployment?.sha ?? process.env.GITHUB_SHA
const told = await fetch('${service}/deployed', { method: 'POST', body: JSON.stringify({ environment, sha }) })
if (deployment) {
  const said = await fetch(deployment.statuses_url, {
    method: 'POST',
    headers: { authorization: 'Bearer ' + process.env.GITHUB_TOKEN },
    body: JSON.stringify({
      state: told.ok ? 'success' : 'failure',
      environment_url: '${service}/' + environment + '/',
    }),
  })
  if (!said.ok) process.exit(1)
}
`

const monitors = (service: string, environment: string) => `
      sample_seconds: 0.4
      window_minutes: 0.03
      inconclusive_samples: 8
      requests: { source: { kind: json, url: '${service}/${environment}/stats.json', pointer: /requests }, minimum: 100 }
      monitors:
        errors: { rule: error_rate, source: { kind: json, url: '${service}/${environment}/stats.json', pointer: /errors } }
        latency: { rule: latency_p95, source: { kind: json, url: '${service}/${environment}/stats.json', pointer: /p95 } }
        memory: { rule: memory, source: { kind: json, url: '${service}/${environment}/stats.json', pointer: /memory } }
      alerts: { channel: ops, mention: [acme/seniors] }
      canary: { probes: [{ name: health, path: /health, retries: 0 }] }`

export interface RolloutTownOptions {
  /** YAML of `rollout.environments`; the service's address is given to it. */
  environments?: (service: string) => string
  /** Further top-level policy. */
  policy?: string
  ci?: Partial<CiInput>
  files?: Files
  stage?: Pick<StageOptions, 'log' | 'stopGraceMs'>
}

/** Staging and then production, both created by Countersign. */
export const bothCreated = (service: string) => `
    staging:
      deploy: create${monitors(service, 'staging')}
    production:
      deploy: create
      after: staging${monitors(service, 'production')}`

export const watched = monitors

export async function openRolloutTown(options: RolloutTownOptions = {}): Promise<RolloutTown> {
  const figures = new Map<string, Figures>()
  const stands = new Map<string, string[]>()
  const alerts: { text: string }[] = []
  const usual = { now: healthy }
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('utf8')
      const [, environment = '', page] = (request.url ?? '').split('/')
      const answer = (status: number, value: unknown) => {
        response.writeHead(status, { 'content-type': 'application/json' })
        response.end(typeof value === 'string' ? value : JSON.stringify(value))
      }
      if (environment === 'deployed') {
        if (town.refuses) return answer(503, {})
        const { environment: where, sha } = JSON.parse(body)
        stands.set(where, [...(stands.get(where) ?? []), sha])
        return answer(200, {})
      }
      if (environment === 'hook') {
        if (town.silentChannel) {
          town.unanswered += 1
          return
        }
        alerts.push(JSON.parse(body))
        return answer(200, 'ok')
      }
      const shown = { ...usual.now, ...figures.get(stands.get(environment)?.at(-1) ?? '') }
      if (page === 'health') return answer(shown.health ?? 200, {})
      return answer(200, shown)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const service = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const environments = (options.environments ?? bothCreated)(service)
  const village = await openVillage({
    policy: `${options.policy ?? ''}rollout:\n  environments:${environments}\n`,
    files: {
      'deploy.mjs': script(service),
      '.github/workflows/deploy.yml': 'name: Deploy\non: deployment\n',
      ...options.files,
    },
    settings: { OUTBOUND_ALLOW: '127.0.0.1', ALERT_WEBHOOKS: `ops=${service}/hook` },
    ...(options.stage === undefined ? {} : { options: options.stage }),
  })
  const { stage } = village
  const { github } = stage
  await enableCi(github, repository, {
    workflow: '.github/workflows/deploy.yml',
    title: 'Deploy',
    events: ['deployment'],
    permissions: { deployments: 'write', contents: 'read' },
    jobs: [{ name: 'deploy', run: 'node deploy.mjs' }],
    ...options.ci,
  })
  const town: RolloutTown = {
    ...village,
    service,
    alerts,
    silentChannel: false,
    unanswered: 0,
    refuses: false,
    deployed: (environment) => stands.get(environment) ?? [],
    behave: (sha, shown) => void figures.set(sha, shown),
    get usually() {
      return usual.now
    },
    set usually(shown: Figures) {
      usual.now = { ...healthy, ...shown }
    },
    async ship(name, files = goodFiles(name)) {
      const pull = await village.approvedPull(`copilot/${name}`, files)
      return town.merge(pull.number)
    },
    async merge(number) {
      await github.as('cleo').comment(repository, number, '/agent merge')
      return stage.until(`#${number} to be merged`, () => village.pull(number).mergeCommitSha ?? undefined)
    },
    async press(login, sha, label) {
      const run = village.run('deploy', sha)
      if (!run) throw new Error('there is no countersign/deploy')
      await github.as(login).press(run.id, village.identifier(run, label))
    },
    factsIn: (environment) => stage.app.ledger.facts(`rollout:${repository}@${environment}`),
    deployments: (environment) =>
      [...github.state.deployments.values()].filter((one) => one.environment === environment),
    async close() {
      await village.close()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return town
}

/** Kinds of the facts of an environment, without those of asking and answering. */
export const storyOf = (facts: Awaited<ReturnType<RolloutTown['factsIn']>>) =>
  facts.map(({ body }) => body.kind).filter((kind) => /^(deploy|window|canary|rollout|rollback)/.test(kind))

export { factsOf }
