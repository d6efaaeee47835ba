/** The review session through the front door: problems go back to their author, the rest is one COMMENT review (P3, P8). */
import { afterEach, describe, expect, jest, test } from '@jest/globals'
import { editFile, handIn, session, turn } from '../../demo/scripts/session.ts'
import { factsOf } from '../../src/core/facts.ts'
import type { Plan } from '../../src/core/plan.ts'
import type { Review } from '../../src/pipeline/phases/review.ts'
import { openWorkshop, plan, repository, shopPolicy, type Workshop } from './workshop.ts'

// A story has dozens of rounds, git pushes and CI runs: on a busy machine it takes a minute.
jest.setTimeout(240_000)

let shop: Workshop | null = null
afterEach(async () => {
  const open = shop
  shop = null
  await open?.close()
  expect(open?.stage.github.violations ?? []).toEqual([])
})

const documented: Plan = {
  ...plan,
  files: [...plan.files, { path: 'docs/price.md', change: 'add', why: 'Says how prices look.' }],
  documentation: { kind: 'required', paths: ['docs/price.md'] },
}
const diagnosis = session({ phase: 'diagnosis' }, turn('The price is bare.', handIn(documented)))
const write = (attempt: number, from: string, to: string, expects?: string) =>
  session(
    { phase: 'implementation', attempt },
    {
      ...turn('I change the price.', editFile('src/price.mjs', `'${from}'`, `'${to}'`)),
      ...(expects === undefined ? {} : { expects }),
    },
    turn('Done.', handIn({ summary: `The price is ${to}.`, notes: [] })),
  )
const documentation = session(
  { phase: 'documentation' },
  turn('I say so.', { name: 'write_file', input: { path: 'docs/price.md', content: 'Prices look so.\n' } }),
  turn('Done.', handIn({ summary: 'Said how prices look.' })),
)
const finding = (
  path: string,
  severity: Review['findings'][number]['severity'],
  body: string,
): Review['findings'][number] => ({ path, line: 1, severity, body })
const review = (attempt: number, ...findings: Review['findings']) =>
  session({ phase: 'review', attempt }, turn('I read it.', handIn({ summary: `Read ${attempt}.`, findings })))

const oneDecimal = finding(
  'src/price.mjs',
  'problem',
  'The price has one decimal, and the issue asks for two.',
)
const bareText = finding('src/price.txt', 'problem', 'The text next to it still says nothing of decimals.')
const name = finding('src/price.mjs', 'remark', 'The name could say that it is a text.')

const reviewsOf = (open: Workshop) => [...open.stage.github.state.reviews.values()]
const fileAt = async (open: Workshop, path: string, ref: string) => {
  const { content } = (await open.ana.api('GET', `/repos/${repository}/contents/${path}?ref=${ref}`)) as {
    content: string
  }
  return Buffer.from(content, 'base64').toString()
}

