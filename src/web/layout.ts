/** The frame around every page: who is looking, where they are, and nothing that a page could put in unescaped (T37). */
import { html } from 'hono/html'
import type { Account } from '../core/account.ts'
import type { Html } from './html.ts'

export interface Frame {
  title: string
  /** From the board's own page down to this one. */
  path: readonly { name: string; href: string }[]
  viewer: Account | null
  /** Changes with the style sheet and the script, so that browsers keep each as long as it is the same. */
  version: string
  /** Seconds after which the page asks what is new; null for pages on which nothing moves. */
  renewS: number | null
}

/** A seal: what is countersigned carries one. */
const seal = html`<svg class="seal" viewBox="0 0 24 24" aria-hidden="true"><circle cx="12" cy="12" r="10.5"/><path d="M6.8 12.6l3.4 3.4 7-7.6"/></svg>`

export function page({ title, path, viewer, version, renewS }: Frame, body: Html): Html {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · Countersign</title>
<link rel="stylesheet" href="/board/style.css?${version}">
<link rel="icon" href="/board/icon.svg?${version}" type="image/svg+xml">
${renewS === null ? '' : html`<script src="/board/renew.js?${version}" data-seconds="${renewS}" defer></script>`}
</head>
<body>
<a class="skip" href="#main">To the content</a>
<header class="top">
<a class="mark" href="/board">${seal}<span>Countersign</span></a>
<nav aria-label="Where you are">${path.map(({ name, href }) => html`<a href="${href}">${name}</a>`)}</nav>
${
  viewer
    ? html`<form method="post" action="/board/sign-out"><span class="who">${viewer.login}</span><button>Sign out</button></form>`
    : ''
}
</header>
<main id="main">${body}</main>
<footer class="foot">The board shows and decides nothing: people approve in check runs on GitHub. Times are UTC.</footer>
</body>
</html>`
}
