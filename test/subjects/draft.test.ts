/** `/agent draft`, round by round: who may ask, what is sent where, who takes it over, and what makes it stale (D2, D4, P10, P11). */
import { beforeEach, describe, expect, test } from '@jest/globals'
import { digestOf, sha256 } from '../../src/core/digest.ts'
import { type FactBody, factsOf, lastFact } from '../../src/core/facts.ts'
import { app, dana, erik, stranger } from '../support/snapshots.ts'
import { goodBody, TaskWorld } from './taskWorld.ts'

const lacking = goodBody.replace(/ {2}Fail example.*\n/, '').replace('- `src/parse.ts`', '')
const proposal = {
  criteria: [
    {
      statement: 'Input over 1000 characters is refused',
      passExample: '1001 characters give a RangeError',
      failExample: '1001 characters give a tree',
    },
  ],
  priorArt: ['src/parse.ts'],
  notes: ['1000 is a guess by @somebody.'],
}

let task: TaskWorld
beforeEach(() => {
  task = new TaskWorld()
  task.body = lacking
  task.label()
  task.settle()
})
const answer = () => lastFact(task.facts, 'settled')?.body
const refusedWith = (words: string) =>
  expect(answer()).toMatchObject({ outcome: 'refused', sentence: expect.stringContaining(words) })
function proposed(deliverable: object = proposal, attempt = 1): string {
  task.say('draft')
  task.settle()
  task.end('draft', attempt, deliverable)
  task.settle()
  return /shown here whole as `([0-9a-f]{8})`/.exec(task.comment('draft'))?.[1] ?? ''
}
const writing = () => {
  const found = task.asked.findLast((one) => one.kind === 'writeBody')
  if (found?.kind !== 'writeBody') throw new Error('nothing is to be written')
  return found
}
const written = (): FactBody => ({ kind: 'draft.written', accepted: writing().accepted })
const stale = (reason: string | null = null): FactBody => ({
  kind: 'draft.stale',
  accepted: writing().accepted,
  reason,
})

describe('asking', () => {
  test('D2: one session is given the text and its gaps, and the comment on the bundle stands', () => {
    task.say('draft', '', stranger)
    task.settle()
    refusedWith('no write access')
    task.say('draft', 'it all')
    task.settle()
    refusedWith('Write `/agent draft`')
    task.say('draft')
    task.settle()
    expect(task.sessions()).toEqual(['draft#1'])
    expect(lastFact(task.facts, 'draft.requested')?.body).toMatchObject({
      body: lacking,
      gaps: [
        { part: 'Acceptance criteria', sentence: expect.stringContaining('lacks a fail example') },
        { part: 'Prior art', sentence: expect.stringContaining('is missing') },
      ],
    })
    expect(task.comment('bundle')).toContain('lacks a fail example')
    task.say('draft')
    task.settle()
    refusedWith('being written already')
    // On the middle tier: unsaid risk moves the work up, and a proposal is no work.
    expect(task.asked.find((one) => one.kind === 'session')).toMatchObject({
      model: expect.stringContaining('sonnet'),
    })
  })

  test('D2: so many for one delegation, and none where there is nothing to propose', () => {
    task.policyRaw = { delegation: { drafts: 1 } }
    proposed()
    task.say('draft')
    task.settle()
    refusedWith('1 of 1 proposals for this delegation were used (delegation.drafts)')
    task.label()
    task.settle()
    task.say('draft')
    task.settle()
    expect(task.sessions()).toEqual(['draft#1', 'draft#2'])
    task.edit(goodBody)
    task.settle()
    task.say('draft')
    task.settle()
    refusedWith('complete and frozen')
  })

  test('D4: not for hidden characters, and not for a text that does not count', () => {
    task.edit(`${lacking}\u200b`)
    task.settle()
    task.say('draft')
    task.settle()
    refusedWith('hidden characters')
    task.edit(lacking)
    task.settle()
    task.edit(`${lacking} by a stranger`, stranger)
    task.settle()
    task.say('draft')
    task.settle()
    refusedWith('somebody without write access')
  })

  test('P11: it stops at the budget like any session', () => {
    task.policyRaw = { budgets: { task: { usd: 0.05 } } }
    task.say('draft')
    task.settle()
    task.ended('draft', 1, { kind: 'failed', reason: 'it broke' })
    task.settle()
    expect(task.sessions()).toEqual(['draft#1'])
    expect(task.comment('budget')).toContain('$0.10 of $0.05 (budgets.task.usd)')
  })

  test('P13: the models of the label’s profile write it; without the profile nothing starts', () => {
    const profiles = {
      pages: { label: 'pages', models: { tiers: { standard: { endpoint: 'anthropic', model: 'small' } } } },
    }
    task = new TaskWorld()
    task.policyRaw = { profiles }
    task.body = lacking
    task.labels = ['pages']
    task.label(dana, 'pages')
    task.settle()
    task.say('draft')
    task.settle()
    expect(lastFact(task.facts, 'draft.requested')?.body.profile).toBe('pages')
    expect(task.asked.find((one) => one.kind === 'session')).toMatchObject({ phase: 'draft', model: 'small' })
    task.asked = []
    task.policyRaw = {}
    const { actions } = task.round()
    expect(actions.filter(({ kind }) => kind === 'session')).toEqual([])
    expect(task.comment('bundle')).toContain('lacks a fail example')
  })

  test('P10: a sensitive issue is pinned before anything is sent, and unsaid risk is not guessed', () => {
    const use = [{ endpoint: 'house', model: 'own' }]
    task.policyRaw = { models: { sensitive: { labels: ['secret'], use } } }
    task.labels = ['agent', 'Secret']
    task.say('draft')
    task.settle()
    expect(task.asked.find((one) => one.kind === 'session')).toMatchObject({
      endpoint: 'house',
      model: 'own',
    })
    expect(task.facts.findIndex((one) => one.body.kind === 'task.sensitive')).toBeGreaterThan(-1)

    task = new TaskWorld()
    task.policyRaw = { models: { sensitive: { risk: ['high'], use } } }
    task.body = lacking.replace('low', '')
    task.label()
    task.settle()
    task.say('draft')
    task.settle()
    refusedWith('Write the risk class into the issue first')
    expect(task.sessions()).toEqual([])
  })
})

