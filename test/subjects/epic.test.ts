/** An epic and its children, round by round: who starts the split, what is released when, who hears a stop (D5, D3, A2, A4). */
import { beforeEach, describe, expect, test } from '@jest/globals'
import type { ChildState } from '../../src/core/facts/epic.ts'
import { type Fact, factsOf, lastFact } from '../../src/core/facts.ts'
import type { Split } from '../../src/core/split.ts'
import { bundleDigest } from '../../src/delegation/bundle.ts'
import { isOver } from '../../src/subjects/task.ts'
import { dana, erik, repository, stranger } from '../support/snapshots.ts'
import { discovery, evidence, goodBody, key, spec, TaskWorld } from './taskWorld.ts'

const child = (name: string, dependsOn: string[] = [], statement = 'It is refused') => ({
  key: name,
  title: `Part ${name}`,
  route: 'feature' as const,
  bundle: {
    goal: 'Refuse it.',
    criteria: [{ statement, passExample: 'It throws', failExample: 'It does not' }],
    constraints: ['none'],
    priorArt: ['src/parse.ts'],
    riskClass: 'low' as const,
  },
  covers: [1],
  dependsOn,
})
const split: Split = { summary: 'Two parts.', children: [child('one'), child('two', ['one'])] }

let task: TaskWorld
beforeEach(() => {
  task = new TaskWorld()
  task.labels = ['agent', 'epic']
  task.evidence = evidence()
})

function offered(handedIn: Split = split): string {
  task.label()
  task.accept('discovery', 1, discovery)
  task.accept('spec', 1, spec)
  task.accept('split', 1, handedIn)
  return shown()
}
const shown = () => /shown here whole as `([0-9a-f]{8})`/.exec(task.comment('split'))?.[1] ?? ''
const answer = () => lastFact(task.facts, 'settled')?.body
/** The issues are made and delegated, as the worker does it. */
function made(states: ChildState[]): void {
  const digest = lastFact(task.facts, 'split.approved')?.body.digest ?? ''
  for (const [index, { key: name }] of split.children.entries())
    if (!factsOf(task.facts, 'child.opened').some(({ body }) => body.child === name))
      task.add({ kind: 'child.opened', split: digest, child: name, issue: 40 + index })
  task.children = split.children.map(({ key: name }, index) => ({
    child: name,
    issue: 40 + index,
    key: `task:${repository.name}#${40 + index}`,
    state: states[index] ?? 'waits',
    pull: null,
    commands: [],
  }))
}
const released = () => factsOf(task.facts, 'child.released').map(({ body }) => body.child)
const queued = () => {
  const { actions } = task.round()
  return actions.flatMap((action) => (action.kind === 'queue' ? [action.subject] : []))
}

