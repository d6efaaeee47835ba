/** Pages for those who are not shown anything: before signing in, and when something is not there or does not answer. */
import type { Html } from '../html.ts'
import { html } from '../html.ts'

/** @param to where to go after signing in, a path of the board. */
export const doorPage = (to: string, said: string): Html => html`<section class="hero">
<h1>Agents draft; humans countersign.</h1>
<p class="lead">The board shows delegated work on its way through plan, gates, approvals and rollout. GitHub says who you are and which repositories you are shown.</p>
${said ? html`<p class="say asks">${said}</p>` : ''}
<p><a class="button main" href="/board/sign-in?to=${encodeURIComponent(to)}">Sign in with GitHub</a></p>
</section>`

export const missingPage = (): Html => html`<section class="hero">
<h1>Nothing here</h1>
<p class="lead">There is no such page, or GitHub does not show you this repository. Ask one of its administrators for access, then load this page again.</p>
<p><a class="button" href="/board">To the board</a></p>
</section>`

export const refusedPage = (sentence: string): Html => html`<section class="hero">
<h1>Not now</h1>
<p class="lead">${sentence}</p>
<p><a class="button" href="/board">To the board</a></p>
</section>`
