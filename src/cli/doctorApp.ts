/** What only the App's own key can tell doctor: its bot account, and the permissions that its installation holds. */
import { readFile } from 'node:fs/promises'
import { createAppAuth } from '@octokit/auth-app'
import { Octokit } from '@octokit/rest'
import { parse } from 'yaml'
import { z } from 'zod'
import type { Protection } from '../enforcement/protection.ts'
import { type Operator, seen } from './operator.ts'

const App = z.object({ slug: z.string() })
const Installation = z.object({ permissions: z.record(z.string(), z.string()) })
const Manifest = z.object({ default_permissions: z.record(z.string(), z.string()) })
const Account = z.object({ id: z.number().int() })

/**
 * Ask with the App's key, if the operator has it.
 *
 * @param settings `PRIVATE_KEY` (PEM, literal `\n` allowed) or `PRIVATE_KEY_PATH`.
 */
export async function readApp(
  operator: Operator,
  { repository, appId, baseUrl }: { repository: string; appId: number; baseUrl: string },
  settings: Record<string, string | undefined>,
): Promise<Pick<Protection, 'botId' | 'permissions'>> {
  const privateKey = await privateKeyOf(settings)
  if (!privateKey) {
    const why = 'it takes the PRIVATE_KEY (or PRIVATE_KEY_PATH) of the App in the environment'
    return { botId: null, permissions: { seen: false, why } }
  }
  const quiet = () => undefined
  const log = { debug: quiet, info: quiet, warn: quiet, error: quiet }
  const octokit = new Octokit({ baseUrl, log, authStrategy: createAppAuth, auth: { appId, privateKey } })
  const [owner = '', repo = ''] = repository.split('/')
  const { slug } = App.parse((await octokit.request('GET /app')).data)
  const bot = await seen(() => operator.ask('GET /users/{username}', { username: `${slug}[bot]` }, Account))
  const permissions = await seen(async () => {
    const answer = await octokit.request('GET /repos/{owner}/{repo}/installation', { owner, repo })
    const held = Installation.parse(answer.data).permissions
    return { held, wanted: await askedFor() }
  })
  return { botId: bot.seen ? bot.value.id : null, permissions }
}

/** The App's key as the environment gives it, or null. */
export async function privateKeyOf(settings: Record<string, string | undefined>): Promise<string | null> {
  const given = settings['PRIVATE_KEY']
  if (given) return given.replaceAll('\\n', '\n')
  const path = settings['PRIVATE_KEY_PATH']
  return path ? await readFile(path, 'utf8') : null
}

/** What the App's manifest asks for: the one place where the list is kept. */
async function askedFor(): Promise<Record<string, string>> {
  const manifest = await readFile(new URL('../../app.yml', import.meta.url), 'utf8')
  return Manifest.parse(parse(manifest)).default_permissions
}
