/** The route of a task: marked by people, else chosen by the cheapest model, which never holds the task up (D5, P13). */
import { describe, expect, test } from '@jest/globals'
import { factsOf } from '../../src/core/facts.ts'
import { evidence, TaskWorld } from './taskWorld.ts'

function delegated(policy: object = {}, labels: string[] = []): TaskWorld {
  const task = new TaskWorld()
  task.routesByModel = true
  task.policyRaw = { ...task.policyRaw, ...policy }
  task.labels = ['agent', ...labels]
  task.evidence = evidence()
  task.label()
  task.settle()
  return task
}
const routes = (task: TaskWorld) => factsOf(task.facts, 'route.chosen').map(({ body }) => body)

describe('D5: without a label or an issue type the cheapest model chooses', () => {
  test('D5: one session on the cheap tier; its route is taken and shown with its reason', () => {
    const task = delegated()
    expect(task.sessions()).toEqual(['route#1'])
    expect(task.asked.find((one) => one.kind === 'session')).toMatchObject({ model: 'claude-haiku-5-5' })
    expect(task.comment('progress')).toBe('')
    task.end('route', 1, { route: 'hotfix', reason: 'Something that was there is broken.' })
    task.settle()
    expect(task.sessions()).toEqual(['route#1', 'diagnosis#1'])
    expect(task.comment('progress')).toContain(
      'Route hotfix, because claude-test chose it: Something that was there is broken.',
    )
    // Budgets count it, and the comment says so.
    expect(task.comment('progress')).toMatch(/1 session, .*\$0\.10 of/)
  })

  test.each([
    [{ label: 'hotfix' }, 'hotfix', 'the label "hotfix"'],
    [{ type: 'Epic' }, 'epic', 'type is "Epic"'],
    [{ policy: { pipeline: { routes: { by_model: false } } } }, 'feature', 'no label or issue type'],
  ])('D5: no session where %j says it', (given, route, why) => {
    const { label, type, policy } = given as { label?: string; type?: string; policy?: object }
    const task = new TaskWorld()
    task.routesByModel = true
    task.policyRaw = { ...task.policyRaw, ...policy }
    task.type = type ?? null
    task.labels = ['agent', ...(label ? [label] : [])]
    task.label()
    task.settle()
    expect(task.sessions().filter((one) => one.startsWith('route'))).toEqual([])
    expect(routes(task)).toMatchObject([{ route, why: expect.stringContaining(why) }])
  })

  test.each([
    ['an answer of another shape', { route: 'feature' }, 'is no route'],
    ['a route that does not exist', { route: 'rewrite', reason: 'r' }, 'is no route'],
    ['text', 'hotfix', 'is no route'],
    ['nothing', null, 'is no route'],
  ])('D5: %s gives the ordinary route, with the reason, and holds nothing up', (_name, answer, why) => {
    const task = delegated()
    task.end('route', 1, answer)
    task.settle()
    expect(routes(task)).toMatchObject([{ route: 'feature', why: expect.stringContaining(why) }])
    expect(task.sessions()).toEqual(['route#1', 'discovery#1'])
    expect(task.labels).not.toContain('agent:needs-human')
  })

  test('D5: a session that fails gives the ordinary route with why; one that was stopped goes on', () => {
    const task = delegated()
    task.ended('route', 1, { kind: 'stopped', reason: 'stopped' })
    task.settle()
    expect(task.sessions()).toEqual(['route#1', 'route#2'])
    task.ended('route', 2, { kind: 'failed', reason: 'Every model was overloaded.' })
    task.settle()
    expect(routes(task)).toMatchObject([{ route: 'feature' }])
    expect(task.comment('progress')).toContain('no model could choose (Every model was overloaded.)')
    expect(task.sessions()).toEqual(['route#1', 'route#2', 'discovery#1'])
  })

  test('T28: what the model says of its choice is harmless where it is shown', () => {
    const task = delegated()
    const asked = task.say('status')
    task.end('route', 1, { route: 'feature', reason: '@everyone see [this](https://evil.example) fixes #3' })
    task.settle()
    const shown = task.comment('progress') + task.comment(`answer:${asked.seq}`)
    expect(shown.match(/everyone/g)).toHaveLength(2)
    expect(shown).not.toMatch(/@everyone|https:\/\/evil|#3\b|[^\\]\]\(/)
  })

  test('D3, P10: nothing is sent to a model before protected surfaces are allowed and the task is pinned', () => {
    const task = new TaskWorld()
    task.routesByModel = true
    task.body = task.body.replace('Refuse long input.', 'Refuse long input in src/auth/login.ts.')
    task.label()
    task.settle()
    expect(task.comment('protected')).toContain('src/auth/login.ts')
    expect(task.sessions()).toEqual([])

    const pinned = delegated(
      {
        models: { sensitive: { labels: ['secret'], use: [{ endpoint: 'house', model: 'own' }] } },
      },
      ['secret'],
    )
    expect(factsOf(pinned.facts, 'task.sensitive')).toHaveLength(1)
    expect(pinned.asked.find((one) => one.kind === 'session')).toMatchObject({
      endpoint: 'house',
      model: 'own',
    })
  })

  test('P11: at the limit of a budget no route is asked for either', () => {
    const task = delegated({ budgets: { task: { usd: 0 } } })
    expect(task.sessions()).toEqual([])
    expect(task.comment('budget')).toContain('budgets.task.usd')
  })

  test('D5: a person chooses while the session runs, and its late answer changes nothing', () => {
    const task = delegated()
    task.say('route', 'hotfix')
    task.settle()
    task.end('route', 1, { route: 'feature', reason: 'Late.' })
    task.settle()
    expect(routes(task).map(({ route }) => route)).toEqual(['hotfix'])
    expect(task.sessions()).toContain('diagnosis#1')
  })
})

describe('D5: `/agent route` until the plan is approved', () => {
  test('D5: a plan that waits for approval makes room for one of the other route, on the same branch', () => {
    const task = new TaskWorld()
    task.planned()
    task.settle()
    task.issued()
    task.settle()
    const first = task.asked.filter((one) => one.kind === 'issuePlan').at(-1)
    task.say('route', 'hotfix')
    task.settle()
    expect(task.sessions().at(-1)).toBe('diagnosis#1')
    task.say('route', 'feature')
    task.settle()
    // Back before anything else was issued: the plan that waits is the same again.
    expect(task.asked.filter((one) => one.kind === 'issuePlan')).toEqual([first])
    expect(task.comment('progress')).toContain('Route feature')
  })

  test('P13: the profile chooses where nothing is marked, and a model only among its routes', () => {
    const own = (parts: object) =>
      delegatedTo({ profiles: { web: { label: 'agent-web', ...parts } } }, 'agent-web')
    expect(routes(own({ route: 'hotfix' }))).toMatchObject([
      { route: 'hotfix', why: 'the profile web takes it' },
    ])
    expect(routes(own({ routes: ['hotfix'] }))).toMatchObject([{ route: 'hotfix' }])
    const asked = own({ routes: ['hotfix', 'epic'] })
    expect(asked.sessions()).toEqual(['route#1'])
    asked.end('route', 1, { route: 'feature', reason: 'r' })
    asked.settle()
    expect(routes(asked)).toMatchObject([
      { route: 'hotfix', why: 'claude-test chose feature, which the profile web may not take' },
    ])
  })
})

function delegatedTo(policy: object, label: string): TaskWorld {
  const task = new TaskWorld()
  task.routesByModel = true
  task.policyRaw = { ...task.policyRaw, ...policy }
  task.labels = [label]
  task.label(undefined, label)
  task.settle()
  return task
}
