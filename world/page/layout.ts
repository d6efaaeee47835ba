/** The frame of every page: where one is, who one is, what just happened. */
import { roleOn } from '../github/access.ts'
import type { Account, Repo } from '../github/state.ts'
import type { GitHubWorld } from '../github/world.ts'
import { type Html, html, trusted } from './html.ts'
import { STYLE } from './style.ts'

export type Notice = { kind: 'done' | 'refused'; text: string }

/** Who looks at what, and what their last press came to. */
export type Visit = {
  world: GitHubWorld
  /** Null until somebody was chosen with ?as=login; then the page can only be read. */
  viewer: Account | null
  /** The address without who one is. */
  path: string
  notice: Notice | null
  /** Seconds until the page loads itself again; null for never. */
  refreshS: number | null
}

export type PageParts = { title: string; repo: Repo | null; body: Html }

export function page(visit: Visit, { title, repo, body }: PageParts): string {
  const { notice, refreshS } = visit
  const where = repo === null ? 'All repositories' : nameOf(visit.world, repo)
  const whole = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
${refreshS !== null && html`<meta http-equiv="refresh" content="${refreshS}; url=${link(visit, visit.path)}">`}
<title>${title}</title>
<style>${trusted(STYLE)}</style>
</head>
<body>
<header class="top">
<a class="where" href="${link(visit, '/')}">${where}</a>
<span class="what">stand-in GitHub on this machine</span>
${people(visit, repo)}
</header>
<main>
${notice !== null && html`<p class="notice wide ${notice.kind === 'done' ? 'green' : 'red'}" role="status">${notice.text}</p>`}
${body}
</main>
</body>
</html>
`
  return whole.markup
}

/** One link a person; the current one is marked. Without JavaScript this is the whole sign-in. */
function people(visit: Visit, repo: Repo | null): Html {
  const { world, viewer } = visit
  const accounts = [...world.state.accounts.values()].filter(
    (one) => one.type === 'User' && one.id !== world.app.ownerId,
  )
  return html`<nav class="people" aria-label="Who you are">You are
${accounts.map((account) => {
  const role = repo === null ? null : roleOn(world.state, repo, account)
  const current = account.id === viewer?.id
  const href = addressAs(visit.path, account.login)
  return html`<a href="${href}"${current && trusted(' aria-current="true"')} title="${role === null ? 'a person' : `role: ${role}`}">${account.login}</a> `
})}</nav>`
}

/** An address on this site that keeps who one is. */
export function link(visit: Visit, path: string): string {
  return visit.viewer === null ? path : addressAs(path, visit.viewer.login)
}

const addressAs = (path: string, login: string) =>
  `${path}${path.includes('?') ? '&' : '?'}as=${encodeURIComponent(login)}`

/** A form that does one thing as the viewer; nothing without a viewer. */
export function form(visit: Visit, act: string, inner: Html, inline = false): Html {
  if (visit.viewer === null) return html``
  return html`<form method="post" action="${link(visit, visit.path)}"${inline && trusted(' class="inline"')}><input type="hidden" name="act" value="${act}">${inner}</form>`
}

export const nameOf = (world: GitHubWorld, repo: Repo): string =>
  `${world.state.accounts.get(repo.ownerId)?.login ?? '?'}/${repo.name}`

/** The world's time to the minute, in UTC. */
export const when = (iso: string): Html =>
  html`<time datetime="${iso}">${iso.slice(0, 16).replace('T', ' ')}</time>`

export function who(world: GitHubWorld, id: number): Html {
  const account = world.state.accounts.get(id)
  return html`<strong>${account?.login ?? 'ghost'}</strong>${account?.type === 'Bot' && html` <span class="pill grey">bot</span>`}`
}
