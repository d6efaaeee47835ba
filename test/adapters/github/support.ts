/** One stand-in GitHub with an App installed on a repository, and the adapter connected to it by HTTP. */
import { createForge } from '../../../src/adapters/github/forge.ts'
import type { RepositoryName } from '../../../src/core/ids.ts'
import type { Clock, Deliveries, Forge, Log, Metrics } from '../../../src/core/ports.ts'
import { createContract } from '../../../world/contract/contract.ts'
import { type GitHubWorld, startGitHub } from '../../../world/index.ts'

/** A clock that a test moves; sleeping moves it. */
export interface TestClock extends Clock {
  advance(ms: number): void
  sleptMs: number
}

export function createTestClock(): TestClock {
  let nowMs = Date.parse('2026-03-02T10:00:00Z')
  return {
    sleptMs: 0,
    nowMs: () => nowMs,
    advance: (ms) => {
      nowMs += ms
    },
    async sleep(ms) {
      nowMs += ms
      this.sleptMs += ms
    },
  }
}

export const silent: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silent,
}

export interface Counts extends Metrics {
  /** Requests by kind since the last call. */
  take(): Record<string, number>
}

export function createCounts(): Counts {
  let kinds: Record<string, number> = {}
  return {
    count(name, labels) {
      const kind = labels?.['kind'] ?? name
      kinds[kind] = (kinds[kind] ?? 0) + 1
    },
    observe: () => undefined,
    gauge: () => undefined,
    take() {
      const taken = kinds
      kinds = {}
      return taken
    },
  }
}

export interface Bench {
  world: GitHubWorld
  forge: Forge & { deliveries: Deliveries }
  clock: TestClock
  counts: Counts
  name: RepositoryName
  secrets: string[]
  close(): Promise<void>
}

/** `acme/shop` with people: ada (admin), lin (write), rex (read); team `acme/seniors` holds ada. */
export async function startBench(): Promise<Bench> {
  const clock = createTestClock()
  const world = await startGitHub({ clock: { now: clock.nowMs }, contract: createContract() })
  world.createOrg('acme')
  for (const login of ['ada', 'lin', 'rex']) world.createUser(login)
  await world.createRepo('acme', 'shop', {
    private: true,
    collaborators: { ada: 'admin', lin: 'write', rex: 'read' },
    files: { 'README.md': '# Shop\n', 'src/price.ts': 'export const price = 1\n' },
  })
  world.createTeam('acme', 'seniors', { members: ['ada'] })
  world.installApp(world.app, 'acme')
  const counts = createCounts()
  const secrets: string[] = []
  const forge = createForge({
    pageOf: (subject) => (subject.startsWith('pull:') ? `https://board.example/${subject}` : null),
    appId: world.app.id,
    privateKey: world.app.privateKeyPem,
    baseUrl: world.apiUrl,
    clock,
    log: silent,
    metrics: counts,
    onSecret: (secret) => secrets.push(secret),
  })
  return { world, forge, clock, counts, name: 'acme/shop', secrets, close: () => closeOf(world) }
}

let pushes = 0

/** Push a commit by a person on a new branch and open a pull request from it. */
export async function openChange(bench: Bench, login: string, branch: string) {
  pushes += 1
  const sha = await bench.world.as(login).push(bench.name, branch, {
    message: `Change ${pushes}`,
    files: { [`src/change-${pushes}.ts`]: `export const change = ${pushes}\n` },
  })
  const pull = await bench.world
    .as(login)
    .openPull(bench.name, { title: `Change ${pushes}`, head: branch, body: 'Because.' })
  return { pull, sha }
}

/** Stops the world, then fails when a request of ours did not fit GitHub's own description of it. */
async function closeOf(world: GitHubWorld): Promise<void> {
  const ours = world.violations.filter((one) => one.kind !== 'response')
  await world.close()
  if (ours.length > 0)
    throw new Error(`requests that GitHub does not know: ${JSON.stringify(ours.slice(0, 5))}`)
}
