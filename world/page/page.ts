/** Serves the stand-in's website: readable without JavaScript, every act a form in the name of the person chosen by ?as=. */
import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { findAccount, findRepo } from '../github/access.ts'
import type { Issue, Repo } from '../github/state.ts'
import type { GitHubWorld } from '../github/world.ts'
import { act } from './act.ts'
import { servesAuthorize } from './authorizePage.ts'
import { foreignForm, formOf, send } from './http.ts'
import type { Notice, Visit } from './layout.ts'
import { commitPage, issuePage, listPage, mayRead, missingPage } from './otherPages.ts'
import { pullPage } from './pullPage.ts'

export type PageOptions = {
  /** Pages load themselves again after so many seconds; default never, so that nothing typed is lost. */
  refreshS?: number
}

const MAX_NOTICES = 100
/** After a press the page looks again once, when the App has had a moment to answer. */
const AFTER_PRESS_S = 2

const THREAD = /^\/([^/]+)\/([^/]+)\/(pull|issues)\/(\d{1,9})\/?$/
const COMMIT = /^\/([^/]+)\/([^/]+)\/commit\/([0-9a-f]{40})\/?$/
const REPOSITORY = /^\/([^/]+)\/([^/]+)\/?$/

/** Where a form stands: an issue, a pull request, or (null) a commit, which has nothing but its checks. */
type Place = { repo: Repo; issue: Issue | null; sha: string; fullName: string }

/** Adds the pages to the world's own address; browsers get them, API clients and git are left alone. */
export function servePages(world: GitHubWorld, options: PageOptions = {}): void {
  const notices = new Map<string, Notice>()

  world.serve(async (req, res, url) => {
    if (url.pathname === '/favicon.ico') {
      res.writeHead(204).end()
      return true
    }
    const place = placeAt(world, url.pathname)
    const login = url.searchParams.get('as') ?? ''
    const viewer = findAccount(world.state, login)
    const notice = notices.get(url.searchParams.get('said') ?? '') ?? null
    const refreshS = notice?.kind === 'done' ? AFTER_PRESS_S : (options.refreshS ?? null)
    const visit: Visit = {
      world,
      viewer: viewer?.type === 'User' ? viewer : null,
      path: url.pathname,
      notice,
      refreshS,
    }
    if (await servesAuthorize(visit, req, res, url)) return true
    if (req.method === 'POST' && (THREAD.test(url.pathname) || COMMIT.test(url.pathname))) {
      await post(visit, place, req, res)
      return true
    }
    if (req.method !== 'GET' || !(req.headers.accept ?? '').includes('text/html')) return false
    const shown = await render(visit, place)
    send(res, shown === null ? 404 : 200, shown ?? missingPage(visit))
    return true
  })

  async function post(
    visit: Visit,
    place: Place | null,
    req: IncomingMessage,
    res: ServerResponse,
  ): Promise<void> {
    const fields = await formOf(visit, req)
    if (fields === null) return send(res, 403, missingPage({ ...visit, notice: foreignForm }))
    if (place === null || visit.viewer === null || !mayRead(visit, place.repo))
      return send(res, 404, missingPage(visit))
    const { login } = visit.viewer
    const said = await act(
      world,
      login,
      { repo: place.fullName, number: place.issue?.number ?? null },
      fields,
    )
    const key = randomBytes(8).toString('hex')
    const [oldest] = notices.keys()
    if (notices.size >= MAX_NOTICES && oldest !== undefined) notices.delete(oldest)
    notices.set(key, said)
    res.writeHead(303, { location: `${visit.path}?as=${encodeURIComponent(login)}&said=${key}` }).end()
  }
}

async function render(visit: Visit, place: Place | null): Promise<string | null> {
  const { world, path } = visit
  if (path === '/') return listPage(visit, null)
  if (place !== null) {
    if (!mayRead(visit, place.repo)) return null
    if (place.issue === null) return commitPage(visit, place.repo, place.sha)
    const pull = place.issue.pullId === null ? undefined : world.state.pulls.get(place.issue.pullId)
    return pull === undefined
      ? issuePage(visit, place.repo, place.issue)
      : pullPage(visit, place.repo, place.issue, pull)
  }
  const [, owner = '', name = ''] = REPOSITORY.exec(path) ?? []
  const repo = findRepo(world.state, decode(owner), decode(name))
  return repo === null || !mayRead(visit, repo) ? null : listPage(visit, repo)
}

function placeAt(world: GitHubWorld, path: string): Place | null {
  const commit = COMMIT.exec(path)
  if (commit) {
    const [, owner = '', name = '', sha = ''] = commit
    const repo = findRepo(world.state, decode(owner), decode(name))
    return repo && { repo, issue: null, sha, fullName: `${decode(owner)}/${decode(name)}` }
  }
  const [, owner = '', name = '', , number = ''] = THREAD.exec(path) ?? []
  const repo = findRepo(world.state, decode(owner), decode(name))
  if (repo === null) return null
  const issue = [...world.state.issues.values()].find(
    (one) => one.repoId === repo.id && one.number === Number(number),
  )
  return issue === undefined ? null : { repo, issue, sha: '', fullName: `${decode(owner)}/${decode(name)}` }
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    // A malformed escape names no repository.
    return ''
  }
}
