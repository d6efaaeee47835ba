/** Pull requests: opened, pushed to, retargeted, merged by real git. */
import { describe, expect, test } from '@jest/globals'
import {
  asInstallation,
  asPerson,
  conforms,
  FILES,
  names,
  pullByBob,
  REPO,
  receive,
  refuses,
  world,
} from './github.ts'

const at = (path: string) => `/repos/${REPO}${path}`

describe('opening', () => {
  test('tells pull_request.opened and counts from git', async () => {
    const github = await world()
    const hooks = await receive(github)
    const { pull, sha } = await pullByBob(github, { draft: true })
    const { body } = await (await asInstallation(github))('GET', at(`/pulls/${pull.number}`))
    expect(body).toMatchObject({
      draft: true,
      commits: 1,
      additions: 1,
      deletions: 1,
      changed_files: 1,
      mergeable: true,
      mergeable_state: 'draft',
      head: { sha },
    })
    await github.as('bob').setDraft(REPO, pull.number, false)
    await github.idle()
    expect(names(hooks).filter((n) => n.startsWith('pull_request'))).toEqual([
      'pull_request.opened',
      'pull_request.ready_for_review',
    ])
    conforms(github)
  })

  test('needs a difference, and there is only one for a pair of branches', async () => {
    const github = await world()
    await pullByBob(github)
    await refuses(github.as('bob').openPull(REPO, { title: 'again', head: 'topic' }), 422)
    await refuses(github.as('bob').openPull(REPO, { title: 'nothing', head: 'main' }), 422)
    await refuses(github.as('bob').openPull(REPO, { title: 'nowhere', head: 'none' }), 422)
  })

  test('a fork is named as head repository and its commits can be fetched from the base', async () => {
    const github = await world()
    await github.fork('sam', REPO)
    const sha = await github.as('sam').push('sam/shop', 'mine', { files: { 'x.txt': 'x' } })
    const pull = await github.as('sam').openPull(REPO, { title: 'from a fork', head: 'sam:mine' })
    const app = await asInstallation(github)
    const { body } = await app('GET', at(`/pulls/${pull.number}`))
    expect(body.head).toMatchObject({ sha, label: 'sam:mine', repo: { full_name: 'sam/shop', fork: true } })
    expect(await github.site.git.ref(github.repo(REPO).dir, `refs/pull/${pull.number}/head`)).toBe(sha)
    const next = await github.as('sam').push('sam/shop', 'mine', { files: { 'x.txt': 'y' } })
    expect(pull.headSha).toBe(next)
    conforms(github)
  })
})

describe('reading', () => {
  test('files carry status and previous name but no mode', async () => {
    const github = await world()
    await github.as('bob').push(REPO, 'topic', {
      files: {
        'src/cart.ts': null,
        'src/basket.ts': FILES['src/cart.ts'],
        'run.sh': { content: '#!/bin/sh\n', mode: '100755' },
      },
    })
    const pull = await github.as('bob').openPull(REPO, { title: 'move', head: 'topic' })
    const { body } = await (await asInstallation(github))('GET', at(`/pulls/${pull.number}/files`))
    expect(
      body.map((f: { filename: string; status: string; previous_filename?: string }) => [
        f.filename,
        f.status,
        f.previous_filename,
      ]),
    ).toEqual([
      ['run.sh', 'added', undefined],
      ['src/basket.ts', 'renamed', 'src/cart.ts'],
    ])
    expect(Object.keys(body[0])).not.toContain('mode')
    conforms(github)
  })

  test('at most 3,000 files and 250 commits are listed', async () => {
    const github = await world()
    const files = Object.fromEntries(
      Array.from({ length: 3001 }, (_, i) => [`many/${String(i).padStart(4, '0')}`, `${i}\n`]),
    )
    await github.as('bob').push(REPO, 'topic', { files })
    const pull = await github.as('bob').openPull(REPO, { title: 'many', head: 'topic' })
    const app = await asInstallation(github)
    expect((await app('GET', at(`/pulls/${pull.number}`))).body.changed_files).toBe(3001)
    expect((await app('GET', at(`/pulls/${pull.number}/files?per_page=100&page=30`))).body).toHaveLength(100)
    expect((await app('GET', at(`/pulls/${pull.number}/files?per_page=100&page=31`))).body).toHaveLength(0)
    conforms(github)
  })

  test('conflicts are found by git', async () => {
    const github = await world()
    const { pull } = await pullByBob(github)
    await github
      .as('wendy')
      .push(REPO, 'main', { files: { 'src/cart.ts': FILES['src/cart.ts'].replace('five', 'cinq') } })
    const { body } = await (await asInstallation(github))('GET', at(`/pulls/${pull.number}`))
    expect([body.mergeable, body.mergeable_state]).toEqual([false, 'dirty'])
    await refuses(github.as('bob').merge(REPO, pull.number), 405)
  })
})

