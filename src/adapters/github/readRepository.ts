/** Reading the App's identity, repositories, branches and files. */
import { z } from 'zod'
import { RepositoryName, Sha } from '../../core/ids.ts'
import type { Clock, Found } from '../../core/ports.ts'
import type { AppIdentity, RepositoryReading } from '../../core/snapshot/common.ts'
import { on, parts } from './access.ts'
import { RestAccount } from './accounts.ts'
import type { Client } from './client.ts'
import { absentOn404, GitHubRefusal } from './failures.ts'
import { createLru, type Lru } from './lru.ts'
import type { RepositoryNode } from './queries.ts'

const App = z.object({ id: z.number().int(), slug: z.string() })
const Repository = z.object({
  id: z.number().int(),
  full_name: RepositoryName,
  default_branch: z.string(),
  private: z.boolean(),
})
const Ref = z.object({ object: z.object({ sha: Sha }) })
const Content = z.union([
  z.object({ type: z.literal('file'), size: z.number(), encoding: z.string(), content: z.string() }),
  z.object({ type: z.string() }),
  z.array(z.unknown()),
])
const Installations = z.array(z.object({ id: z.number().int(), suspended_at: z.string().nullish() }))
const Repositories = z.object({ repositories: z.array(z.object({ full_name: RepositoryName })) })

const maximumFileBytes = 1_000_000
const pagesOfRepositories = 100
/** A file that is not there at a commit never appears, but access may come back: look again after this. */
const absentForMs = 10 * 60_000

/** Who we are: the App's slug and the account that comments for it. */
export async function readIdentity(judge: Client, drafter: Client | null): Promise<AppIdentity> {
  const own = await identityOf(judge)
  const other = drafter ? await identityOf(drafter) : null
  return {
    appId: own.id,
    slug: own.slug,
    bot: own.bot,
    drafterAppId: other?.id ?? null,
    drafterBot: other?.bot ?? null,
  }
}

async function identityOf(client: Client) {
  const asApp = { kind: 'app' } as const
  const app = await client.rest(asApp, 'GET /app', {}, App)
  // Users are readable with an installation's token; whether also with the App's key is nowhere promised.
  const [installation] = await client.rest(asApp, 'GET /app/installations', { per_page: 1 }, Installations)
  if (!installation) {
    const sentence = `The App "${app.slug}" is not installed anywhere: open its page on GitHub and press Install.`
    throw new GitHubRefusal(404, 'the App has no installation', sentence)
  }
  const access = { kind: 'installation', id: installation.id } as const
  const bot = await client.rest(
    access,
    'GET /users/{username}',
    { username: `${app.slug}[bot]` },
    RestAccount,
  )
  return { ...app, bot }
}

export async function readRepository(
  client: Client,
  name: RepositoryName,
): Promise<Found<RepositoryReading>> {
  const answer = await absentOn404(
    client.rest(on(name, 'read'), 'GET /repos/{owner}/{repo}', parts(name), Repository),
  )
  if (!answer.found) return answer
  const { id, full_name, default_branch, private: hidden } = answer.value
  return { found: true, value: { id, name: full_name, defaultBranch: default_branch, private: hidden } }
}

/** The same from GraphQL, which tells it with whatever else is asked for. A repository without a commit has no branch. */
export function repositoryOf(node: RepositoryNode): RepositoryReading {
  return {
    id: node.databaseId,
    name: node.nameWithOwner,
    defaultBranch: node.defaultBranchRef?.name ?? '',
    private: node.isPrivate,
  }
}

/** The commit a branch points at. `ref` is the branch's name without `refs/heads/`. */
export async function readBranchTip(client: Client, name: RepositoryName, ref: string): Promise<Found<Sha>> {
  const route = 'GET /repos/{owner}/{repo}/git/ref/{ref}'
  const answer = await absentOn404(
    client.rest(on(name, 'read'), route, { ...parts(name), ref: `heads/${ref}` }, Ref),
  )
  return answer.found ? { found: true, value: answer.value.object.sha } : answer
}

/** Files at commits never change: what was read once is kept, what was absent for ten minutes, and a read is shared. */
export interface Files {
  read(name: RepositoryName, sha: Sha, path: string): Promise<Found<string>>
  /** Keep what came with something else. */
  know(name: RepositoryName, sha: Sha, path: string, file: Found<string>): void
}

export function createFiles(client: Client, clock: Clock): Files {
  const kept: Lru<{ file: Found<string>; untilMs: number }> = createLru({ entries: 1000, size: 16_000_000 })
  const underWay = new Map<string, Promise<Found<string>>>()
  const keyOf = (name: RepositoryName, sha: Sha, path: string) => `${name}@${sha}:${path}`
  const keep = (key: string, file: Found<string>) => {
    const untilMs = file.found ? Number.POSITIVE_INFINITY : clock.nowMs() + absentForMs
    kept.set(key, { file, untilMs }, file.found ? file.value.length : 0)
  }
  const ask = async (key: string, name: RepositoryName, sha: Sha, path: string) => {
    try {
      const file = await readFile(client, name, sha, path)
      keep(key, file)
      return file
    } finally {
      underWay.delete(key)
    }
  }
  return {
    async read(name, sha, path) {
      const key = keyOf(name, sha, path)
      const known = kept.get(key)
      if (known && clock.nowMs() < known.untilMs) return known.file
      const asked = underWay.get(key) ?? ask(key, name, sha, path)
      underWay.set(key, asked)
      return asked
    },
    know: (name, sha, path, file) => keep(keyOf(name, sha, path), file),
  }
}

/** @throws GitHubRefusal when the file is larger than 1 MB; a folder, symlink or submodule is not found. */
async function readFile(
  client: Client,
  name: RepositoryName,
  sha: Sha,
  path: string,
): Promise<Found<string>> {
  const route = 'GET /repos/{owner}/{repo}/contents/{path}'
  const answer = await absentOn404(
    client.rest(on(name, 'read'), route, { ...parts(name), path, ref: sha }, Content),
  )
  if (!answer.found || Array.isArray(answer.value) || !('content' in answer.value)) return { found: false }
  const { size, encoding, content } = answer.value
  if (size > maximumFileBytes || encoding !== 'base64') {
    const words = `${path} has ${size} bytes`
    throw new GitHubRefusal(
      413,
      words,
      `${words} at ${sha.slice(0, 7)}; Countersign reads at most 1 MB. Make it smaller.`,
    )
  }
  return { found: true, value: Buffer.from(content, 'base64').toString('utf8') }
}

/** Every repository that the App is installed on; suspended installations are left out. */
export async function readInstalled(client: Client): Promise<RepositoryName[]> {
  const app = { kind: 'app' } as const
  const installations = await client.pages(
    app,
    'GET /app/installations',
    {},
    { schema: Installations, items: (page) => page, most: pagesOfRepositories },
  )
  const names: RepositoryName[] = []
  for (const { id, suspended_at } of installations) {
    if (suspended_at) continue
    const access = { kind: 'installation', id } as const
    const list = (page: z.infer<typeof Repositories>) =>
      page.repositories.map((repository) => repository.full_name)
    const route = 'GET /installation/repositories'
    names.push(
      ...(await client.pages(
        access,
        route,
        {},
        { schema: Repositories, items: list, most: pagesOfRepositories },
      )),
    )
  }
  return names
}
