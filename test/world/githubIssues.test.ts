/** Issues, labels, comments and reactions as people and Apps make them. */
import { describe, expect, test } from '@jest/globals'
import { asInstallation, conforms, names, REPO, receive, refuses, world } from './github.ts'

const at = (path: string) => `/repos/${REPO}${path}`

describe('labels', () => {
  test('a reader cannot label, a triager can', async () => {
    const github = await world()
    const issue = await github.as('rita').openIssue(REPO, { title: 'x' })
    await refuses(github.as('rita').label(REPO, issue.number, 'agent'), 403)
    await refuses(github.as('sam').label(REPO, issue.number, 'agent'), 403)
    expect(issue.labels).toEqual([])
    await github.as('tess').label(REPO, issue.number, 'agent')
    expect(issue.labels).toEqual(['agent'])
  })

  test('labels that an author may not set are dropped silently when the issue is opened', async () => {
    const github = await world()
    expect((await github.as('rita').openIssue(REPO, { title: 'x', labels: ['bug'] })).labels).toEqual([])
    expect((await github.as('bob').openIssue(REPO, { title: 'x', labels: ['bug'] })).labels).toEqual(['bug'])
  })

  test('labelling twice tells once, and names are matched regardless of case', async () => {
    const github = await world()
    const hooks = await receive(github)
    const issue = await github.as('bob').openIssue(REPO, { title: 'x' })
    await github.as('bob').label(REPO, issue.number, 'Bug')
    await github.as('bob').label(REPO, issue.number, 'bug')
    await github.as('bob').unlabel(REPO, issue.number, 'BUG')
    await github.idle()
    expect(names(hooks)).toEqual(['issues.opened', 'issues.labeled', 'issues.unlabeled'])
    expect(hooks[1]?.body).toMatchObject({ label: { name: 'bug' }, sender: { login: 'bob', type: 'User' } })
    conforms(github)
  })
})

describe('issues', () => {
  test('each change is told, an edit with what was there before', async () => {
    const github = await world()
    const hooks = await receive(github)
    const rita = github.as('rita')
    const issue = await rita.openIssue(REPO, { title: 'old', body: 'first' })
    await rita.editIssue(REPO, issue.number, { body: 'second' })
    await rita.closeIssue(REPO, issue.number)
    await rita.reopenIssue(REPO, issue.number)
    await github.idle()
    expect(names(hooks)).toEqual(['issues.opened', 'issues.edited', 'issues.closed', 'issues.reopened'])
    expect(hooks[1]?.body.changes).toEqual({ body: { from: 'first' } })
    expect(hooks.every((h) => h.signed)).toBe(true)
    conforms(github)
  })

  test('a stranger cannot edit or close what somebody else wrote', async () => {
    const github = await world()
    const issue = await github.as('bob').openIssue(REPO, { title: 'x' })
    await refuses(github.as('sam').editIssue(REPO, issue.number, { body: 'y' }), 403)
    await refuses(github.as('sam').closeIssue(REPO, issue.number), 403)
    await refuses(github.as('tess').editIssue(REPO, issue.number, { title: 'y' }), 403)
    await github.as('tess').closeIssue(REPO, issue.number)
    expect(issue.state).toBe('closed')
  })

  test('what an App writes is marked with the App and comes back to it as a webhook', async () => {
    const github = await world()
    const hooks = await receive(github)
    const app = await asInstallation(github)
    const { body: issue } = await app('POST', at('/issues'), { title: 'x' })
    const { body: comment } = await app('POST', at(`/issues/${issue.number}/comments`), { body: 'hello' })
    await github.idle()
    expect(comment.performed_via_github_app.id).toBe(github.app.id)
    expect(comment.user).toMatchObject({ login: 'countersign[bot]', type: 'Bot' })
    expect(names(hooks)).toEqual(['issues.opened', 'issue_comment.created'])
    expect(hooks[1]?.body.sender.type).toBe('Bot')
    conforms(github)
  })
})

describe('sub-issues', () => {
  test('an issue has one parent, is listed below it, and triage or issues:write may say so', async () => {
    const github = await world()
    const app = await asInstallation(github)
    const [parent, other, part] = await Promise.all(
      ['parent', 'other', 'part'].map((title) => github.as('bob').openIssue(REPO, { title })),
    )
    if (!parent || !other || !part) throw new Error('three issues were opened')
    const add = (to: number, body: object) => app('POST', at(`/issues/${to}/sub_issues`), body)
    await refuses(
      github.as('rita').api('POST', at(`/issues/${parent.number}/sub_issues`), { sub_issue_id: part.id }),
      403,
    )
    expect((await app('GET', at(`/issues/${part.number}/parent`))).status).toBe(404)
    expect((await add(parent.number, { sub_issue_id: part.id })).status).toBe(201)
    expect((await add(parent.number, { sub_issue_id: part.id })).status).toBe(422)
    expect((await add(other.number, { sub_issue_id: part.id })).status).toBe(422)
    expect((await add(part.number, { sub_issue_id: part.id })).status).toBe(422)
    expect((await add(parent.number, { sub_issue_id: 999_999 })).status).toBe(404)
    expect((await app('GET', at(`/issues/${parent.number}/sub_issues`))).body).toMatchObject([
      { title: 'part' },
    ])
    expect((await app('GET', at(`/issues/${part.number}/parent`))).body).toMatchObject({ title: 'parent' })
    expect((await add(other.number, { sub_issue_id: part.id, replace_parent: true })).status).toBe(201)
    expect((await app('GET', at(`/issues/${parent.number}/sub_issues`))).body).toEqual([])
    conforms(github)
  })
})

describe('comments', () => {
  test('hold at most 65,536 characters', async () => {
    const github = await world()
    const issue = await github.as('bob').openIssue(REPO, { title: 'x' })
    await github.as('bob').comment(REPO, issue.number, 'x'.repeat(65_536))
    await refuses(github.as('bob').comment(REPO, issue.number, 'x'.repeat(65_537)), 422, /too long/)
    await refuses(github.as('bob').openIssue(REPO, { title: 'x', body: 'x'.repeat(65_537) }), 422, /too long/)
  })

  test('can be changed by their author and by writers only', async () => {
    const github = await world()
    const hooks = await receive(github)
    const issue = await github.as('bob').openIssue(REPO, { title: 'x' })
    const id = await github.as('rita').comment(REPO, issue.number, 'one')
    await refuses(github.as('sam').editComment(REPO, id, 'two'), 403)
    await github.as('rita').editComment(REPO, id, 'two')
    await github.as('bob').editComment(REPO, id, 'three')
    await github.as('bob').deleteComment(REPO, id)
    await github.idle()
    expect(names(hooks).slice(1)).toEqual([
      'issue_comment.created',
      'issue_comment.edited',
      'issue_comment.edited',
      'issue_comment.deleted',
    ])
    expect(hooks[3]?.body.changes.body.from).toBe('two')
    conforms(github)
  })

  test('a reaction made twice is found: 201, then 200', async () => {
    const github = await world()
    const app = await asInstallation(github)
    const issue = await github.as('bob').openIssue(REPO, { title: 'x' })
    const id = await github.as('bob').comment(REPO, issue.number, 'hi')
    const react = () => app('POST', at(`/issues/comments/${id}/reactions`), { content: 'eyes' })
    expect([(await react()).status, (await react()).status]).toEqual([201, 200])
    expect((await app('GET', at(`/issues/comments/${id}`))).body.reactions.eyes).toBe(1)
    conforms(github)
  })
})
