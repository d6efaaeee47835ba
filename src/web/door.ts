/** Signing in and out: GitHub's web flow for the App, bound to the browser that began it (O2, T36). */
import { randomBytes, timingSafeEqual } from 'node:crypto'
import type { Context } from 'hono'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import type { Clock, Log, Metrics, Viewers } from '../core/ports.ts'
import type { Access } from './access.ts'
import { createSeal, Session, SigningIn } from './session.ts'

export interface DoorOptions {
  viewers: Viewers
  /** The App's client secret, from which the keys of cookies are made. */
  secret: string
  /** The board's own address without a path, once it listens. */
  origin(): string
  clock: Clock
  metrics: Metrics
  log: Log
}

export interface Door {
  /** Null for somebody who has not signed in, or whose token has lapsed. */
  viewer(context: Context): Promise<Session | null>
  signIn(context: Context): Promise<Response>
  /** The way on, or the sentence why nobody was signed in. */
  signedIn(context: Context): Promise<Response | { sentence: string; to: string }>
  signOut(context: Context): Promise<Response>
}

const sessionCookie = 'countersign'
const signingInCookie = 'countersign-signing-in'
const signingInMs = 10 * 60_000

export function createDoor(
  { viewers, secret, origin, clock, metrics, log }: DoorOptions,
  access: Access,
): Door {
  const sessions = createSeal('session', Session, { secret, clock })
  const signingIn = createSeal('signing-in', SigningIn, { secret, clock })
  const callback = () => `${origin()}/board/signed-in`
  /** Over https only this very host can have set it; on loopback there is no https. */
  const cookies = () => {
    const common = { httpOnly: true, path: '/', sameSite: 'Lax' as const }
    return origin().startsWith('https:') ? { ...common, secure: true, prefix: 'host' as const } : common
  }
  const read = (context: Context, name: string) =>
    origin().startsWith('https:') ? getCookie(context, name, 'host') : getCookie(context, name)
  const drop = (context: Context, name: string) => deleteCookie(context, name, cookies())

  return {
    viewer: async (context) => sessions.open(read(context, sessionCookie)),

    async signIn(context) {
      const state = randomBytes(32).toString('base64url')
      const untilMs = clock.nowMs() + signingInMs
      const sealed = await signingIn.close({ state, to: ownPath(context.req.query('to')) }, untilMs)
      setCookie(context, signingInCookie, sealed, { ...cookies(), maxAge: signingInMs / 1000 })
      return context.redirect(viewers.address({ state, callback: callback() }), 302)
    },

    async signedIn(context) {
      const begun = await signingIn.open(read(context, signingInCookie))
      drop(context, signingInCookie)
      const { code, state, error } = context.req.query()
      const refuse = (why: string, sentence: string) => {
        metrics.count('board_sign_ins_total', { outcome: why })
        return { sentence, to: begun?.to ?? '/board' }
      }
      // Another browser's answer signs nobody in here.
      if (!begun || state === undefined || !same(begun.state, state))
        return refuse(
          'foreign',
          `That sign-in was not begun in this browser at this address, or it took longer than ten minutes. Begin again at ${origin()}/board.`,
        )
      if (error !== undefined || code === undefined || code.length > 200)
        return refuse('denied', 'GitHub did not sign you in.')
      const signed = await viewers.signIn({ code, callback: callback() })
      if (!signed) return refuse('refused', 'GitHub does not know that sign-in any more.')
      const { account, token, expiresMs } = signed
      const sealed = await sessions.close({ account, token }, expiresMs)
      setCookie(context, sessionCookie, sealed, {
        ...cookies(),
        maxAge: Math.max(1, Math.floor((expiresMs - clock.nowMs()) / 1000)),
      })
      metrics.count('board_sign_ins_total', { outcome: 'signed_in' })
      log.info({ login: account.login, id: account.id }, 'signed in to the board')
      return context.redirect(begun.to, 302)
    },

    async signOut(context) {
      // Browsers say where a form came from; one of another site signs nobody out.
      const from = context.req.header('origin')
      if (from !== undefined && from !== origin())
        return context.text('This form did not come from the board.', 403)
      const viewer = await sessions.open(read(context, sessionCookie))
      drop(context, sessionCookie)
      if (viewer) {
        access.forget(viewer.token)
        await viewers.signOut(viewer.token)
      }
      return context.redirect('/board', 303)
    },
  }
}

/** Where to go after signing in: a path of the board, whatever else was asked for. */
export function ownPath(asked: string | undefined): string {
  if (asked === undefined || asked.length > 1000 || !/^\/board(\/|$)/.test(asked)) return '/board'
  const base = 'http://board.invalid'
  const url = URL.canParse(asked, base) ? new URL(asked, base) : null
  return url?.origin === base && /^\/board(\/|$)/.test(url.pathname) ? url.pathname : '/board'
}

function same(a: string, b: string): boolean {
  const [one, other] = [Buffer.from(a), Buffer.from(b)]
  return one.length === other.length && timingSafeEqual(one, other)
}
