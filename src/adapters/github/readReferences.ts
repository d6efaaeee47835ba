/** Judging whether prior-art references resolve (D2). */
import { z } from 'zod'
import { RepositoryName, type Sha } from '../../core/ids.ts'
import { on, parts } from './access.ts'
import type { Client } from './client.ts'
import { GitHubRefusal } from './failures.ts'
import { PathsAnswer, pathsQuery } from './queriesReferences.ts'

/**
 * Which of the references exist. The paths at `sha` are looked for together; what is not found that way, and everything
 * else, is asked for by itself.
 *
 * @param host of the repository pages: `github.com`, or the server's own.
 */
export async function resolveReferences(
  client: Client,
  name: RepositoryName,
  sha: Sha,
  { references, host }: { references: readonly string[]; host: string },
): Promise<ReadonlyMap<string, boolean>> {
  const parsed = references.map((text) => ({ text, reference: parseReference(name, sha, text, host) }))
  const paths = parsed.flatMap(({ reference }) =>
    reference?.kind === 'path' && reference.name === name && reference.ref === sha ? [reference.path] : [],
  )
  const there = await pathsAt(client, name, sha, paths)
  const resolves = async (reference: Reference | null) => {
    if (reference === null) return false
    const known = reference.kind === 'path' && reference.ref === sha && reference.name === name
    return (known && there.has(reference.path)) || resolveReference(client, name, reference)
  }
  const answers = await Promise.all(parsed.map(({ reference }) => resolves(reference)))
  return new Map(references.map((text, at) => [text, answers[at] === true]))
}

/** Those of the paths that are at the commit; one alone is not worth a query, and is asked for like the rest. */
async function pathsAt(
  client: Client,
  name: RepositoryName,
  sha: Sha,
  paths: readonly string[],
): Promise<ReadonlySet<string>> {
  if (paths.length < 2) return new Set()
  const { owner, repo } = parts(name)
  const wanted = Object.fromEntries(paths.map((path, at) => [`p${at}`, `${sha}:${path}`]))
  const query = pathsQuery(paths.length)
  const { repository } = await client.graphql(
    on(name, 'read'),
    query,
    { owner, name: repo, ...wanted },
    PathsAnswer,
  )
  return new Set(paths.filter((_, at) => repository?.[`p${at}`] != null))
}

type Reference =
  | { kind: 'number'; name: RepositoryName; number: number }
  | { kind: 'path'; name: RepositoryName; path: string; ref: string }

/**
 * What a prior-art reference names, or null when it has none of the known forms (D2).
 *
 * @param host of the repository pages: `github.com`, or the server's own.
 */
function parseReference(name: RepositoryName, sha: Sha, reference: string, host: string): Reference | null {
  const text = reference.trim().replace(/^`(.*)`$/, '$1')
  const short = /^([\w.-]+\/[\w.-]+)?#([1-9]\d{0,9})$/.exec(text)
  if (short) return numbered(short[1] ?? name, Number(short[2]))
  if (/^https?:/.test(text)) return URL.canParse(text) ? parseAddress(new URL(text), host) : null
  const path = text.replace(/^\.?\//, '')
  const wellFormed =
    path !== '' && !path.split('/').some((part) => part === '' || part === '.' || part === '..')
  return wellFormed ? { kind: 'path', name, path, ref: sha } : null
}

function parseAddress(address: URL, host: string): Reference | null {
  if (address.host !== host) return null
  const [owner, repo, kind, ...rest] = address.pathname.split('/').filter(Boolean).map(decoded)
  const name = `${owner}/${repo}`
  if ((kind === 'issues' || kind === 'pull') && /^[1-9]\d{0,9}$/.test(rest[0] ?? ''))
    return numbered(name, Number(rest[0]))
  const known = RepositoryName.safeParse(name)
  if ((kind === 'blob' || kind === 'tree') && known.success && rest.length >= 2) {
    return { kind: 'path', name: known.data, ref: rest[0] as string, path: rest.slice(1).join('/') }
  }
  return null
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    // A malformed escape names nothing on GitHub; the look-up will say so.
    return text
  }
}

function numbered(name: string, number: number): Reference | null {
  const known = RepositoryName.safeParse(name)
  return known.success ? { kind: 'number', name: known.data, number } : null
}

/**
 * Whether a reference exists. Other repositories are asked for with this repository's token, so that an issue here
 * cannot find out what a private repository of the same installation holds.
 */
async function resolveReference(
  client: Client,
  name: RepositoryName,
  reference: Reference,
): Promise<boolean> {
  const access = on(name, 'read')
  const where = parts(reference.name)
  const asked =
    reference.kind === 'number'
      ? client.rest(
          access,
          'GET /repos/{owner}/{repo}/issues/{issue_number}',
          { ...where, issue_number: reference.number },
          z.unknown(),
        )
      : client.rest(
          access,
          'GET /repos/{owner}/{repo}/contents/{path}',
          { ...where, path: reference.path, ref: reference.ref },
          z.unknown(),
        )
  try {
    await asked
    return true
  } catch (error) {
    if (error instanceof GitHubRefusal && [403, 404, 410, 422, 451].includes(error.status)) return false
    throw error
  }
}
