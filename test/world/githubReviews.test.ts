/** Reviews, review comments and threads. */
import { describe, expect, test } from '@jest/globals'
import { asInstallation, conforms, FILES, names, pullByBob, REPO, receive, refuses, world } from './github.ts'

const at = (path: string) => `/repos/${REPO}${path}`

describe('reviews', () => {
  test('authors cannot approve or reject their own pull request, only comment', async () => {
    const github = await world()
    const { pull } = await pullByBob(github)
    await refuses(github.as('bob').approve(REPO, pull.number), 422)
    await refuses(github.as('bob').requestChanges(REPO, pull.number, 'no'), 422)
    expect((await github.as('bob').review(REPO, pull.number, 'hm')).state).toBe('COMMENTED')
  })

  test('are told when submitted and dismissed, and stay on the commit they were given for', async () => {
    const github = await world()
    const { pull, sha } = await pullByBob(github)
    const hooks = await receive(github)
    const review = await github.as('wendy').approve(REPO, pull.number, 'fine')
    await github.as('bob').push(REPO, 'topic', { files: { 'b.txt': 'b' } })
    await refuses(github.as('rita').dismissReview(REPO, pull.number, review.id), 403)
    await github.as('alice').dismissReview(REPO, pull.number, review.id)
    await github.idle()
    expect(names(hooks).filter((n) => n.startsWith('pull_request_review'))).toEqual([
      'pull_request_review.submitted',
      'pull_request_review.dismissed',
    ])
    const { body } = await (await asInstallation(github))('GET', at(`/pulls/${pull.number}/reviews`))
    expect(body).toMatchObject([{ state: 'DISMISSED', commit_id: sha, user: { login: 'wendy' } }])
    conforms(github)
  })

  test('a comment alone cannot be dismissed', async () => {
    const github = await world()
    const { pull } = await pullByBob(github)
    const review = await github.as('wendy').review(REPO, pull.number, 'hm')
    await refuses(github.as('alice').dismissReview(REPO, pull.number, review.id), 422)
  })

  test('a pending review is seen by its author only, until it is submitted', async () => {
    const github = await world()
    const { pull } = await pullByBob(github)
    const app = await asInstallation(github)
    const made = (await github
      .as('wendy')
      .api('POST', at(`/pulls/${pull.number}/reviews`), { body: 'later' })) as { id: number }
    expect((await app('GET', at(`/pulls/${pull.number}/reviews`))).body).toEqual([])
    await github
      .as('wendy')
      .api('POST', at(`/pulls/${pull.number}/reviews/${made.id}/events`), { event: 'APPROVE' })
    expect((await app('GET', at(`/pulls/${pull.number}/reviews`))).body).toMatchObject([
      { state: 'APPROVED' },
    ])
    conforms(github)
  })
})

describe('review comments', () => {
  test('must lie on a line that the diff shows', async () => {
    const github = await world()
    const { pull } = await pullByBob(github)
    await refuses(
      github.as('wendy').review(REPO, pull.number, '', [{ path: 'README.md', line: 1, body: 'x' }]),
      422,
    )
    await refuses(
      github.as('wendy').review(REPO, pull.number, '', [{ path: 'src/cart.ts', line: 10, body: 'x' }]),
      422,
    )
    await github
      .as('wendy')
      .review(REPO, pull.number, '', [{ path: 'src/cart.ts', line: 5, startLine: 4, body: 'x' }])
    const { body } = await (await asInstallation(github))('GET', at(`/pulls/${pull.number}/comments`))
    expect(body).toMatchObject([{ line: 5, start_line: 4, original_line: 5, side: 'RIGHT' }])
    expect(body[0].diff_hunk).toMatch(/\+FIVE$/)
    conforms(github)
  })

  test('lose line when their line is changed, keep original_line, and move with lines above', async () => {
    const github = await world()
    const { pull, sha } = await pullByBob(github)
    await github.as('wendy').review(REPO, pull.number, '', [
      { path: 'src/cart.ts', line: 5, body: 'change this' },
      { path: 'src/cart.ts', line: 7, body: 'keep this' },
    ])
    const changed = `zero\n${FILES['src/cart.ts'].replace('five', 'fünf')}`
    const next = await github.as('bob').push(REPO, 'topic', { files: { 'src/cart.ts': changed } })
    const { body } = await (await asInstallation(github))('GET', at(`/pulls/${pull.number}/comments`))
    expect(body).toMatchObject([
      { line: null, original_line: 5, original_commit_id: sha, commit_id: sha },
      { line: 8, original_line: 7, original_commit_id: sha, commit_id: next },
    ])
    conforms(github)
  })

  test('replies join the thread, and threads are resolved by writers', async () => {
    const github = await world()
    const { pull } = await pullByBob(github)
    const hooks = await receive(github)
    await github.as('wendy').review(REPO, pull.number, '', [{ path: 'src/cart.ts', line: 5, body: 'why?' }])
    const [root] = [...github.state.reviewComments.values()]
    const reply = await github.as('bob').reply(REPO, pull.number, root?.id ?? 0, 'because')
    const comment = github.state.reviewComments.get(reply)
    expect([comment?.inReplyToId, comment?.threadId]).toEqual([root?.id, root?.threadId])
    await refuses(github.as('rita').resolveThread(root?.threadId ?? 0), 403)
    await github.as('wendy').resolveThread(root?.threadId ?? 0)
    await github.idle()
    expect(names(hooks)).toEqual([
      'pull_request_review.submitted',
      'pull_request_review_comment.created',
      'pull_request_review.submitted',
      'pull_request_review_comment.created',
      'pull_request_review_thread.resolved',
    ])
    conforms(github)
  })
})
