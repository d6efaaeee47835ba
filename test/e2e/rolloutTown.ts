/** The village with environments: jobs that deploy to a service of the test, whose figures each commit decides. */
import type { StageOptions } from '../../demo/stage.ts'
import { factsOf } from '../../src/core/facts.ts'
import { type CiInput, enableCi } from '../../world/ci/ci.ts'
import type { Files, GitHubState } from '../../world/index.ts'
import { goodFiles, openVillage, repository, type Village } from '../attacks/village.ts'
import { deployScript, openRolloutService, type RolloutService } from './rolloutService.ts'

export interface RolloutTown extends Village {
  service: RolloutService
  /** An agent's pull request, approved and merged; resolves with the commit that it landed as. */
  ship(name: string, files?: Files): Promise<string>
  merge(number: number): Promise<string>
  press(login: string, sha: string, label: string): Promise<void>
  factsIn(environment: string): ReturnType<Village['facts']>
  deployments(environment: string): GitHubState.Deployment[]
}

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
  const service = await openRolloutService()
  const environments = (options.environments ?? bothCreated)(service.url)
  const village = await openVillage({
    policy: `${options.policy ?? ''}rollout:\n  environments:${environments}\n`,
    files: {
      'deploy.mjs': deployScript(service.url),
      '.github/workflows/deploy.yml': 'name: Deploy\non: deployment\n',
      ...options.files,
    },
    settings: { OUTBOUND_ALLOW: '127.0.0.1', ALERT_WEBHOOKS: `ops=${service.url}/hook` },
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
      await service.close()
    },
  }
  return town
}

/** Kinds of the facts of an environment, without those of asking and answering. */
export const storyOf = (facts: Awaited<ReturnType<RolloutTown['factsIn']>>) =>
  facts.map(({ body }) => body.kind).filter((kind) => /^(deploy|window|canary|rollout|rollback)/.test(kind))

export { factsOf }