describe('taking over', () => {
  test('D4: it takes a writer, in their own comment, who names what is shown; then it is their text', () => {
    const digest = proposed()
    expect(task.comment('draft')).toContain('1000 is a guess by ＠somebody')
    expect(task.comment('draft')).toContain('What stands in the issue under Acceptance criteria is replaced')
    for (const [rest, by, viaApp, words] of [
      [`accept ${digest}`, stranger, null, 'no write access'],
      ['accept', dana, null, 'Name the proposal'],
      ['accept 00000000', dana, null, 'Name the proposal'],
      [`accept ${digest}`, dana, 7, 'another App'],
    ] as const) {
      task.say('draft', rest, by, viaApp)
      task.settle()
      refusedWith(words)
    }
    task.say('draft', `accept ${digest}`, erik)
    task.settle()
    expect(lastFact(task.facts, 'draft.accepted')).toMatchObject({ actor: erik, body: { by: erik } })
    expect(writing()).toMatchObject({ number: 12, was: digestOf(lacking) })
    expect(task.comment('draft')).toContain(`**${erik.login}** took over what is shown here as \`${digest}\``)
    // Not before it stands in the issue.
    expect(factsOf(task.facts, 'bundle.frozen')).toEqual([])

    // As GitHub shows it afterwards: the last editor is our bot, and that is not a stranger's text.
    task.body = writing().body
    task.lastEditor = app.bot
    task.add(written())
    task.settle()
    expect(lastFact(task.facts, 'bundle.frozen')?.body).toMatchObject({
      delegator: dana,
      bundle: { goal: 'Refuse long input.', criteria: proposal.criteria, priorArt: proposal.priorArt },
    })
    expect(task.sessions().at(-1)).toBe('discovery#1')
    expect(lastFact(task.facts, 'draft.accepted')?.body.bodyDigest).toBe(sha256(writing().body))
  })

  test.each([
    ['D4: an issue by a stranger', () => (task.author = stranger)],
    ['T24, D4: a text that a stranger had edited last', () => (task.lastEditor = stranger)],
  ])('%s is confirmed as ever: taking over parts vouches for no other text', (_, touch) => {
    task = new TaskWorld()
    touch()
    task.body = lacking
    task.label()
    task.settle()
    const digest = proposed()
    task.say('draft', `accept ${digest}`)
    task.settle()
    task.body = writing().body
    task.lastEditor = app.bot
    task.add(written())
    task.settle()
    expect(factsOf(task.facts, 'bundle.frozen')).toEqual([])
    expect(task.comment('bundle')).toMatch(new RegExp(`${stranger.login}.*/agent start`, 's'))
  })

  test('D2: a proposal for a text that changed is stale, before and after the word', () => {
    const digest = proposed()
    task.edit(lacking.replace('Refuse long', 'Refuse too long'))
    task.settle()
    expect(task.comment('draft')).toContain('was changed since')
    task.say('draft', `accept ${digest}`)
    task.settle()
    refusedWith('was changed since')

    const second = proposed(proposal, 2)
    expect(second).not.toBe(digest)
    task.say('draft', `accept ${second}`)
    task.settle()
    task.add(stale())
    task.settle()
    expect(task.comment('draft')).toContain('was changed since')
    expect(factsOf(task.facts, 'bundle.frozen')).toEqual([])
    task.say('draft')
    task.settle()
    expect(task.sessions().at(-1)).toBe('draft#3')
  })

  test('D2: when GitHub refuses the writing, a person is told why, and nothing counts', () => {
    const digest = proposed()
    task.say('draft', `accept ${digest}`)
    task.settle()
    task.add(stale('Resource not accessible by integration.'))
    task.settle()
    expect(task.comment('draft')).toContain('could not be written into the issue: Resource not accessible')
    expect(factsOf(task.facts, 'bundle.frozen')).toEqual([])
  })

  test('P3: what does not complete the issue goes back with words, and is handed over in the end', () => {
    task.say('draft')
    task.settle()
    for (const attempt of [1, 2, 3]) {
      task.end('draft', attempt, { ...proposal, priorArt: [`src/none-${attempt}.ts`] })
      task.priorArt = new Map([[`src/none-${attempt}.ts`, false]])
      task.settle()
    }
    expect(lastFact(task.facts, 'attempt.judged')?.body.objections[0]).toContain(
      'does not exist: "src/none-3.ts"',
    )
    expect(task.comment('handoff:draft')).toContain('3 of 3 attempts were used')
    expect(task.comment('bundle')).toContain('lacks a fail example')
    task.edit(goodBody)
    task.priorArt = new Map([['src/parse.ts', true]])
    task.settle()
    expect(task.sessions().at(-1)).toBe('discovery#1')
  })
})