describe('P3: findings of the review session', () => {
  test('P3: a problem inside the plan goes back to its author, on top of what is pushed; the rest is one COMMENT review', async () => {
    shop = await openWorkshop({
      files: { '.github/countersign.yml': shopPolicy() },
      sessions: [
        diagnosis,
        write(1, '5', '5.0'),
        documentation,
        review(1, oneDecimal, bareText, name),
        write(
          2,
          '5.0',
          '5.00',
          '1. From the session that reviews the finished change:\n   > src/price.mjs:1: The price has one decimal',
        ),
        review(2, finding('src/price.mjs', 'question', 'Should the zero be cut?')),
      ],
    })
    const issue = await shop.delegate()
    const pull = await shop.approvePlan()
    await shop.stage.until('ready for review', () => (pull.draft ? undefined : true), 120_000)
    await shop.stage.settle()

    const facts = await shop.facts(issue)
    const pushes = factsOf(facts, 'work.pushed').map(({ body }) => body)
    expect(pushes.map(({ phase }) => phase)).toEqual(['documentation', 'implementation'])
    expect(pushes[1]?.before).toBe(pushes[0]?.sha)
    expect(pull.headSha).toBe(pushes[1]?.sha)
    // Nothing pushed was taken back: the correction sits on the documentation.
    expect(await fileAt(shop, 'src/price.mjs', pull.headSha)).toContain("'5.00'")
    expect(await fileAt(shop, 'docs/price.md', pull.headSha)).toBe('Prices look so.\n')
    const [commit] = (await shop.ana.api('GET', `/repos/${repository}/commits?sha=${pull.headSha}`)) as {
      parents: { sha: string }[]
    }[]
    expect(commit?.parents.map(({ sha }) => sha)).toEqual([pushes[0]?.sha])

    const back = factsOf(facts, 'attempt.judged').filter(({ body }) => body.by === 'review')
    expect(back.map(({ body }) => body)).toMatchObject([
      {
        phase: 'implementation',
        attempt: 1,
        head: pushes[0]?.sha,
        objections: ['src/price.mjs:1: The price has one decimal, and the issue asks for two.'],
      },
    ])
    const asked = shop.stage.model.requests
    const [second] = asked.filter((one) => one.phase === 'implementation' && one.attempt === 2)
    expect(JSON.stringify(second?.body.messages)).toContain('I change the price.')
    expect(JSON.stringify(second?.body)).not.toContain(bareText.body)
    expect(asked.filter((one) => one.phase === 'documentation')).toHaveLength(2)

    const reviews = reviewsOf(shop)
    expect(reviews).toHaveLength(1)
    expect(reviews[0]).toMatchObject({ state: 'COMMENTED', commitId: pull.headSha })
    expect(reviews[0]?.body).toContain('Read 2.')
    expect(reviews[0]?.body).toContain('The text next to it still says nothing')
    expect(reviews[0]?.body).toContain('The name could say')
    expect(reviews[0]?.body).toMatch(/Sent back to the session that wrote it[\s\S]*one decimal/)
    const inline = [...shop.stage.github.state.reviewComments.values()].map(({ body }) => body)
    expect(inline).toEqual([expect.stringContaining('Should the zero be cut?')])

    const metrics = await (await fetch(`${shop.stage.app.url}/metrics`)).text()
    for (const [attempt, outcome] of [
      [1, 'accepted'],
      [1, 'objections_review'],
      [2, 'accepted'],
    ])
      expect(metrics).toContain(
        `countersign_attempts_total{phase="implementation",attempt="${attempt}",outcome="${outcome}"} 1`,
      )
    expect(metrics).toContain('countersign_sessions_total{phase="review",outcome="deliverable"} 2')
  })

  test('P3: the same problem again goes to a person, with the label and what to do, and nothing is called done', async () => {
    shop = await openWorkshop({
      sessions: [
        diagnosis,
        write(1, '5', '5.0'),
        documentation,
        review(1, oneDecimal),
        write(2, '5.0', '5.1'),
        review(2, oneDecimal),
        write(3, '5.1', '5.00'),
        review(3),
      ],
    })
    const issue = await shop.delegate()
    const pull = await shop.approvePlan()
    const comment = await shop.commentWith(issue, 'The phase **implementation** is handed to a person')
    expect(comment).toContain('the same objection came back')
    expect(comment).toContain('the session that reviews the finished change: src/price.mjs:1')
    for (const way of ['1. Comment `/agent retry`', '2. Change the issue', '3. Finish the draft'])
      expect(comment).toContain(way)
    await shop.stage.settle()
    const labels = () =>
      [...(shop?.stage.github.state.issues.values() ?? [])].find(({ number }) => number === issue)?.labels
    expect(labels()).toContain('agent:needs-human')
    expect(pull.draft).toBe(true)
    expect(reviewsOf(shop)).toEqual([])
    expect(shop.stage.model.requests.some((one) => one.attempt === 3)).toBe(false)

    await shop.ana.comment(repository, issue, '/agent retry')
    await shop.stage.until('ready for review', () => (pull.draft ? undefined : true), 120_000)
    await shop.stage.settle()
    expect(labels()).not.toContain('agent:needs-human')
    expect(await fileAt(shop, 'src/price.mjs', pull.headSha)).toContain("'5.00'")
    expect(reviewsOf(shop)).toHaveLength(1)
  })

  test('P3: different problems go on until the cap of policy, which the attempts before the review count towards', async () => {
    shop = await openWorkshop({
      files: { '.github/countersign.yml': shopPolicy('  attempts: 2') },
      sessions: [
        diagnosis,
        write(1, '5', '5.0'),
        documentation,
        review(1, oneDecimal),
        write(2, '5.0', '5.1'),
        review(2, finding('src/price.mjs', 'problem', 'Now it has the wrong amount.')),
      ],
    })
    const issue = await shop.delegate()
    const pull = await shop.approvePlan()
    const comment = await shop.commentWith(issue, 'The phase **implementation** is handed to a person')
    expect(comment).toContain('2 of 2 attempts were used')
    expect(comment).toContain('one decimal')
    expect(comment).toContain('wrong amount')
    await shop.stage.settle()
    expect(pull.draft).toBe(true)
    expect(shop.stage.model.unmatched).toEqual([])
  })
})
