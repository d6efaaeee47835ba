/** The demo's way to production: a host that really runs the sample service, a channel for alerts, and the policy that watches. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { enableCi } from '../world/ci/ci.ts'
import { startHosting } from '../world/hosting/hosting.ts'
import { deployOnDeployment, serviceFiles } from './deploying.ts'
import { type Load, startLoad } from './load.ts'
import type { Stage } from './stage.ts'
import { repository, type Scenery } from './theatre.ts'

/** What the service looks back at when it is asked for its figures; a sample comes twice in that time. */
const statsSeconds = 2

export interface Production {
  /** For the repository, before it is made. */
  scenery: Scenery
  /** Settings of the App: the operator lets it reach the host, and names the channel. */
  settings: Record<string, string>
  /** What the team's channel was sent, oldest first. */
  alerts: string[]
  /** Switches the repository's deploying workflow on. */
  begin(stage: Stage): Promise<void>
  /** The commit that an environment runs. */
  version(environment: string): string | undefined
  /** Customers: they come as soon as production runs something, and stay. */
  open(): Promise<Load>
  close(): Promise<void>
}

/** Start the host and the channel; everything listens on 127.0.0.1. */
export async function startProduction(): Promise<Production> {
  const alerts: string[] = []
  const channel = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text
    })
    request.on('end', () => {
      alerts.push((JSON.parse(body) as { text: string }).text)
      response.end('ok')
    })
  })
  await new Promise<void>((ready) => channel.listen(0, '127.0.0.1', ready))
  const hook = `http://127.0.0.1:${(channel.address() as AddressInfo).port}/`
  const hosting = await startHosting({ env: { STATS_WINDOW_SECONDS: String(statsSeconds) } })
  // Its address is there before anything runs at it, so that policy can name it.
  const address = await hosting.address('production')
  let load: Load | undefined
  return {
    scenery: { files: await serviceFiles(), policy: rolloutPolicy(address) },
    settings: { OUTBOUND_ALLOW: '127.0.0.1', ALERT_WEBHOOKS: `ops=${hook}` },
    alerts,
    async begin(stage) {
      await enableCi(stage.github, repository, deployOnDeployment(hosting))
    },
    version: (environment) => hosting.running()[environment]?.version,
    async open() {
      load ??= startLoad(address, { perSecond: 120 })
      return load
    },
    async close() {
      await load?.stop()
      await hosting.close()
      await new Promise((closed) => channel.close(closed))
    },
  }
}

/** Minutes become seconds here; everything else is as a team would write it. */
const rolloutPolicy = (production: string) => `rollout:
  environments:
    staging:
      deploy: create
      canary:
        probes:
          - { name: health, path: /health, json: [{ pointer: /status, equals: ok }] }
      window_minutes: 0.02
      sample_seconds: 0.6
    production:
      deploy: create
      after: staging
      canary:
        probes:
          - { name: health, path: /health }
      window_minutes: 0.09
      sample_seconds: 0.6
      inconclusive_samples: 20
      requests:
        source: { kind: json, url: '${production}/stats.json', pointer: /requests }
        minimum: 40
      monitors:
        errors:
          rule: error_rate
          source: { kind: json, url: '${production}/stats.json', pointer: /errorRatio }
        latency:
          rule: latency_p95
          source: { kind: json, url: '${production}/stats.json', pointer: /p95Ms }
        memory:
          rule: memory
          source: { kind: json, url: '${production}/stats.json', pointer: /memory/ratio }
      alerts:
        channel: ops
        mention: [acme/seniors]
`
