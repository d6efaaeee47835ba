/** What people and Apps said, in order, and the boxes to say more. */
import type { Issue, Pull } from '../github/state.ts'
import { commentsOf } from '../github/views/issue.ts'
import { type Html, html, verbatim } from './html.ts'
import { form, type Visit, when, who } from './layout.ts'
import { markdown } from './markdown.ts'

const VERDICTS = {
  APPROVED: { colour: 'green', words: 'approved' },
  CHANGES_REQUESTED: { colour: 'red', words: 'requested changes' },
  COMMENTED: { colour: 'grey', words: 'reviewed' },
  DISMISSED: { colour: 'grey', words: 'review dismissed' },
  PENDING: { colour: 'grey', words: 'pending' },
} as const

export function conversation(visit: Visit, issue: Issue): Html {
  const { world } = visit
  const comments = commentsOf(world.site, issue.id).map((comment) => ({
    at: comment.createdAt,
    id: comment.id,
    card: card(
      visit,
      comment.authorId,
      comment.createdAt,
      comment.body,
      comment.lastEditedAt !== null && html`<span class="soft">, edited</span>`,
    ),
  }))
  const reviews = [...world.state.reviews.values()].filter(
    (review) => review.pullId === issue.pullId && review.state !== 'PENDING',
  )
  const reviewCards = reviews.map((review) => {
    const { colour, words } = VERDICTS[review.state]
    const note = html` <span class="pill ${colour}">${words}</span> <code>${review.commitId.slice(0, 7)}</code>`
    const lines = [...world.state.reviewComments.values()].filter((one) => one.reviewId === review.id)
    const at = review.submittedAt ?? review.updatedAt
    return {
      at,
      id: review.id,
      card: card(visit, review.authorId, at, review.body, note, lines.map(lineComment)),
    }
  })
  const items = [...comments, ...reviewCards].sort((a, b) => a.at.localeCompare(b.at) || a.id - b.id)
  return html`${card(visit, issue.authorId, issue.createdAt, issue.body ?? '', issue.lastEditedAt !== null && html`<span class="soft">, edited</span>`)}
${items.map((item) => item.card)}`
}

function lineComment(one: { path: string; originalLine: number | null; body: string }): Html {
  return html`<p class="small"><code>${one.path}${one.originalLine !== null && html`:${one.originalLine}`}</code></p>${markdown(one.body)}`
}

function card(
  visit: Visit,
  author: number,
  at: string,
  body: string,
  note: Html | false,
  more: Html[] = [],
): Html {
  const bot = visit.world.state.accounts.get(author)?.type === 'Bot'
  return html`<article class="card${bot && ' app'}"><div class="by">${who(visit.world, author)} <span class="soft">${when(at)}</span>${note}</div>
<div class="body">${body.trim() === '' ? more.length === 0 && html`<p class="soft">No text.</p>` : markdown(body)}${more}</div></article>`
}

/** One box: a comment, or with the other buttons a review. */
export function sayBox(visit: Visit, pull: Pull | null): Html {
  if (visit.viewer === null)
    return html`<p class="soft">Choose who you are (top right) to comment, label or review.</p>`
  return form(
    visit,
    'say',
    html`<p><label for="say">Comment as <strong>${visit.viewer.login}</strong></label></p>
<textarea id="say" name="body" maxlength="65536" placeholder="${pull === null ? 'Markdown, or a command such as /agent status' : 'Markdown, or a command such as /agent merge'}"></textarea>
<div class="buttons"><button name="how" value="comment">Comment</button>
${pull !== null && html`<button name="how" value="approve">Approve by review</button><button name="how" value="changes" class="danger">Request changes</button>`}</div>`,
  )
}

/** Labels with a way to take each off and to add one. */
export function labels(visit: Visit, issue: Issue): Html {
  return html`<h2>Labels</h2>
${issue.labels.length === 0 && html`<p class="soft">None.</p>`}
${issue.labels.map((name) => html`<span class="label">${name}</span>${form(visit, 'unlabel', html`<input type="hidden" name="label" value="${verbatim(name)}"><button class="small" title="Remove the label ${name}">Remove</button>`, true)} `)}
${form(visit, 'label', html`<input type="text" name="label" maxlength="50" required aria-label="Label to add" placeholder="agent"><div class="buttons"><button>Add label</button></div>`)}`
}

/** Title and description, changed by whoever may. */
export function editBox(visit: Visit, issue: Issue): Html {
  if (visit.viewer === null) return html``
  return html`<details><summary class="small">Edit title and description</summary>${form(
    visit,
    'edit',
    html`<p><input type="text" name="title" aria-label="Title" required value="${verbatim(issue.title)}"></p>
<textarea name="body" aria-label="Description" rows="16" maxlength="65536">
${verbatim(issue.body ?? '')}</textarea><div class="buttons"><button>Save</button></div>`,
  )}</details>`
}
