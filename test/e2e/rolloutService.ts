/** A service as environments deploy to: it is told what stands where, and each commit decides what it shows; beside it the operator's channel. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createStalls, type Stalls } from '../../world/stall.ts'

/** What the service shows while a commit stands in an environment. */
export interface Figures {
  errors?: number | string | null
  p95?: number
  memory?: number
  requests?: number
  health?: number
}

export interface Message {
  text: string
}

export interface RolloutService {
  url: string
  /** Alerts that the operator's channel, at `/hook`, was sent. */
  alerts: Message[]
  /** While it is true the channel takes messages and never answers; `unanswered` counts them. */
  silentChannel: boolean
  unanswered: number
  /** While it is true no deployment comes up: the workflow says so to GitHub. */
  refuses: boolean
  /** Moments of a message to the channel at which a test takes over. */
  stalls: Stalls<Message>
  /** What stands in an environment as the service was told, oldest first. */
  deployed(environment: string): string[]
  /** From now on these figures are shown while this commit stands somewhere. */
  behave(sha: string, figures: Figures): void
  /** The same for whatever is not named. */
  usually: Figures
  close(): Promise<void>
}

const healthy: Figures = { errors: 0, p95: 120, memory: 0.4, requests: 500, health: 200 }

/** The workflow's script: tells the service what stands there, and GitHub how it went. */
export const deployScript = (service: string) => `import { readFileSync } from 'node:fs'
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

export async function openRolloutService(): Promise<RolloutService> {
  const figures = new Map<string, Figures>()
  const stands = new Map<string, string[]>()
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
        if (service.refuses) return answer(503, {})
        const { environment: where, sha } = JSON.parse(body)
        stands.set(where, [...(stands.get(where) ?? []), sha])
        return answer(200, {})
      }
      if (environment === 'hook') return void take(JSON.parse(body), () => answer(200, 'ok'))
      const shown = { ...usual.now, ...figures.get(stands.get(environment)?.at(-1) ?? '') }
      if (page === 'health') return answer(shown.health ?? 200, {})
      return answer(200, shown)
    })

    async function take(message: Message, answer: () => void): Promise<void> {
      if (service.silentChannel) {
        service.unanswered += 1
        return
      }
      if (await service.stalls.at('received', message, request.socket)) return
      service.alerts.push(message)
      if (await service.stalls.at('applied', message, request.socket)) return
      response.once('finish', () => void service.stalls.at('answered', message, request.socket))
      answer()
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const service: RolloutService = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    alerts: [],
    silentChannel: false,
    unanswered: 0,
    refuses: false,
    stalls: createStalls(),
    deployed: (environment) => stands.get(environment) ?? [],
    behave: (sha, shown) => void figures.set(sha, shown),
    get usually() {
      return usual.now
    },
    set usually(shown: Figures) {
      usual.now = { ...healthy, ...shown }
    },
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return service
}
