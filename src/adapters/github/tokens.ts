/** Tokens: the App's signed key, and installation tokens minted for one repository and one set of permissions. */
import { createAppAuth } from '@octokit/auth-app'
import { z } from 'zod'
import type { RepositoryName } from '../../core/ids.ts'
import type { Clock } from '../../core/ports.ts'
import { type Access, grants, parts } from './access.ts'
import { GitHubRefusal } from './failures.ts'
import { createLru } from './lru.ts'

/** A token is not used in its last five minutes, so that a long act does not outlive it. */
const marginMs = 5 * 60_000
const tokensKept = 5000
/**
 * A repository that the App was not installed on is not asked for again so soon: most organisations have no policy
 * repository, and every round would ask. The worst is that a new installation is seen this much later.
 */
const absentForMs = 60_000

const Installation = z.object({ id: z.number().int().positive() })
const Minted = z.object({ token: z.string().min(1), expires_at: z.string() })

/** How tokens ask GitHub: the client's own way, so that limits, failures and counting are the same as everywhere. */
export type AppRequest = (route: string, parameters: Record<string, unknown>) => Promise<unknown>

export interface Tokens {
  /** The value for the `authorization` header. Throws GitHubRefusal 404 where the App is not installed. */
  authorization(access: Access): Promise<string>
  /** The bare token, for git over HTTPS. */
  token(access: Exclude<Access, { kind: 'app' }>): Promise<string>
  /** Forget a token that GitHub no longer accepts. */
  forget(access: Access): void
}

/**
 * @param request sends a request with the App's own key.
 * @param onSecret is told each minted token, so that logs can blank it by value (O5).
 */
export function createTokens(
  app: { appId: number; privateKey: string },
  ports: { clock: Clock; request: AppRequest; onSecret: (secret: string) => void },
): Tokens {
  const auth = createAppAuth({ appId: app.appId, privateKey: app.privateKey })
  const kept = createLru<{ token: string; usableUntilMs: number }>({ entries: tokensKept })
  const installations = createLru<number>({ entries: tokensKept })
  const absent = createLru<{ refusal: GitHubRefusal; untilMs: number }>({ entries: tokensKept })
  const minting = new Map<string, Promise<string>>()

  async function installationOf(name: RepositoryName): Promise<number> {
    const known = installations.get(name)
    if (known !== undefined) return known
    const missed = absent.get(name)
    if (missed && ports.clock.nowMs() < missed.untilMs) throw missed.refusal
    const { id } = Installation.parse(await lookUp(name))
    installations.set(name, id)
    return id
  }

  async function lookUp(name: RepositoryName): Promise<unknown> {
    try {
      return await ports.request('GET /repos/{owner}/{repo}/installation', parts(name))
    } catch (error) {
      if (error instanceof GitHubRefusal && error.status === 404)
        absent.set(name, { refusal: error, untilMs: ports.clock.nowMs() + absentForMs })
      throw error
    }
  }

  async function mint(access: Exclude<Access, { kind: 'app' }>): Promise<string> {
    const narrowing =
      access.kind === 'repository'
        ? { repositories: [parts(access.name).repo], permissions: grants[access.grant] }
        : { permissions: { metadata: 'read' } }
    const installation = access.kind === 'repository' ? await installationOf(access.name) : access.id
    const answer = Minted.parse(
      await ports.request('POST /app/installations/{installation_id}/access_tokens', {
        installation_id: installation,
        ...narrowing,
      }),
    )
    ports.onSecret(answer.token)
    const usableUntilMs = Date.parse(answer.expires_at) - marginMs
    kept.set(keyOf(access), { token: answer.token, usableUntilMs })
    return answer.token
  }

  async function token(access: Exclude<Access, { kind: 'app' }>): Promise<string> {
    const key = keyOf(access)
    const known = kept.get(key)
    if (known && ports.clock.nowMs() < known.usableUntilMs) return known.token
    const running = minting.get(key)
    if (running !== undefined) return running
    const started = mint(access)
      .catch((error: unknown) => {
        // The App may have been taken off and put back under another id since we looked.
        if (error instanceof GitHubRefusal && access.kind === 'repository') installations.delete(access.name)
        throw refusedMint(error, access)
      })
      .finally(() => minting.delete(key))
    minting.set(key, started)
    return started
  }

  return {
    token,
    async authorization(access) {
      if (access.kind === 'app') return `bearer ${(await auth({ type: 'app' })).token}`
      return `token ${await token(access)}`
    },
    forget(access) {
      if (access.kind !== 'app') kept.delete(keyOf(access))
    },
  }
}

/** A person's own token in place of the App's: one for everything, and minted by nobody. */
export function personalTokens(token: string): Tokens {
  return { token: async () => token, authorization: async () => `token ${token}`, forget: () => undefined }
}

function keyOf(access: Exclude<Access, { kind: 'app' }>): string {
  return access.kind === 'repository' ? `${access.name}:${access.grant}` : `installation:${access.id}`
}

/** A 422 at minting means that the installation lacks a permission (its words say so) or does not hold the repository. */
function refusedMint(error: unknown, access: Exclude<Access, { kind: 'app' }>): unknown {
  if (!(error instanceof GitHubRefusal) || error.status !== 422 || access.kind !== 'repository') return error
  if (!/permission/i.test(error.words)) {
    const sentence = `The App is not installed on ${access.name}. An owner can add it in the installation settings.`
    return new GitHubRefusal(404, error.words, sentence, { cause: error })
  }
  const wanted: Record<string, string> = grants[access.grant]
  const asked = Object.entries(wanted)
    .map(([name, level]) => `${name}: ${level}`)
    .join(', ')
  // The only one that app.yml does not ask for: there is nothing to accept before the App wants it.
  const remedy =
    wanted['actions'] === 'write'
      ? 'It is optional (docs/permissions.md): set Actions to "Read and write" on the App\'s settings page under ' +
        'Permissions & events, and an owner can accept it in the installation settings.'
      : "An owner must accept the App's permissions in the installation settings; " +
        '"countersign doctor" lists what is missing.'
  return new GitHubRefusal(
    403,
    error.words,
    `The App's installation on ${access.name} does not grant ${asked}. ${remedy}`,
    { cause: error },
  )
}
