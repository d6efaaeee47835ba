/** Words that close issues, in merged pull requests and in commits that reach the default branch. */
import { describe, expect, test } from '@jest/globals'
import type { GitHubWorld } from '../../world/index.ts'
import { conforms, names, REPO, receive, world } from './github.ts'

/** Issues #1 to #3, and a pull request of bob's over them, merged by him. */
async function merged(
  github: GitHubWorld,
  { body, message = 'Change', base = 'main' }: { body: string; message?: string; base?: string },
) {
  const bob = github.as('bob')
  const issues = []
  for (const title of ['one', 'two', 'three']) issues.push(await bob.openIssue(REPO, { title }))
  if (base !== 'main') await bob.push(REPO, base, { base: 'main', files: { 'base.txt': 'b' } })
  await bob.push(REPO, 'topic', { base, files: { 'closing.txt': 'x' }, message })
  const pull = await bob.openPull(REPO, { title: 'Topic', head: 'topic', base, body })
  const hooks = await receive(github)
  await bob.merge(REPO, pull.number)
  await github.idle()
  const [one, two, three] = issues.map(({ number }) => number)
  const closed = issues.flatMap((issue, index) => (issue.state === 'closed' ? [index + 1] : []))
  return { issues, closed, hooks, numbers: { one, two, three } }
}

describe('closing words', () => {
  test('the description of a pull request that is merged into the default branch closes, with its webhook', async () => {
    const github = await world()
    const { closed, hooks, issues } = await merged(github, { body: 'Fixes #1 and resolves: #2.' })
    expect(closed).toEqual([1, 2])
    expect(issues[0]).toMatchObject({ stateReason: 'completed' })
    expect(names(hooks).filter((name) => name === 'issues.closed')).toHaveLength(2)
    const hook = hooks.find(({ body }) => body.action === 'closed' && 'issue' in body)
    expect(hook?.body).toMatchObject({ issue: { number: 1, state: 'closed' }, sender: { login: 'bob' } })
    conforms(github)
  })

  test.each([
    ['a message of a commit', { body: '', message: 'Change\n\ncloses #3' }, [3]],
    ['the long form', { body: `Closed ${REPO}#1` }, [1]],
    ['each needs its own word', { body: 'fixes #1, #2' }, [1]],
    ['code and comments are no prose', { body: '`fixes #1` <!-- fixes #2 -->\n```\nfixes #3\n```\n' }, []],
    ['no word, no closing', { body: 'See #1, prefixes #2, fixes 3' }, []],
    ['another branch closes nothing', { body: 'fixes #1', message: 'fixes #2', base: 'release' }, []],
    ['what is not there', { body: 'fixes #99' }, []],
  ])('%s', async (_name, input, expected) => {
    const github = await world()
    expect((await merged(github, input)).closed).toEqual(expected)
    conforms(github)
  })

  test('a push to the default branch closes as well, and what is closed already is not told again', async () => {
    const github = await world()
    const bob = github.as('bob')
    const issue = await bob.openIssue(REPO, { title: 'one' })
    await bob.push(REPO, 'main', { files: { 'a.txt': '1' }, message: `Fix #${issue.number}` })
    expect(issue).toMatchObject({ state: 'closed', closedById: bob.account.id })
    const hooks = await receive(github)
    await bob.push(REPO, 'main', { files: { 'a.txt': '2' }, message: `Fix #${issue.number}` })
    await github.idle()
    expect(names(hooks)).not.toContain('issues.closed')
    conforms(github)
  })
})
