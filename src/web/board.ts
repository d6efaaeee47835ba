/** The board: a web site that shows and decides nothing. Who may see what is GitHub's to say, for each viewer (O2, T36). */
import { createHash } from 'node:crypto'
import { type Context, Hono } from 'hono'
import { RetryLater, Terminal } from '../core/errors.ts'
import { RepositoryName } from '../core/ids.ts'
import { createAccess } from './access.ts'
import { createDoor, type DoorOptions } from './door.ts'
import type { Html } from './html.ts'
import { icon } from './icon.ts'
import { type Frame, page } from './layout.ts'
import { doorPage, missingPage, refusedPage } from './pages/door.ts'
import { createPages, type PagePorts } from './pages.ts'
import { script } from './renew.ts'
import type { Session } from './session.ts'
import { style } from './style.ts'

export interface BoardOptions extends PagePorts, DoorOptions {}

/** Nothing from elsewhere, nothing inline, in no frame, and forms to nobody else (T37). */
const policy = [
  "default-src 'none'",
  "style-src 'self'",
  "script-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ')
const headers = {
  'content-security-policy': policy,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
}
const keptS = 365 * 24 * 3600
const renewS = 10

/** What a page says, and where it stands. */
export interface Content {
  title: string
  path: Frame['path']
  body: Html
  /** False for a page on which nothing moves. */
  moves: boolean
}

/** The board as a fetch handler: every path below `/board`, and `/` that leads there. */
export function createBoard(options: BoardOptions): Hono {
  const { metrics, log } = options
  const access = createAccess(options.viewers, options.clock)
  const door = createDoor(options, access)
  const pages = createPages(options)
  const version = createHash('sha256').update(style).update(script).update(icon).digest('hex').slice(0, 12)
  const app = new Hono()

  const shown = (viewer: Session | null, content: Content) =>
    page(
      {
        title: content.title,
        path: content.path,
        viewer: viewer?.account ?? null,
        version,
        renewS: content.moves ? renewS : null,
      },
      content.body,
    )
  const plain = (title: string, body: Html): Content => ({ title, path: [], body, moves: false })
  /** Not there and not shown are one answer: nobody learns which repositories there are. */
  const missing = async (context: Context, viewer: Session | null) =>
    context.html(await shown(viewer, plain('Nothing here', missingPage())), 404)

  app.use(async (context, next) => {
    await next()
    for (const [name, value] of Object.entries(headers)) context.header(name, value)
    if (!context.res.headers.has('cache-control')) context.header('cache-control', 'no-store')
    metrics.count('board_answers_total', { status: `${Math.floor(context.res.status / 100)}xx` })
  })
  app.onError(async (error, context) => {
    if (error instanceof RetryLater) {
      context.header('retry-after', String(Math.max(1, Math.ceil(error.retryAfterMs / 1000))))
      const said =
        'GitHub or the ledger does not answer, and nothing is shown that could not be asked for. Load this page again in a minute.'
      return context.html(await shown(null, plain('Not now', refusedPage(said))), 503)
    }
    log.error({ error, path: context.req.path }, 'a page of the board failed')
    if (error instanceof Terminal)
      return context.html(await shown(null, plain('Not now', refusedPage(error.forUser))), 502)
    return context.html(
      await shown(
        null,
        plain('An error', refusedPage("An error in Countersign; the operator's log says more.")),
      ),
      500,
    )
  })

  app.get('/', (context) => context.redirect('/board', 302))
  const asset = (path: string, type: string, text: string) =>
    app.get(path, (context) =>
      context.body(text, 200, {
        'content-type': type,
        'cache-control': `public, max-age=${keptS}, immutable`,
      }),
    )
  asset('/board/style.css', 'text/css; charset=utf-8', style)
  asset('/board/renew.js', 'text/javascript; charset=utf-8', script)
  asset('/board/icon.svg', 'image/svg+xml', icon)
  app.get('/board/sign-in', door.signIn)
  app.get('/board/signed-in', async (context) => {
    const refusal = await door.signedIn(context)
    if (refusal instanceof Response) return refusal
    return context.html(await shown(null, plain('Sign in', doorPage(refusal.to, refusal.sentence))), 403)
  })
  app.post('/board/sign-out', door.signOut)

  app.get('/board', async (context) => {
    const viewer = await door.viewer(context)
    const readable = viewer && (await access.repositories(viewer.token))
    if (!viewer || !readable)
      return context.html(await shown(null, plain('Sign in', doorPage('/board', ''))), viewer ? 401 : 200)
    return context.html(await shown(viewer, await pages.home(readable)))
  })
  app.get('/board/:owner/:name/:rest{.*}?', async (context) => {
    const viewer = await door.viewer(context)
    const to = new URL(context.req.url).pathname
    if (!viewer) return context.redirect(`/board/sign-in?to=${encodeURIComponent(to)}`, 302)
    const named = RepositoryName.safeParse(`${context.req.param('owner')}/${context.req.param('name')}`)
    if (!named.success) return missing(context, viewer)
    // Before anything else is looked at: what GitHub does not show the viewer is not even looked for.
    const answer = await access.mayRead(viewer.token, named.data)
    if (answer === 'gone') return context.redirect(`/board/sign-in?to=${encodeURIComponent(to)}`, 302)
    if (answer === 'no') return missing(context, viewer)
    // The ledger's keys are spelled as GitHub spells the repository, and an address may be in another case.
    const all = (await access.repositories(viewer.token)) ?? []
    const spelled = all.find((name) => name.toLowerCase() === named.data.toLowerCase())
    if (spelled !== undefined && spelled !== named.data)
      return context.redirect(to.replace(`/board/${named.data}`, `/board/${spelled}`), 302)
    const content = await pages.of(named.data, context.req.param('rest') ?? '', context.req.query())
    return content ? context.html(await shown(viewer, content)) : missing(context, viewer)
  })
  app.notFound(async (context) => missing(context, await door.viewer(context)))
  return app
}
