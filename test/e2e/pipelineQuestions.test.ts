/** Questions, soft bundles and routes by command, through the front door (P4, D2, D5). */
import { afterEach, describe, expect, jest, test } from '@jest/globals'
import { editFile, handIn, session, turn } from '../../demo/scripts/session.ts'
import { factsOf } from '../../src/core/facts.ts'
import { diagnosis, openWorkshop, plan, repository, review, type Workshop } from './workshop.ts'

// A story has dozens of rounds, git pushes and CI runs: on a busy machine it takes a minute.
jest.setTimeout(180_000)

let shop: Workshop | null = null
afterEach(async () => {
  const open = shop
  shop = null
  await open?.close()
  expect(open?.stage.github.violations ?? []).toEqual([])
})

const ask = (question: string) => ({ name: 'ask', input: { questions: [question] } })

describe('P4: a session that lacks something asks', () => {
  test('P4: the question is one comment, nothing goes on without an answer, and the answer continues the same session', async () => {
    shop = await openWorkshop({
      sessions: [
        session(
          { phase: 'diagnosis', attempt: 1 },
          turn('Which decimals?', ask('Two decimals with a point or a comma? Ask @everyone.')),
        ),
        session(
          { phase: 'diagnosis', attempt: 2 },
          { ...turn('A point.', handIn(plan)), expects: 'With a point' },
        ),
      ],
    })
    const issue = await shop.delegate()
    const question = await shop.commentWith(issue, 'Two decimals with a point or a comma?')
    expect(question).toContain('/agent answer')
    expect(question).not.toContain('@everyone')
    await shop.stage.settle()
    expect(shop.stage.model.requests).toHaveLength(1)

    await shop.stage.github.as('eve').comment(repository, issue, '/agent answer With a comma')
    await shop.commentWith(issue, 'no write access')
    await shop.stage.settle()
    expect(shop.stage.model.requests).toHaveLength(1)

    await shop.ana.comment(repository, issue, '/agent answer With a point')
    await shop.pull()
    const second = shop.stage.model.requests.at(-1)
    expect(JSON.stringify(second?.body.messages)).toContain('Two decimals with a point or a comma?')
    expect(JSON.stringify(second?.body.messages)).not.toContain('With a comma')
    expect(shop.stage.model.unmatched).toEqual([])
    expect(shop.comments(issue).filter((body) => body.includes('point or a comma?'))).toHaveLength(1)
  })
})

describe('D2 D5: soft bundles and routes', () => {
  test('D2: with bundle: warn the work starts, and the comment names what is missing', async () => {
    shop = await openWorkshop({ policy: 'delegation: { bundle: warn }\n', sessions: [diagnosis] })
    const opened = await shop.ana.openIssue(repository, {
      title: 'Two decimals',
      body: 'Please print the price with two decimals.',
    })
    for (const label of ['hotfix', 'agent']) await shop.ana.label(repository, opened.number, label)
    const gaps = await shop.commentWith(opened.number, 'delegation.bundle: warn')
    expect(gaps).toMatch(/acceptance criteria/i)
    expect(gaps).toMatch(/prior art/i)
    await shop.pull()
    const frozen = factsOf(await shop.facts(opened.number), 'bundle.frozen')
    // Unsaid risk is not low risk.
    expect(frozen[0]?.body.bundle.riskClass).toBe('medium')
  })

  test('D5: the cheapest model chooses the route, shown with its reason; people change it until the plan is approved', async () => {
    shop = await openWorkshop({
      sessions: [
        session(
          { phase: 'route' },
          turn('New.', handIn({ route: 'feature', reason: 'Prices get a new form.' })),
        ),
        diagnosis,
        session({ phase: 'discovery' }, turn('Hm.', ask('Is this a hotfix?'))),
        session(
          { phase: 'implementation' },
          turn('I change it.', editFile('src/price.mjs', "'5'", "'5.00'")),
          turn('Done.', handIn({ summary: 'Two decimals.', notes: [] })),
        ),
        review,
      ],
    })
    const issue = await shop.delegate([])
    await shop.commentWith(issue, 'Is this a hotfix?')
    await shop.commentWith(issue, 'Route feature, because claude-haiku-5-5 chose it: Prices get a new form.')
    expect(shop.stage.model.requests[0]).toMatchObject({
      phase: 'route',
      body: { model: 'claude-haiku-5-5' },
    })
    await shop.ana.comment(repository, issue, '/agent route hotfix')
    const pull = await shop.pull()
    await shop.stage.settle()
    // The plan waits: another route, and back to this one before anything else was planned.
    await shop.ana.comment(repository, issue, '/agent route feature')
    await shop.commentWith(issue, /Route feature, because a person asked for it/)
    await shop.ana.comment(repository, issue, '/agent route hotfix')
    await shop.commentWith(issue, /Route hotfix, because a person asked for it/)
    await shop.approvePlan()
    await shop.stage.until('the work', () =>
      shop?.stage.model.requests.find((one) => one.phase === 'implementation'),
    )
    await shop.ana.comment(repository, issue, '/agent route feature')
    await shop.commentWith(issue, 'The plan is approved already')
    const facts = await shop.facts(issue)
    expect(factsOf(facts, 'route.chosen').map(({ body }) => body.route)).toEqual([
      'feature',
      'hotfix',
      'feature',
      'hotfix',
    ])
    expect(factsOf(facts, 'plan.issued').map(({ body }) => body.branch)).toEqual([pull.headRef])
  })

  test('D5: a routing session that fails starts the ordinary route and says why', async () => {
    shop = await openWorkshop({
      sessions: [
        session({ phase: 'route' }, turn('I think about it.')),
        session({ phase: 'discovery' }, turn('Hm.', ask('Which price?'))),
      ],
    })
    const issue = await shop.delegate([])
    await shop.commentWith(issue, 'Which price?')
    await shop.commentWith(issue, /Route feature, because no model could choose \(.+\)\./)
  })
})
