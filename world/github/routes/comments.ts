/** Comments on issues and pull requests, at most 65,536 characters; only authors and writers may change one. */
import { z } from 'zod'
import { requireRole } from '../access.ts'
import { notFound } from '../errors.ts'
import { addComment, deleteComment, editComment } from '../ops/issues.ts'
import { type Call, created, list, noContent, ok, type Router } from '../router.ts'
import { must, viaApp } from '../site.ts'
import type { Comment } from '../state.ts'
import { commentsOf, commentView } from '../views/issue.ts'
import { issueAt, requireIssuePermission } from './issues.ts'

const LIMIT = 65_536
const bodySchema = z.object({
  body: z.string().min(1, 'can not be blank').max(LIMIT, `body is too long (maximum is ${LIMIT} characters)`),
})

function commentAt(c: Call, level: 'read' | 'write'): Comment {
  const comment = c.site.state.comments.get(c.id('comment_id'))
  if (comment === undefined || comment.repoId !== c.repo.id) throw notFound()
  requireIssuePermission(c, must(c.site.state.issues, comment.issueId, 'issue'), level)
  return comment
}

function changeable(c: Call): Comment {
  const comment = commentAt(c, 'write')
  if (comment.authorId !== c.author.id)
    requireRole(
      c.site,
      c.actor,
      c.repo,
      'write',
      'Must have write access to change a comment of somebody else.',
    )
  return comment
}

export function commentRoutes(router: Router): void {
  const read = { permission: 'issues:read|pull_requests:read' }
  const write = { permission: 'issues:write|pull_requests:write' }
  const base = '/repos/{owner}/{repo}/issues'
  router.route('GET', `${base}/{issue_number}/comments`, read, (c) => {
    const issue = issueAt(c)
    requireIssuePermission(c, issue, 'read')
    const since = c.query.get('since')
    return list(
      c,
      commentsOf(c.site, issue.id).filter((one) => since === null || one.updatedAt >= since),
      (one) => commentView(c.site, one),
    )
  })
  router.route('POST', `${base}/{issue_number}/comments`, write, (c) => {
    const issue = issueAt(c)
    requireIssuePermission(c, issue, 'write')
    return created(
      commentView(c.site, addComment(c.site, issue, c.author, viaApp(c.actor), c.parse(bodySchema).body)),
    )
  })
  router.route('GET', `${base}/comments`, read, (c) => {
    const all = [...c.site.state.comments.values()].filter((one) => one.repoId === c.repo.id)
    return list(c, all, (one) => commentView(c.site, one))
  })
  router.route('GET', `${base}/comments/{comment_id}`, read, (c) =>
    ok(commentView(c.site, commentAt(c, 'read'))),
  )
  router.route('PATCH', `${base}/comments/{comment_id}`, write, (c) => {
    const comment = changeable(c)
    editComment(c.site, comment, c.author, c.parse(bodySchema).body)
    return ok(commentView(c.site, comment))
  })
  router.route('DELETE', `${base}/comments/{comment_id}`, write, (c) => {
    deleteComment(c.site, changeable(c), c.author)
    return noContent()
  })
}