describe('starting a split', () => {
  test('A2: it takes a writer, in their own comment, who names what is shown', () => {
    const digest = offered()
    expect(digest).toMatch(/^[0-9a-f]{8}$/)
    for (const [rest, by, words] of [
      [digest, stranger, 'no write access'],
      ['', dana, 'Name the split'],
      [digest.slice(0, 7), dana, 'Name the split'],
      ['00000000', dana, 'Name the split'],
    ] as const) {
      task.say('start', rest, by)
      task.settle()
      expect(answer()).toMatchObject({ outcome: 'refused', sentence: expect.stringContaining(words) })
    }
    task.say('start', digest, dana, 7)
    task.settle()
    expect(answer()).toMatchObject({ outcome: 'refused', sentence: expect.stringContaining('another App') })
    expect(factsOf(task.facts, 'split.approved')).toEqual([])

    task.say('start', digest, erik)
    task.settle()
    expect(lastFact(task.facts, 'split.approved')).toMatchObject({ actor: erik, body: { by: erik } })
    expect(task.asked.filter((one) => one.kind === 'openChildren')).toHaveLength(1)
    expect(task.comment('split')).toContain(`**${erik.login}** started what is shown here as \`${digest}\``)
  })

  test('A4: a rejection before it in the same round wins, and the new split has another digest', () => {
    const first = offered()
    task.say('reject', 'plan Too coarse.')
    task.say('start', first)
    task.settle()
    expect(factsOf(task.facts, 'split.approved')).toEqual([])
    expect(task.sessions().at(-1)).toBe('split#2')
    task.accept('split', 2, split)
    const second = shown()
    expect(second).toMatch(/^[0-9a-f]{8}$/)
    expect(second).not.toBe(first)
    task.say('start', first)
    task.settle()
    expect(answer()).toMatchObject({ outcome: 'refused' })
  })

  test('D5: the route can be changed until the split is started, and no later', () => {
    const first = offered()
    task.say('route', 'feature')
    task.settle()
    expect(task.sessions().at(-1)).toBe('plan#1')
    task.say('route', 'epic')
    task.settle()
    // Away and back again is shown anew: the old word does not count for it.
    task.say('start', first)
    task.settle()
    expect(answer()?.outcome).toBe('refused')
    const digest = shown()
    task.say('start', digest)
    task.settle()
    for (const [verb, rest] of [
      ['route', 'feature'],
      ['reject', 'plan No.'],
      ['start', digest],
    ] as const) {
      task.say(verb, rest)
      task.settle()
      expect(answer()?.outcome).toBe('refused')
    }
    expect(lastFact(task.facts, 'route.chosen')?.body.route).toBe('epic')
  })

  test('D3: a split that names a protected surface is neither shown nor started before a senior allows it', () => {
    task.policyRaw = { seniors: [erik.login] }
    const touching = { ...split, children: [child('one', [], 'src/auth/login.ts refuses it'), child('two')] }
    offered(touching)
    expect(task.comment('split')).toBe('')
    expect(task.comment('protected')).toContain('The split touches a protected surface: `src/auth/login.ts`')
    task.say('start', '00000000')
    task.settle()
    expect(answer()).toMatchObject({
      outcome: 'refused',
      sentence: expect.stringContaining('waits for a senior'),
    })
    task.say('allow', 'protected it only adds a refusal', erik)
    task.settle()
    expect(task.comment('split')).toContain('/agent start')
  })

  test('P13: a child takes no route that the agent profile of its epic may not take', () => {
    task.policyRaw = { profiles: { pages: { label: 'pages', routes: ['epic', 'hotfix'] } } }
    task.labels = ['pages', 'epic']
    task.label(dana, 'pages')
    task.accept('discovery', 1, discovery)
    task.accept('spec', 1, spec)
    task.end('split', 1, split)
    task.settle()
    expect(lastFact(task.facts, 'attempt.judged')?.body.objections[0]).toBe(
      'Child one takes the route feature, which the profile pages may not take (profiles.pages.routes).',
    )
  })

  test('D2: prior art of a child that does not exist, and one that cannot be looked up, keep the split back', () => {
    task.priorArt = 'unknown'
    task.label()
    task.settle()
    task.priorArt = new Map([['src/parse.ts', true]])
    task.accept('discovery', 1, discovery)
    task.accept('spec', 1, spec)
    task.priorArt = 'unknown'
    task.end('split', 1, split)
    task.settle()
    expect(factsOf(task.facts, 'attempt.judged').filter(({ body }) => body.phase === 'split')).toEqual([])
    task.priorArt = new Map([['src/parse.ts', false]])
    task.settle()
    expect(lastFact(task.facts, 'attempt.judged')?.body.objections).toEqual([
      expect.stringContaining('This prior art does not exist: "src/parse.ts"'),
    ])
  })

  test.each([
    ['a vague criterion', 'It should be fast', /Child two: Acceptance criteria/],
    ['a hidden character', 'It is \u202erefused', /Child two: The text holds hidden characters: U\+202E/],
  ])('D2, D4, T22: a split with %s in one of its bundles goes back', (_, statement, objection) => {
    task.label()
    task.accept('discovery', 1, discovery)
    task.accept('spec', 1, spec)
    task.end('split', 1, { ...split, children: [child('one'), child('two', ['one'], statement)] })
    task.settle()
    expect(lastFact(task.facts, 'attempt.judged')?.body.objections).toEqual([
      expect.stringMatching(objection),
    ])
  })

  test('A2: a split that does not fit into one comment goes back, since a person must see all of it', () => {
    const long = {
      ...child('one'),
      bundle: { ...child('one').bundle, constraints: Array(30).fill('x'.repeat(2100)) },
    }
    task.label()
    task.accept('discovery', 1, discovery)
    task.accept('spec', 1, spec)
    task.end('split', 1, { ...split, children: [long, child('two')] })
    task.settle()
    expect(lastFact(task.facts, 'attempt.judged')?.body.objections).toEqual([
      expect.stringContaining('in one comment of at most 60000'),
    ])
  })
})

describe('children of a split', () => {
  beforeEach(() => {
    const digest = offered()
    task.say('start', digest)
    task.settle()
  })

  test('D5: what depends on nothing begins, the rest when it is merged, and then the epic is done', () => {
    made(['waits', 'waits'])
    task.settle()
    expect(released()).toEqual(['one'])
    made(['approval', 'waits'])
    task.settle()
    expect(released()).toEqual(['one'])
    expect(task.comment('progress')).toContain('| #40 `one` | waits for approval |')
    made(['merged', 'waits'])
    task.settle()
    expect(released()).toEqual(['one', 'two'])
    made(['merged', 'merged'])
    task.settle()
    expect(task.comment('progress')).toContain('All 2 child issues are merged')
    expect(isOver(task.snapshot())).toBe(true)
  })

  test('D5: what failed is said; who waits for it is a person’s decision', () => {
    made(['closed', 'waits'])
    task.settle()
    expect(released()).toEqual(['one'])
    expect(task.comment('failed:epic')).toContain('#41 waits for #40, closed without a merge')
    expect(task.labels).toContain('agent:needs-human')
    made(['closed', 'closed'])
    task.settle()
    expect(task.comment('progress')).toContain('0 merged, and #40 and #41 were closed without a merge')
  })

  test('O4: nothing is released while the epic is stopped, and open children are called to hear it', () => {
    task.say('stop')
    made(['merged', 'working'])
    task.settle()
    expect(released()).toEqual([])
    expect(queued()).toEqual([`task:${repository.name}#41`])
    const { commentId } = factsOf(task.facts, 'comment.command').at(-1)?.body ?? { commentId: 0 }
    task.children = task.children.map((one) => ({ ...one, commands: [commentId] }))
    expect(queued()).toEqual([])
    task.say('resume')
    task.settle()
    expect(released()).toEqual(['one', 'two'])
  })

  test('T34: a child that was released and was not seen to begin is asked for again', () => {
    made(['waits', 'waits'])
    task.settle()
    expect(queued()).toEqual([`task:${repository.name}#40`])
  })
})