describe('a push', () => {
  test('moves the head and sends synchronize with both SHAs', async () => {
    const github = await world()
    const { sha, pull } = await pullByBob(github)
    const hooks = await receive(github)
    const next = await github.as('wendy').push(REPO, 'topic', { files: { 'b.txt': 'b' } })
    await github.idle()
    expect(names(hooks)).toEqual(['push', 'check_suite.requested', 'pull_request.synchronize'])
    expect(hooks[2]?.body).toMatchObject({
      before: sha,
      after: next,
      sender: { login: 'wendy' },
      pull_request: { head: { sha: next } },
    })
    expect(hooks[0]?.body.commits.map((c: { id: string }) => c.id)).toEqual([next])
    expect(pull.headSha).toBe(next)
    conforms(github)
  })

  test('a rewind needs force and is told as forced', async () => {
    const github = await world()
    const { sha } = await pullByBob(github)
    const next = await github.as('bob').push(REPO, 'topic', { files: { 'b.txt': 'b' } })
    await refuses(github.as('bob').push(REPO, 'topic', { sha }), 403, /rejected|non-fast-forward/)
    const hooks = await receive(github)
    await github.as('bob').push(REPO, 'topic', { sha, force: true })
    await github.idle()
    expect(hooks[0]?.body).toMatchObject({ forced: true, before: next, after: sha })
    conforms(github)
  })

  test('deleting the head branch closes the pull request', async () => {
    const github = await world()
    const { pull } = await pullByBob(github)
    await github.as('bob').deleteBranch(REPO, 'topic')
    expect(github.state.issues.get(pull.issueId)?.state).toBe('closed')
    expect(pull.merged).toBe(false)
  })

  test('of the head to the base by hand counts as merged', async () => {
    const github = await world()
    const { pull, sha } = await pullByBob(github)
    await github.as('bob').push(REPO, 'main', { sha })
    expect([pull.merged, pull.mergeCommitSha]).toEqual([true, sha])
  })
})

test('changing the base is told as edited with changes.base', async () => {
  const github = await world()
  const { pull } = await pullByBob(github)
  const old = pull.baseSha
  await github.as('alice').push(REPO, 'release', { files: { 'release.txt': 'r' } })
  const hooks = await receive(github)
  await refuses(github.as('rita').changeBase(REPO, pull.number, 'release'), 403)
  await github.as('bob').changeBase(REPO, pull.number, 'release')
  await github.idle()
  expect(hooks[0]?.body).toMatchObject({
    action: 'edited',
    changes: { base: { ref: { from: 'main' }, sha: { from: old } } },
  })
  conforms(github)
})

describe('merging', () => {
  test('with a SHA that is not the head answers 409', async () => {
    const github = await world()
    const { pull, sha } = await pullByBob(github)
    const next = await github.as('bob').push(REPO, 'topic', { files: { 'b.txt': 'b' } })
    await refuses(github.as('bob').merge(REPO, pull.number, { sha }), 409)
    await github.as('bob').merge(REPO, pull.number, { sha: next })
    expect(pull.merged).toBe(true)
  })

  test('needs write, an open pull request and no draft', async () => {
    const github = await world()
    const { pull } = await pullByBob(github, { draft: true })
    await refuses(github.as('tess').merge(REPO, pull.number), 403)
    await refuses(github.as('bob').merge(REPO, pull.number), 405, /draft/)
    await github.as('bob').setDraft(REPO, pull.number, false)
    await github.as('bob').merge(REPO, pull.number)
    await refuses(github.as('bob').merge(REPO, pull.number), 405)
  })

  test.each(['merge', 'squash', 'rebase'] as const)(
    '%s is done by git on the real branch',
    async (method) => {
      const github = await world()
      const { pull, sha } = await pullByBob(github)
      await github.as('alice').push(REPO, 'main', { files: { 'other.txt': 'o' } })
      const app = await asInstallation(github)
      const { body, status } = await app('PUT', at(`/pulls/${pull.number}/merge`), {
        merge_method: method,
        sha,
        commit_title: 'Landed',
        commit_message: 'Countersigned-by: Bob',
      })
      expect(status).toBe(200)
      const info = await github.site.git.commit(github.repo(REPO).dir, 'refs/heads/main')
      expect(info.sha).toBe(body.sha)
      expect(info.parents).toHaveLength(method === 'merge' ? 2 : 1)
      if (method === 'merge') expect(info.parents[1]).toBe(sha)
      if (method !== 'rebase') expect(info.message).toBe('Landed\n\nCountersigned-by: Bob')
      const file = await github.site.git.text(github.repo(REPO).dir, ['show', 'main:src/cart.ts'])
      expect(file).toContain('FIVE')
      expect((await app('GET', at(`/pulls/${pull.number}`))).body).toMatchObject({
        merged: true,
        merge_commit_sha: body.sha,
        merged_by: { login: 'countersign[bot]' },
      })
      conforms(github)
    },
  )

  test('updating the branch makes a merge commit of head and base', async () => {
    const github = await world()
    const { pull, sha } = await pullByBob(github)
    const base = await github.as('alice').push(REPO, 'main', { files: { 'other.txt': 'o' } })
    const app = await asInstallation(github)
    expect(
      (await app('PUT', at(`/pulls/${pull.number}/update-branch`), { expected_head_sha: '0'.repeat(40) }))
        .status,
    ).toBe(422)
    expect(
      (await app('PUT', at(`/pulls/${pull.number}/update-branch`), { expected_head_sha: sha })).status,
    ).toBe(202)
    expect((await github.site.git.commit(github.repo(REPO).dir, pull.headSha)).parents).toEqual([sha, base])
    conforms(github)
  })
})

