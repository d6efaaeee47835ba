/** A person at the website and with git: every act obeys that person's permissions and throws GitHub's refusal. */

import { requireRole } from '../access.ts'
import { GitHubError, notFound } from '../errors.ts'
import { answerAs, revokeAuthorization } from '../oauth.ts'
import { emitRunRequest } from '../ops/checks.ts'
import { setDraft } from '../ops/pulls.ts'
import { resolveThread } from '../ops/reviewComments.ts'
import type { ServerParts } from '../server.ts'
import { type Actor, must } from '../site.ts'
import type { Account, App, Issue, Pull, Repo, Review } from '../state.ts'
import { nodeId } from '../views/account.ts'
import { dispatchAs } from './dispatch.ts'
import { type PushInput, pushFiles } from './push.ts'

export type LineComment = {
  path: string
  line: number
  body: string
  startLine?: number
  side?: 'LEFT' | 'RIGHT'
}
export type PersonDriver = ReturnType<typeof createPerson>

/** The driver of one person (or bot account); repositories are named `owner/name`. */
export function createPerson(parts: ServerParts, account: Account, repoNamed: (fullName: string) => Repo) {
  const { site } = parts
  const actor: Actor = { kind: 'user', account }
  const call = (method: string, path: string, body?: unknown) => dispatchAs(parts, actor, method, path, body)
  const numberOf = (reply: { number: number }) => reply.number
  const pullOf = (repo: string, number: number): Pull => {
    const repoId = repoNamed(repo).id
    for (const pull of site.state.pulls.values())
      if (pull.repoId === repoId && pull.number === number) return pull
    throw notFound()
  }
  const issueOf = (repo: string, number: number): Issue => {
    const repoId = repoNamed(repo).id
    for (const issue of site.state.issues.values())
      if (issue.repoId === repoId && issue.number === number) return issue
    throw notFound()
  }
  const ownRun = (checkRunId: number) => {
    const run = site.state.checkRuns.get(checkRunId)
    if (run === undefined) throw notFound()
    return { run, repo: must(site.state.repos, run.repoId, 'repository') }
  }
  const mutate = async (name: string, type: string, input: unknown): Promise<void> => {
    const query = `mutation($input: ${type}!) { ${name}(input: $input) { mergeQueueEntry { id } } }`
    const reply = await call('POST', '/graphql', { query, variables: { input } })
    const [error] = (reply as { errors?: { message: string }[] }).errors ?? []
    if (error !== undefined) throw new GitHubError(422, error.message)
  }
  const openReview = async (
    repo: string,
    number: number,
    event: string,
    body: string,
    comments: LineComment[],
    commitId?: string,
  ) => {
    const reply = await call('POST', `/repos/${repo}/pulls/${number}/reviews`, {
      event,
      body,
      ...(commitId === undefined ? {} : { commit_id: commitId }),
      comments: comments.map((c) => ({
        path: c.path,
        line: c.line,
        side: c.side ?? 'RIGHT',
        body: c.body,
        ...(c.startLine === undefined ? {} : { start_line: c.startLine, start_side: c.side ?? 'RIGHT' }),
      })),
    })
    return must(site.state.reviews, (reply as { id: number }).id, 'review')
  }

  return {
    account,
    /** Any REST call in this person's name, without HTTP, faults or log; throws GitHubError on refusal. */
    api: call,

    async openIssue(
      repo: string,
      input: { title: string; body?: string; labels?: string[] },
    ): Promise<Issue> {
      return issueOf(
        repo,
        numberOf((await call('POST', `/repos/${repo}/issues`, input)) as { number: number }),
      )
    },
    async editIssue(repo: string, number: number, input: { title?: string; body?: string }): Promise<void> {
      await call('PATCH', `/repos/${repo}/issues/${number}`, input)
    },
    async closeIssue(repo: string, number: number): Promise<void> {
      await call('PATCH', `/repos/${repo}/issues/${number}`, { state: 'closed' })
    },
    async reopenIssue(repo: string, number: number): Promise<void> {
      await call('PATCH', `/repos/${repo}/issues/${number}`, { state: 'open' })
    },
    async label(repo: string, number: number, ...labels: string[]): Promise<void> {
      await call('POST', `/repos/${repo}/issues/${number}/labels`, { labels })
    },
    async unlabel(repo: string, number: number, label: string): Promise<void> {
      await call('DELETE', `/repos/${repo}/issues/${number}/labels/${encodeURIComponent(label)}`)
    },
    /** Returns the comment's id. */
    async comment(repo: string, number: number, body: string): Promise<number> {
      return ((await call('POST', `/repos/${repo}/issues/${number}/comments`, { body })) as { id: number }).id
    },
    async editComment(repo: string, id: number, body: string): Promise<void> {
      await call('PATCH', `/repos/${repo}/issues/comments/${id}`, { body })
    },
    async deleteComment(repo: string, id: number): Promise<void> {
      await call('DELETE', `/repos/${repo}/issues/comments/${id}`)
    },

    /** Presses a button of a completed check run, as only the website can. Who may is undocumented, so here any reader may. */
    async press(checkRunId: number, identifier: string): Promise<void> {
      const { run, repo } = ownRun(checkRunId)
      requireRole(site, actor, repo, 'read', 'Must have read access to use check run actions.')
      if (run.status !== 'completed')
        throw new GitHubError(422, 'Buttons are shown only on completed check runs')
      if (!run.actions.some((a) => a.identifier === identifier))
        throw new GitHubError(422, `Check run ${run.name} has no button ${identifier}`)
      emitRunRequest(site, run, account, identifier)
    },
    /** Sends the press of a page loaded before the run changed: the App must notice by itself that it is stale. */
    async pressStale(checkRunId: number, identifier: string): Promise<void> {
      const { run, repo } = ownRun(checkRunId)
      requireRole(site, actor, repo, 'read', 'Must have read access to use check run actions.')
      emitRunRequest(site, run, account, identifier)
    },
    async rerequest(checkRunId: number): Promise<void> {
      const { run, repo } = ownRun(checkRunId)
      requireRole(site, actor, repo, 'write', 'Must have push access to re-run checks.')
      emitRunRequest(site, run, account, null)
    },

    async openPull(
      repo: string,
      input: { title: string; head: string; base?: string; body?: string; draft?: boolean },
    ): Promise<Pull> {
      const reply = await call('POST', `/repos/${repo}/pulls`, {
        base: repoNamed(repo).defaultBranch,
        ...input,
      })
      return pullOf(repo, numberOf(reply as { number: number }))
    },
    async changeBase(repo: string, number: number, base: string): Promise<void> {
      await call('PATCH', `/repos/${repo}/pulls/${number}`, { base })
    },
    async setDraft(repo: string, number: number, draft: boolean): Promise<void> {
      if (issueOf(repo, number).authorId !== account.id)
        requireRole(
          site,
          actor,
          repoNamed(repo),
          'write',
          'Must have write access to change the draft state.',
        )
      await setDraft(site, pullOf(repo, number), draft, account)
    },
    /** Returns the SHA of the merge. */
    async merge(
      repo: string,
      number: number,
      input: { method?: 'merge' | 'squash' | 'rebase'; sha?: string } = {},
    ): Promise<string> {
      const body = {
        ...(input.method === undefined ? {} : { merge_method: input.method }),
        ...(input.sha === undefined ? {} : { sha: input.sha }),
      }
      return ((await call('PUT', `/repos/${repo}/pulls/${number}/merge`, body)) as { sha: string }).sha
    },
    /** "Merge when ready" of a branch with a merge queue; throws what GitHub refuses. */
    enqueue: (repo: string, number: number, head?: string): Promise<void> => {
      const input = { pullRequestId: nodeId('PR', pullOf(repo, number).id), expectedHeadOid: head ?? null }
      return mutate('enqueuePullRequest', 'EnqueuePullRequestInput', input)
    },
    dequeue: (repo: string, number: number): Promise<void> =>
      mutate('dequeuePullRequest', 'DequeuePullRequestInput', { id: nodeId('PR', pullOf(repo, number).id) }),
    async updateBranch(repo: string, number: number): Promise<void> {
      await call('PUT', `/repos/${repo}/pulls/${number}/update-branch`, {})
    },

    approve: (repo: string, number: number, body = '', commitId?: string): Promise<Review> =>
      openReview(repo, number, 'APPROVE', body, [], commitId),
    requestChanges: (repo: string, number: number, body: string): Promise<Review> =>
      openReview(repo, number, 'REQUEST_CHANGES', body, []),
    /** A commenting review with comments on lines. */
    review: (repo: string, number: number, body: string, comments: LineComment[] = []): Promise<Review> =>
      openReview(repo, number, 'COMMENT', body, comments),
    async dismissReview(
      repo: string,
      number: number,
      reviewId: number,
      message = 'dismissed',
    ): Promise<void> {
      await call('PUT', `/repos/${repo}/pulls/${number}/reviews/${reviewId}/dismissals`, { message })
    },
    /** Answers in a thread; returns the reply's id. */
    async reply(repo: string, number: number, commentId: number, body: string): Promise<number> {
      return (
        (await call('POST', `/repos/${repo}/pulls/${number}/comments/${commentId}/replies`, { body })) as {
          id: number
        }
      ).id
    },
    async resolveThread(threadId: number, resolved = true): Promise<void> {
      const thread = must(site.state.threads, threadId, 'thread')
      const pull = must(site.state.pulls, thread.pullId, 'pull')
      requireRole(
        site,
        actor,
        must(site.state.repos, pull.repoId, 'repository'),
        'write',
        'Must have write access to resolve conversations.',
      )
      await resolveThread(site, thread, resolved, account)
    },

    /** What a browser in which this person is signed in does at the page that authorises an App: where GitHub sends it. */
    async authorize(address: string, answer: 'authorize' | 'cancel' = 'authorize'): Promise<string> {
      return answerAs(site, account, address, answer)
    },
    /** Takes back what an App may do in this person's name. */
    async revoke(app: App): Promise<void> {
      revokeAuthorization(site, app, account)
    },

    /** Commits files on top of a branch and pushes it over HTTP with git; returns the new SHA. */
    push: (repo: string, branch: string, input: PushInput): Promise<string> =>
      pushFiles(parts, account, repoNamed(repo), branch, input),
    async deleteBranch(repo: string, branch: string): Promise<void> {
      await call('DELETE', `/repos/${repo}/git/refs/heads/${branch}`)
    },
  }
}
