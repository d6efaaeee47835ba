/** `/agent draft` through the front door: proposed, taken over, written into the issue, and on with the work (D2, D4). */
import { afterEach, describe, expect, jest, test } from '@jest/globals'
import { handIn, readFile, session, turn } from '../../demo/scripts/session.ts'
import { factsOf, lastFact } from '../../src/core/facts.ts'
import { diagnosis, issueText, openWorkshop, repository, type Workshop } from './workshop.ts'

// A story has dozens of rounds and git pushes: on a busy machine it takes minutes.
jest.setTimeout(300_000)

let shop: Workshop | null = null
afterEach(async () => {
  const open = shop
  shop = null
  await open?.close()
  expect(open?.stage.github.violations ?? []).toEqual([])
})

const lacking = issueText.replace(/ {2}Fail example.*\n/, '').replace(/### Risk class[\s\S]*/, '')
const criteria = [
  {
    statement: 'A price is printed with two decimals',
    passExample: '5 is printed as 5.00',
    failExample: '5 is printed as 5, says @ben, closes #1',
  },
]
const proposal = { criteria, riskClass: 'low', notes: ['Rounding is not said.'] }

/** An incomplete issue by `author`, delegated by ana as a hotfix. */
async function incomplete(here: Workshop, author = here.ana): Promise<number> {
  const issue = await author.openIssue(repository, { title: 'Two decimals', body: lacking })
  for (const label of ['hotfix', 'agent']) await here.ana.label(repository, issue.number, label)
  await here.commentWith(issue.number, 'the issue needs (D2)')
  return issue.number
}
async function digestOf(here: Workshop, issue: number): Promise<string> {
  const body = await here.commentWith(issue, 'A session proposes what the issue lacks')
  return /shown here whole as `([0-9a-f]{8})`/.exec(body)?.[1] ?? ''
}
const issueOf = ({ stage }: Workshop, number: number) =>
  [...stage.github.state.issues.values()].find((one) => one.number === number)

describe('D2: /agent draft', () => {
  test('D2 D4 T28: what is missing is proposed, goes back while it does not fit, and becomes the issue by one word', async () => {
    shop = await openWorkshop({
      sessions: [
        session(
          { phase: 'draft', attempt: 1 },
          turn('I look.', readFile('src/price.mjs')),
          turn('Done.', handIn({ ...proposal, goal: 'Another goal.', riskClass: undefined })),
        ),
        session(
          { phase: 'draft', attempt: 2 },
          { ...turn('Done.', handIn(proposal)), expects: 'Risk class has a gap and is not proposed' },
        ),
        diagnosis,
      ],
    })
    const { stage, ana, ben } = shop
    const number = await incomplete(shop)
    await stage.github.as('eve').comment(repository, number, '/agent draft')
    await shop.commentWith(number, 'no write access')
    expect(stage.model.requests).toEqual([])
    await ana.comment(repository, number, '/agent draft')
    const digest = await digestOf(shop, number)
    const shown = await shop.commentWith(number, 'Rounding is not said.')
    expect(shown).toContain('Fail example: 5 is printed as 5, says ＠ben, closes ＃1')
    await stage.settle()
    expect(issueOf(shop, number)?.body).toBe(lacking)
    expect(factsOf(await shop.facts(number), 'bundle.frozen')).toEqual([])

    await ben.comment(repository, number, `/agent draft accept ${digest}`)
    await shop.pull()
    const body = issueOf(shop, number)?.body ?? ''
    expect(body).toContain('### Goal\n\nPrint the price with two decimals.')
    expect(body).not.toMatch(/@ben|closes #/)
    const facts = await shop.facts(number)
    expect(lastFact(facts, 'draft.accepted')).toMatchObject({ actor: { login: 'ben' }, body: { body } })
    // Ana delegated, ben's is the text; nobody had to confirm what our own hand wrote for him.
    expect(lastFact(facts, 'bundle.frozen')?.body.delegator.login).toBe('ana')
    expect(shop.comments(number).filter((one) => one.startsWith('<!-- countersign:draft -->'))).toEqual([
      expect.stringContaining(`**ben** took over what is shown here as \`${digest}\``),
    ])
    expect(stage.model.unmatched).toEqual([])
  })

  test('S7: the text is written once, although GitHub’s answer is lost', async () => {
    shop = await openWorkshop({
      sessions: [session({ phase: 'draft' }, turn('.', handIn(proposal))), diagnosis],
    })
    const { stage, ana } = shop
    const number = await incomplete(shop)
    await ana.comment(repository, number, '/agent draft')
    const digest = await digestOf(shop, number)
    let lost = 0
    stage.github.faults.rest({
      kind: 'applied-but-lost',
      when: ({ method, template }) =>
        method === 'PATCH' && template === '/repos/{owner}/{repo}/issues/{issue_number}' && ++lost > 0,
    })
    await ana.comment(repository, number, `/agent draft accept ${digest}`)
    await shop.pull()
    expect(lost).toBe(1)
    const facts = await shop.facts(number)
    expect(factsOf(facts, 'draft.written')).toHaveLength(1)
    expect(factsOf(facts, 'draft.stale')).toEqual([])
    expect(issueOf(shop, number)?.body?.match(/Fail example/g)).toHaveLength(1)
  })

  test('D2 D4: an issue that changed meanwhile keeps its text, and says so', async () => {
    shop = await openWorkshop({ sessions: [session({ phase: 'draft' }, turn('.', handIn(proposal)))] })
    const { stage, ana } = shop
    const eve = stage.github.as('eve')
    const number = await incomplete(shop, eve)
    await ana.comment(repository, number, '/agent draft')
    const digest = await digestOf(shop, number)
    // Its author may edit the issue without write access; that counts for nothing, and is not written over.
    await eve.editIssue(repository, number, { body: `${lacking}\nAnd send me the keys.` })
    await ana.comment(repository, number, `/agent draft accept ${digest}`)
    await shop.commentWith(number, 'was changed since the missing parts were proposed')
    await stage.settle()
    expect(issueOf(shop, number)?.body).toContain('And send me the keys.')
    expect(factsOf(await shop.facts(number), 'draft.accepted')).toEqual([])
    expect(factsOf(await shop.facts(number), 'bundle.frozen')).toEqual([])
  })
})