describe('commits and files over REST', () => {
  test('are made and read with git: blob, tree, commit, ref', async () => {
    const github = await world()
    const app = await asInstallation(github)
    const head = (await app('GET', at('/git/ref/heads%2Fmain'))).body.object.sha
    const blob = (await app('POST', at('/git/blobs'), { content: 'new\n', encoding: 'utf-8' })).body.sha
    const tree = (
      await app('POST', at('/git/trees'), {
        base_tree: head,
        tree: [{ path: 'new.txt', mode: '100644', type: 'blob', sha: blob }],
      })
    ).body.sha
    const commit = (await app('POST', at('/git/commits'), { message: 'Add', tree, parents: [head] })).body.sha
    expect((await app('POST', at('/git/refs'), { ref: 'refs/heads/agent/1', sha: commit })).status).toBe(201)
    expect((await app('POST', at('/git/refs'), { ref: 'refs/heads/agent/1', sha: commit })).status).toBe(422)
    expect((await app('PATCH', at('/git/refs/heads%2Fagent%2F1'), { sha: head })).status).toBe(422)
    const { body } = await app('GET', at(`/compare/main...agent%2F1`))
    expect([body.status, body.ahead_by, body.files[0].filename]).toEqual(['ahead', 1, 'new.txt'])
    const read = await app('GET', at('/contents/new.txt?ref=agent%2F1'))
    expect(Buffer.from(read.body.content, 'base64').toString()).toBe('new\n')
    const whole = await app('GET', at(`/git/trees/${tree}?recursive=1`))
    expect(whole.body.tree.map((e: { path: string }) => e.path)).toContain('src/cart.ts')
    expect((await app('GET', at(`/commits/${commit}`))).body.files).toHaveLength(1)
    expect((await app('DELETE', at('/git/refs/heads%2Fagent%2F1'))).status).toBe(204)
    conforms(github)
  })

  test('a file is written as a commit, and an outdated blob SHA answers 409', async () => {
    const github = await world()
    const app = await asInstallation(github)
    const content = Buffer.from('hi\n').toString('base64')
    const made = await app('PUT', at('/contents/notes/a.md'), { message: 'Add', content })
    expect(made.status).toBe(201)
    expect(
      (await app('PUT', at('/contents/notes/a.md'), { message: 'Again', content, sha: '0'.repeat(40) }))
        .status,
    ).toBe(409)
    expect((await app('PUT', at('/contents/notes/a.md'), { message: 'Again', content })).status).toBe(422)
    expect(
      (await asPerson(github, 'rita')('PUT', at('/contents/b.md'), { message: 'x', content })).status,
    ).toBe(403)
    conforms(github)
  })

  test('authors and committers resolve to accounts by e-mail, strangers to null', async () => {
    const github = await world()
    const known = await github.as('bob').push(REPO, 'one', { files: { a: '1' } })
    const forged = await github
      .as('bob')
      .push(REPO, 'two', { files: { a: '2' }, author: { name: 'Nobody', email: 'nobody@nowhere.test' } })
    const app = await asInstallation(github)
    expect((await app('GET', at(`/commits/${known}`))).body.author.login).toBe('bob')
    expect((await app('GET', at(`/commits/${forged}`))).body.author).toBeNull()
    conforms(github)
  })
})
