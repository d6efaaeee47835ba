/** Reactions on issues, comments and review comments; the same reaction twice is found, not made again. */
import { z } from 'zod'
import { notFound } from '../errors.ts'
import { type Call, list, noContent, type Router } from '../router.ts'
import { must } from '../site.ts'
import type { ReactionSubject } from '../state.ts'
import { reactionsOf, reactionView } from '../views/issue.ts'
import { issueAt } from './issues.ts'

const body = z.object({
  content: z.enum(['+1', '-1', 'laugh', 'confused', 'heart', 'hooray', 'rocket', 'eyes']),
})

const subjects: {
  template: string
  subject: ReactionSubject
  permission: string
  find: (c: Call) => number
}[] = [
  {
    template: '/repos/{owner}/{repo}/issues/{issue_number}/reactions',
    subject: 'issue',
    permission: 'issues',
    find: (c) => issueAt(c).id,
  },
  {
    template: '/repos/{owner}/{repo}/issues/comments/{comment_id}/reactions',
    subject: 'comment',
    permission: 'issues',
    find: (c) => {
      const comment = c.site.state.comments.get(c.id('comment_id'))
      if (comment === undefined || comment.repoId !== c.repo.id) throw notFound()
      return comment.id
    },
  },
  {
    template: '/repos/{owner}/{repo}/pulls/comments/{comment_id}/reactions',
    subject: 'review_comment',
    permission: 'pull_requests',
    find: (c) => {
      const comment = c.site.state.reviewComments.get(c.id('comment_id'))
      if (comment === undefined || must(c.site.state.pulls, comment.pullId, 'pull').repoId !== c.repo.id)
        throw notFound()
      return comment.id
    },
  },
]

export function reactionRoutes(router: Router): void {
  for (const { template, subject, permission, find } of subjects) {
    const both = (level: string) =>
      permission === 'issues' ? `issues:${level}|pull_requests:${level}` : `pull_requests:${level}`
    router.route('GET', template, { permission: both('read') }, (c) => {
      const wanted = c.query.get('content')
      const all = reactionsOf(c.site, subject, find(c)).filter((r) => wanted === null || r.content === wanted)
      return list(c, all, (r) => reactionView(c.site, r))
    })
    router.route('POST', template, { permission: both('write') }, (c) => {
      const subjectId = find(c)
      const { content } = c.parse(body)
      const known = reactionsOf(c.site, subject, subjectId).find(
        (r) => r.userId === c.author.id && r.content === content,
      )
      if (known !== undefined) return { status: 200, body: reactionView(c.site, known) }
      const reaction = {
        id: c.site.nextId(),
        subject,
        subjectId,
        userId: c.author.id,
        content,
        createdAt: c.site.now(),
      }
      c.site.state.reactions.set(reaction.id, reaction)
      return { status: 201, body: reactionView(c.site, reaction) }
    })
    router.route('DELETE', `${template}/{reaction_id}`, { permission: both('write') }, (c) => {
      const reaction = c.site.state.reactions.get(c.id('reaction_id'))
      if (reaction === undefined || reaction.subject !== subject || reaction.subjectId !== find(c))
        throw notFound()
      if (reaction.userId !== c.author.id) throw notFound()
      c.site.state.reactions.delete(reaction.id)
      return noContent()
    })
  }
}
