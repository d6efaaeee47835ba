/** The sample repository as a deployed service: the files that make it one, the ways in which a version can be ill, and its workflows. */
import { join } from 'node:path'
import type { CiInput } from '../world/ci/ci.ts'
import type { Files } from '../world/index.ts'
import type { Behaviour } from './service/behaviour.ts'
import { filesBelow } from './stage.ts'

/** A commit that writes one of these into its file makes the next version behave so. */
export const behaviours = {
  healthy: {},
  failing: { errorRatio: 0.2 },
  slow: { delayMs: 700 },
  leaking: { leakKb: 512 },
  unwell: { healthy: false },
} as const satisfies Record<string, Partial<Behaviour>>

const behaviourFile = 'service/behaviour.json'
const deploy = '.github/workflows/deploy.yml'
const redeploy = '.github/workflows/redeploy.yml'

/** What stands elsewhere than below `service/` in the repository. */
const places: Readonly<Record<string, string>> = {
  Procfile: 'Procfile',
  'deploy.yml': deploy,
  'redeploy.yml': redeploy,
}

/** To be added to the files of `demo/repository`. */
export async function serviceFiles(behaviour: Partial<Behaviour> = behaviours.healthy): Promise<Files> {
  const files = await filesBelow(join(import.meta.dirname, 'service'))
  const placed = Object.entries(files).map(([path, text]) => [places[path] ?? `service/${path}`, text])
  return { ...Object.fromEntries(placed), ...behaviourChange(behaviour) }
}

/** The one file of a commit that changes how the service behaves. */
export function behaviourChange(behaviour: Partial<Behaviour>): Files {
  return { [behaviourFile]: `${JSON.stringify(behaviour)}\n` }
}

/** Each commit on main to staging, then to production: `deploy.yml` as the stand-in's Actions run it. */
export function deployOnPush(hosting: { url: string }): CiInput {
  const to = (name: string) => ({
    name,
    run: `node service/deploy.ts ${name}`,
    environment: { name, url: `\${{ steps.deploy.outputs.url }}` },
  })
  return {
    workflow: deploy,
    title: 'Deploy',
    branches: ['main'],
    jobs: [to('staging'), { ...to('production'), needs: ['staging'] }],
    env: { HOSTING_URL: hosting.url },
  }
}

/** What a deployment object asks for, and how it went told back to it: `redeploy.yml`. */
export function deployOnDeployment(hosting: { url: string }): CiInput {
  return {
    workflow: redeploy,
    title: 'Redeploy',
    events: ['deployment'],
    permissions: { contents: 'read', deployments: 'write' },
    jobs: [{ name: 'deploy', run: 'node service/deploy.ts' }],
    env: { HOSTING_URL: hosting.url },
  }
}