describe('a child', () => {
  const parentKey = `task:${repository.name}#7`
  const digest = 'a'.repeat(64)
  let parent: Fact[]
  const onParent = (body: Fact['body'], by = dana) => {
    parent = [...parent, { ...task.add(body, by), subject: parentKey, seq: parent.length }]
    task.facts = task.facts.slice(0, -1)
    task.parent = { key: parentKey, facts: parent }
  }
  const command = (verb: 'stop' | 'resume') => {
    const seq = parent.length
    const commentId = 900 + seq
    onParent({
      kind: 'comment.command',
      commentId,
      on: 'issue',
      verb,
      rest: '',
      bodyDigest: digest,
      viaApp: null,
    })
    onParent({ kind: 'settled', of: seq, outcome: 'accepted', sentence: 's' })
  }
  beforeEach(() => {
    task = new TaskWorld()
    task.evidence = evidence()
    parent = []
    const { bundle } = child('one')
    onParent({ kind: 'child.opened', split: digest, child: 'one', issue: 12 })
    task.add(
      {
        kind: 'child.delegated',
        parent: parentKey,
        split: digest,
        child: 'one',
        approval: 3,
        dependsOn: [5],
      },
      dana,
    )
    task.add({
      kind: 'bundle.frozen',
      delegation: 0,
      digest: bundleDigest(bundle),
      bundle,
      delegator: dana,
      title: 'One',
    })
    task.add({ kind: 'route.chosen', route: 'feature', why: 'the split says so' })
  })
  const state = () => lastFact(task.facts, 'child.state')?.body.state

  test('S2: begins when its epic releases it, and tells how it stands', () => {
    const { verdicts } = task.round()
    expect(verdicts.step.sentence).toContain('Waits until #5 is merged; the epic #7 lets it begin')
    task.settle()
    expect(task.sessions()).toEqual([])
    onParent({ kind: 'child.released', split: digest, child: 'two' })
    task.settle()
    expect(task.sessions()).toEqual([])
    onParent({ kind: 'child.released', split: digest, child: 'one' })
    task.settle()
    expect(task.sessions()).toEqual(['discovery#1'])
    expect(state()).toBe('working')
    expect(task.asked).toContainEqual({ kind: 'queue', subject: parentKey })
  })

  test('O4: hears stop and resume of its epic, in the epic’s order, and answers neither', () => {
    onParent({ kind: 'child.released', split: digest, child: 'one' })
    command('stop')
    task.settle()
    expect(state()).toBe('stopped')
    expect(task.sessions()).toEqual([])
    command('resume')
    command('stop')
    command('resume')
    task.settle()
    expect(task.sessions()).toEqual(['discovery#1'])
    expect(factsOf(task.facts, 'comment.command').map(({ body }) => body.verb)).toEqual([
      'stop',
      'resume',
      'stop',
      'resume',
    ])
    expect(task.comments.filter(({ marker }) => marker.startsWith('answer:'))).toEqual([])
  })

  test('D4: no edit of its text counts; a label by a person delegates it by itself', () => {
    task.edit(goodBody)
    task.settle()
    expect(task.sessions()).toEqual([])
    expect(lastFact(task.facts, 'bundle.frozen')?.body.bundle.goal).toBe('Refuse it.')
    task.label()
    task.settle()
    expect(lastFact(task.facts, 'bundle.frozen')?.body.bundle.goal).toBe('Refuse long input.')
    expect(task.sessions()).toEqual(['discovery#1'])
  })

  test('D5: a child whose issue is gone has ended, so that its epic does not wait for ever', () => {
    const snapshot = { ...task.snapshot(), issue: null }
    expect(isOver(snapshot)).toBe(true)
    expect(key).toBe(snapshot.key)
    expect(task.roundOf(snapshot).actions).toEqual([
      expect.objectContaining({ kind: 'record', body: { kind: 'child.state', state: 'closed', pull: null } }),
      { kind: 'queue', subject: parentKey },
    ])
  })
})
