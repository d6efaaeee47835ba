/** The page on which a person authorises an App: GitHub's own, as far as it goes without passwords and sessions. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { findAccount } from '../github/access.ts'
import { GitHubError } from '../github/errors.ts'
import { type Asked, AUTHORIZE_PATH, askedBy, authorizedAddress, refusalAddress } from '../github/oauth.ts'
import { html } from './html.ts'
import { foreignForm, formOf, send } from './http.ts'
import { form, page, type Visit, who } from './layout.ts'
import { missingPage } from './otherPages.ts'

/** Answers when the address is this page's. GitHub asks only once for each App; here one is asked each time. */
export async function servesAuthorize(
  { world, viewer, notice, refreshS }: Visit,
  req: IncomingMessage,
  res: ServerResponse,
  url: URL,
): Promise<boolean> {
  if (url.pathname !== AUTHORIZE_PATH) return false
  const query = new URLSearchParams(url.searchParams)
  query.delete('as')
  // `login` suggests whom to sign in as, and is no more than that.
  const suggested = findAccount(world.state, query.get('login') ?? '')
  const visit: Visit = {
    world,
    viewer: viewer ?? (suggested?.type === 'User' ? suggested : null),
    path: `${url.pathname}?${query}`,
    notice,
    refreshS,
  }
  const asked = read(visit, query)
  if (asked === null) send(res, 404, missingPage(visit))
  else if (asked.mismatch) redirect(res, refusalAddress(asked, 'redirect_uri_mismatch'))
  else if (req.method === 'POST') await answer(visit, asked, req, res)
  else send(res, 200, authorizePage(visit, asked), [new URL(asked.callbackUrl).origin])
  return true
}

function read({ world }: Visit, query: URLSearchParams): Asked | null {
  try {
    return askedBy(world.site, query)
  } catch (error) {
    if (error instanceof GitHubError) return null
    throw error
  }
}

async function answer(visit: Visit, asked: Asked, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const fields = await formOf(visit, req)
  if (fields === null || visit.viewer === null)
    return send(res, 403, missingPage({ ...visit, notice: foreignForm }))
  redirect(
    res,
    fields.get('answer') === 'authorize'
      ? authorizedAddress(visit.world.site, asked, visit.viewer)
      : refusalAddress(asked, 'access_denied'),
  )
}

function redirect(res: ServerResponse, location: string): void {
  res.writeHead(302, { location, 'cache-control': 'no-store' }).end()
}

function authorizePage(visit: Visit, { app, callbackUrl }: Asked): string {
  const { world, viewer } = visit
  const buttons = html`<div class="buttons"><button class="primary" name="answer" value="authorize">Authorize ${app.name}</button><button name="answer" value="cancel">Cancel</button></div>`
  const body = html`<div class="wide"><h1>Authorize ${app.name}</h1>
<p>${app.name} by ${who(world, app.ownerId)} wants to know who you are, and to see what both it and you may see.</p>
<p class="soft">You will be sent to <code>${new URL(callbackUrl).origin}</code>.</p>
${
  viewer === null
    ? html`<p>Choose who you are (top right): there are no passwords here.</p>`
    : html`<p>You are <strong>${viewer.login}</strong>.</p>${form(visit, 'authorize', buttons)}`
}</div>`
  return page(visit, { title: `Authorize ${app.name}`, repo: null, body })
}
