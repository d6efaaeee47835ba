/** A reader of the board: a browser's cookies and redirects without a browser, and GitHub's page answered as the person would. */

import type { PersonDriver } from '../world/index.ts'
import type { Stage } from './stage.ts'

export interface Page {
  status: number
  /** Path, where it ended. */
  path: string
  html: string
  /** What a person reads: without tags, white space as one blank. */
  text: string
  headers: Headers
}

export interface Reader {
  cookies: Map<string, string>
  /** Follows redirects within the App; one that leads elsewhere is returned as it is. */
  open(path: string): Promise<Page>
  post(path: string, headers?: Record<string, string>): Promise<Page>
  /** Sign in at GitHub on the way to a page. */
  signIn(to?: string): Promise<Page>
}

const mostRedirects = 5

export function createReader(stage: Stage, person: PersonDriver): Reader {
  const cookies = new Map<string, string>()
  const ask = async (path: string, init: RequestInit = {}): Promise<Response> => {
    const answer = await fetch(new URL(path, stage.app.url), {
      ...init,
      redirect: 'manual',
      headers: {
        accept: 'text/html',
        cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; '),
        ...init.headers,
      },
    })
    for (const line of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (/max-age=0/i.test(line)) cookies.delete(name)
      else cookies.set(name, value)
    }
    return answer
  }
  const follow = async (path: string, init?: RequestInit): Promise<Page> => {
    let at = path
    let answer = await ask(at, init)
    for (let left = mostRedirects; left > 0 && answer.headers.has('location'); left--) {
      const next = new URL(answer.headers.get('location') ?? '', new URL(at, stage.app.url))
      if (next.origin !== stage.app.url) break
      at = `${next.pathname}${next.search}`
      answer = await ask(at)
    }
    const html = await answer.text()
    return { status: answer.status, path: at, html, text: textOf(html), headers: answer.headers }
  }
  return {
    cookies,
    open: (path) => follow(path),
    post: (path, headers = {}) => follow(path, { method: 'POST', headers }),
    async signIn(to = '/board') {
      const sent = await ask(`/board/sign-in?to=${encodeURIComponent(to)}`)
      const back = new URL(await person.authorize(sent.headers.get('location') ?? ''))
      return follow(`${back.pathname}${back.search}`)
    },
  }
}

const entities: Record<string, string> = { lt: '<', gt: '>', quot: '"', '#39': "'", amp: '&' }

/** A page's text as a person reads it. */
export function textOf(html: string): string {
  return html
    .replace(/<(style|script|title)[\s\S]*?<\/\1>/g, ' ')
    .replace(/<[^>]*>/g, ' ')
    .replace(/&(lt|gt|quot|#39|amp);/g, (_all, name: string) => entities[name] ?? '')
    .replace(/\s+/g, ' ')
    .trim()
}
