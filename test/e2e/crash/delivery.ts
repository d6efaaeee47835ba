/**
 * One story in which the App does everything that it can do about an environment: staging is deployed, production asks for
 * leave, is reported to, let through, smoke tested and watched; it fails, is marked, told of, and taken back.
 */
import { openStage, type Stage } from '../../../demo/stage.ts'
import { createClock } from '../../../src/adapters/clock.ts'
import { type Ci, enableCi } from '../../../world/ci/ci.ts'
import type { PersonDriver } from '../../../world/index.ts'
import { deployScript, openRolloutService, type RolloutService } from '../rolloutService.ts'
import type { KillableApp } from './app.ts'
import { count, onlooker, type Story, storySettings, waitMs } from './play.ts'
import { speed } from './program.ts'

const repository = 'acme/site'
const workflows = {
  deploy: { title: 'Deploy', on: 'deployment' },
  delivery: { title: 'Delivery', on: 'push' },
  back: { title: 'Back', on: 'workflow_dispatch' },
  smoke: { title: 'Smoke', on: 'workflow_dispatch' },
} as const
type Workflow = keyof typeof workflows

/** A restart lasts as long as a few samples: a window bears as many that say nothing, and no deadline passes meanwhile. */
const watched = (service: string, environment: string) => `
      sample_seconds: 10
      window_minutes: 0.5
      inconclusive_samples: 50
      monitors:
        errors: { rule: error_rate, source: { kind: json, url: '${service}/${environment}/stats.json', pointer: /errors } }`
const policyOf = (service: string) => `version: 1
approvals: { profile: solo }
rollout:
  environments:
    staging:
      deploy: create${watched(service, 'staging')}
    production:
      after: staging
      workflow: .github/workflows/back.yml
      rollback_minutes: 60
      canary: { workflow: .github/workflows/smoke.yml, minutes: 60 }
      alerts: { channel: ops }${watched(service, 'production')}
`

export interface Delivery extends Story {
  service: RolloutService
  /** What stood before the story, and what it brings. */
  first: string
  second(): string
  ci: Ci
}

export async function openDelivery(
  app: KillableApp,
  directory: string,
  startedMs: number,
): Promise<Delivery> {
  const service = await openRolloutService()
  const stage = await openStage({
    directory,
    clock: createClock(speed, startedMs),
    launch: app.launch,
    settings: { ...storySettings, OUTBOUND_ALLOW: '127.0.0.1', ALERT_WEBHOOKS: `ops=${service.url}/hook` },
  })
  const { github } = stage
  for (const login of ['ana', 'owner']) github.createUser(login)
  github.createOrg('acme', { owners: ['owner'], members: ['ana'] })
  await github.createRepo('acme', 'site', {
    files: {
      'page.html': 'One\n',
      'deploy.mjs': deployScript(service.url),
      '.github/countersign.yml': policyOf(service.url),
      ...Object.fromEntries(
        Object.entries(workflows).map(([name, { title, on }]) => [
          `.github/workflows/${name}.yml`,
          `name: ${title}\non: ${on}\n`,
        ]),
      ),
    },
    collaborators: { ana: 'write' },
  })
  github.app.permissions = { ...github.app.permissions, actions: 'write' }
  github.installApp(github.app, 'acme')
  const ci = await setUp(stage, service)
  const ana = github.as('ana')
  const stands = () => service.deployed('production').at(-1)
  const first = await bring(stage, ana, 'Two\n')
  const { run } = onlooker(stage, ana)
  await stage.until(
    'the first commit to be healthy in production',
    () => run('countersign/deploy', first)?.output.title?.includes('Healthy in production') || undefined,
    waitMs,
  )
  let second = ''
  return {
    stage,
    service,
    channel: service.stalls,
    first,
    second: () => second,
    ci,
    async tell() {
      second = await bring(stage, ana, 'Three\n', (sha) => service.behave(sha, { errors: 0.2 }))
      await stage.until('it to be taken back', () => stands() === first || undefined, waitMs)
      await stage.until(
        'that to be told on the check',
        () => run('countersign/deploy', second)?.output.title?.includes('stands again') || undefined,
        waitMs,
      )
    },
    close: () => service.close(),
  }
}

/** The environments with their protection, and what the workflows run; any of them tells of all runs. */
async function setUp({ github }: Stage, service: RolloutService): Promise<Ci> {
  const owner = github.as('owner')
  const environments = `/repos/${repository}/environments`
  for (const environment of ['staging', 'production'])
    await owner.api('PUT', `${environments}/${environment}`, {})
  await owner.api('POST', `${environments}/production/deployment_protection_rules`, {
    integration_id: github.app.id,
  })
  const production = { name: 'production', url: `${service.url}/production/` }
  const enable = (name: Workflow, run: string, more: { environment?: typeof production } = {}) =>
    enableCi(github, repository, {
      workflow: `.github/workflows/${name}.yml`,
      title: workflows[name].title,
      events: [workflows[name].on],
      branches: ['main'],
      permissions: { deployments: 'write', contents: 'read' },
      jobs: [{ name, run, ...more }],
    })
  await enable('deploy', 'node deploy.mjs')
  await enable('delivery', 'node deploy.mjs production', { environment: production })
  await enable('back', 'node deploy.mjs production', { environment: production })
  return enable('smoke', 'exit 0')
}

/** Ana pushes a change, waits until she is asked, and lets it into production. Resolves with the commit. */
async function bring(stage: Stage, ana: PersonDriver, page: string, asked?: (sha: string) => void) {
  const { github } = stage
  const sha = await ana.push(repository, 'main', { files: { 'page.html': page }, message: `Say ${page}` })
  const { until, run, press } = onlooker(stage, ana)
  // Only then has it passed in staging, and what it shows in production is still to come.
  await until('her leave to be asked for', () => run('countersign/deploy', sha))
  asked?.(sha)
  await press(
    'countersign/deploy',
    'Approve deploy',
    () => sha,
    () => /Let through|Failed|Healthy/.test(run('countersign/deploy', sha)?.output.title ?? ''),
  )
  await github.idle()
  return sha
}

/** What there is in the end: what was deployed where by whom and how it ended, what was run, what was said. */
export async function endOfDelivery({ stage: { github }, service, first, second, ci }: Delivery) {
  const { state } = github
  const named = (sha: string) => (sha === first ? 'first' : sha === second() ? 'second' : 'before')
  const said = (word: string) => service.alerts.filter(({ text }) => text.includes(word)).length
  return {
    deployments: [...state.deployments.values()]
      .map(({ environment, sha, statuses }) => `${named(sha)} to ${environment}: ${statuses.at(-1)?.state}`)
      .sort(),
    stood: {
      staging: service.deployed('staging').map(named),
      production: service.deployed('production').map(named),
    },
    runs: count(ci.runs().map(({ event }) => event)),
    waiting: state.holds.size,
    check: [...state.checkRuns.values()]
      .filter((one) => one.name === 'countersign/deploy')
      .map((one) => `${named(one.headSha)} ${one.conclusion}`)
      .sort(),
    incidents: [...state.comments.values()]
      .filter(({ viaAppId }) => viaAppId === github.app.id)
      .map(({ body }) => /^\*\*.*\*\*/m.exec(body)?.[0].replaceAll(second().slice(0, 8), 'the second')),
    alerts: { raised: said('Alert:'), recovered: said('Recovered:') },
  }
}
