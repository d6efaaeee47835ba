/** Agent profiles through the front door: three that differ in every field, sixty, and what a profile may not do (P13). */
import { afterEach, describe, expect, jest, test } from '@jest/globals'
import { stringify } from 'yaml'
import { type Call, editFile, handIn, session, turn } from '../../demo/scripts/session.ts'
import { traceLines } from '../../src/cli/traceLines.ts'
import { factsOf, lastFact } from '../../src/core/facts.ts'
import type { Plan } from '../../src/core/plan.ts'
import type { GitHubState } from '../../world/index.ts'
import { issueText, openWorkshop, plan, repository, shopPolicy, type Workshop } from './workshop.ts'

// A story has dozens of rounds, git pushes and CI runs: on a busy machine it takes a minute.
jest.setTimeout(300_000)

let shop: Workshop | null = null
afterEach(async () => {
  const open = shop
  shop = null
  await open?.close()
  expect(open?.stage.github.violations ?? []).toEqual([])
})

const anthropic = (model: string) => ({ endpoint: 'anthropic', model })
const profiles = {
  price: {
    label: 'agent-price',
    description: 'Prices and nothing else',
    instructions: 'docs/agents/price.md',
    models: { tiers: { strong: anthropic('price-strong'), standard: anthropic('price-standard') } },
    paths: ['src/**'],
    route: 'hotfix',
    routes: ['hotfix', 'feature'],
    attempts: 2,
    max_files: 5,
    max_lines: 50,
    budgets: { session: { steps: 20 }, task: { usd: 3 } },
  },
  pages: {
    label: 'docs-bot',
    description: 'Documents',
    instructions: 'docs/agents/pages.md',
    models: { phases: { diagnosis: anthropic('pages-diagnosis'), implementation: 'cheap' } },
    paths: ['docs/*.md'],
    routes: ['hotfix'],
    attempts: 1,
    max_files: 1,
    max_lines: 20,
    budgets: { session: { steps: 10 }, task: { usd: 4 } },
  },
  chores: {
    label: 'Chore Bot',
    description: 'Tools',
    instructions: 'tools/AGENT.md',
    models: { tiers: { standard: anthropic('chores-standard') }, phases: { review: 'strong' } },
    paths: ['tools/**', '/NOTE.md'],
    route: 'feature',
    routes: ['feature'],
    attempts: 3,
    max_files: 2,
    max_lines: 30,
    budgets: { session: { steps: 30 }, task: { usd: 5 } },
  },
}
const policyOf = (all: object) => stringify({ profiles: all }, { aliasDuplicateObjects: false })
const files = {
  'AGENTS.md': 'HOUSE-RULES\n',
  'docs/agents/price.md': 'PRICE-RULES\n',
  'docs/agents/pages.md': 'PAGES-RULES\n',
  'tools/AGENT.md': 'CHORES-RULES\n',
  'docs/price.md': 'The price is 5.\n',
  'tools/print.txt': 'print 5\n',
}

const planFor = (path: string, quote: string): Plan => ({
  ...plan,
  files: [{ path, change: 'modify', why: 'The price is there.' }],
  citations: [{ path, line: 1, quote }],
})
const pagesPlan = planFor('docs/price.md', 'The price is 5.')
const choresPlan = planFor('tools/print.txt', 'print 5')

/** One session, told apart by the instructions of its profile. */
const by = (contains: string, phase: string, ...calls: Call[]) =>
  session({ phase, contains }, turn('I work.', ...calls.slice(0, -1)), turn('Done.', ...calls.slice(-1)))
const done = handIn({ summary: 'Two decimals.', notes: [] })
const reviewed = handIn({ summary: 'It prints two decimals.', findings: [] })
const attempted = (contains: string, attempt: number, deliverable: Plan) =>
  session({ phase: 'diagnosis', contains, attempt }, turn('So.', handIn(deliverable)))

const sessions = [
  // The first plan leaves the paths of the profile, and goes back.
  attempted('PRICE-RULES', 1, pagesPlan),
  attempted('PRICE-RULES', 2, plan),
  session(
    { phase: 'implementation', contains: 'PRICE-RULES' },
    turn('A document too.', editFile('docs/price.md', '5', '5.00')),
    turn('Only the price, then.', editFile('src/price.mjs', "'5'", "'5.00'")),
    turn('Done.', done),
  ),
  session({ phase: 'diagnosis', contains: 'PAGES-RULES' }, turn('So.', handIn(pagesPlan))),
  by('PAGES-RULES', 'implementation', editFile('docs/price.md', '5', '5.00'), done),
  session(
    { phase: 'discovery', contains: 'CHORES-RULES' },
    turn(
      'It prints.',
      handIn({ summary: 'It prints 5.', interfaces: [], conventions: [], tests: [], unknowns: [] }),
    ),
  ),
  session(
    { phase: 'spec', contains: 'CHORES-RULES' },
    turn(
      'So.',
      handIn({
        summary: 'Two decimals.',
        behaviours: [{ statement: 'Two decimals.', criterion: 1, passExample: '5.00', failExample: '5' }],
        interfaces: [],
        outOfScope: [],
      }),
    ),
  ),
  session({ phase: 'plan', contains: 'CHORES-RULES' }, turn('So.', handIn(choresPlan))),
  by('CHORES-RULES', 'implementation', editFile('tools/print.txt', '5', '5.00'), done),
  session({ phase: 'review' }, turn('Good.', reviewed)),
]

async function open(all: object = profiles, more: Record<string, string> = {}): Promise<Workshop> {
  const opened = await openWorkshop({ sessions, policy: policyOf(all), files: { ...files, ...more } })
  for (const { label } of Object.values(all))
    await opened.stage.github
      .as('owner')
      .api('POST', `/repos/${repository}/labels`, { name: label, color: '5319e7' })
  return opened
}

async function delegate(at: Workshop, ...labels: string[]): Promise<number> {
  const { number } = await at.ana.openIssue(repository, { title: 'Two decimals', body: issueText })
  for (const label of labels) await at.ana.label(repository, number, label)
  return number
}

function pullOf(at: Workshop, issue: number): Promise<GitHubState.Pull> {
  const { state } = at.stage.github
  return at.stage.until(
    `the pull request of #${issue}`,
    () => [...state.pulls.values()].find((one) => one.headRef.startsWith(`agent/${issue}-`)),
    120_000,
  )
}

/** The newest run of a check at the head of a pull request, once it is as wanted. */
async function runIs(at: Workshop, pull: number, name: string, wanted: string) {
  const { state } = at.stage.github
  let shown = 'nothing'
  const look = () => {
    const { headSha } = [...state.pulls.values()].find((one) => one.number === pull) as GitHubState.Pull
    const run = [...state.checkRuns.values()]
      .filter((one) => one.name === name && one.headSha === headSha)
      .at(-1)
    if (run) shown = `${run.conclusion ?? run.status}: ${run.output.title} ${run.output.summary}`
    return run && (run.conclusion ?? run.status) === wanted ? run : undefined
  }
  return at.stage.until(`${name} to be ${wanted}`, look, 120_000).catch((error: Error) => {
    throw new Error(`${error.message}; it shows ${shown}; ${at.stage.model.unmatched.join('; ')}`)
  })
}

async function approvePlan(at: Workshop, issue: number): Promise<GitHubState.Pull> {
  const pull = await pullOf(at, issue)
  const run = await runIs(at, pull.number, 'countersign/plan', 'action_required')
  await at.ana.press(run.id, run.actions.find((one) => one.label === 'Approve')?.identifier ?? '')
  return pull
}

/** Awaits the ready pull request. */
async function delivered(at: Workshop, issue: number): Promise<GitHubState.Pull> {
  await approvePlan(at, issue)
  return at.stage.until(
    `#${issue} to be delivered`,
    async () => {
      const pull = await pullOf(at, issue)
      return pull.draft ? undefined : pull
    },
    120_000,
  )
}

const modelsOf = (at: Workshop, issue: number) =>
  Object.fromEntries(
    at.stage.model.requests
      .filter((one) => one.subject === `${repository}#${issue}`)
      .map((one) => [one.phase, one.body.model]),
  )
const saidTo = (at: Workshop, issue: number) =>
  JSON.stringify(
    at.stage.model.requests.filter((one) => one.subject === `${repository}#${issue}`).map((one) => one.body),
  )

describe('P13: three profiles that differ in every field', () => {
  test('P13: each has its own models, instructions, route, paths, caps and budget, and shows everywhere', async () => {
    shop = await open()
    const at = shop
    const issues = {
      price: await delegate(at, 'agent-price'),
      pages: await delegate(at, 'docs-bot'),
      // GitHub compares labels blind to case.
      chores: await delegate(at, 'Chore Bot'),
    }
    const names = ['price', 'pages', 'chores'] as const
    for (const name of names) {
      const issue = issues[name]
      const pull = await delivered(at, issue)
      const facts = await at.facts(issue)
      const own = profiles[name]
      expect(lastFact(facts, 'bundle.frozen')?.body.profile).toBe(name)

      // Paths: nothing else was changed, though one of them tried.
      const changed = await at.ana.api('GET', `/repos/${repository}/pulls/${pull.number}/files`)
      const expected = { price: 'src/price.mjs', pages: 'docs/price.md', chores: 'tools/print.txt' }
      expect(changed).toMatchObject([{ filename: expected[name] }])
      await runIs(at, pull.number, 'countersign/gates', 'success')

      // Instructions: its own and the house's, at the head of every session, and nobody else's.
      const said = saidTo(at, issue)
      for (const one of names) expect(said.includes(`${one.toUpperCase()}-RULES`)).toBe(one === name)
      expect(said).toContain('HOUSE-RULES')

      // Shown: progress, status, plan commit, trailers, trace.
      await at.commentWith(issue, `profile ${name}`)
      await at.commentWith(issue, `of $${own.budgets.task.usd}.00`)
      await at.ana.comment(repository, issue, '/agent status')
      await at.commentWith(issue, `Profile ${name}.`)
      const messages = await commitMessages(at, pull.number)
      expect(messages.some((one) => one.includes(`profile ${name}. Approving this plan`))).toBe(true)
      expect(messages.some((one) => one.includes(`\nCountersign-Profile: ${name}\n`))).toBe(true)
      const told = traceLines({ key: `task:${repository}#${issue}`, facts }, null).join('\n')
      expect(told).toMatch(new RegExp(`profile +${name}`))
    }

    // Models, and the route that each takes without a label for it.
    expect(modelsOf(at, issues.price)).toEqual({
      diagnosis: 'price-strong',
      implementation: 'price-standard',
      review: 'price-standard',
    })
    expect(modelsOf(at, issues.pages)).toEqual({
      diagnosis: 'pages-diagnosis',
      implementation: 'claude-haiku-5-5',
      review: 'claude-sonnet-5-5',
    })
    expect(modelsOf(at, issues.chores)).toEqual({
      discovery: 'chores-standard',
      spec: 'claude-opus-5-5',
      plan: 'claude-opus-5-5',
      implementation: 'chores-standard',
      review: 'claude-opus-5-5',
    })
    // The plan that left the paths went back with the rule; the tool refused what left the plan.
    const judged = factsOf(await at.facts(issues.price), 'attempt.judged')
    expect(judged.flatMap(({ body }) => body.objections).join()).toContain(
      '`docs/price.md` is outside the paths that the profile price may change, which are `src/**` (`profiles.price.paths`).',
    )
    expect(saidTo(at, issues.price)).toContain('may not be changed in this phase')
    expect(at.stage.model.unmatched).toEqual([])
  })

  test('P13, S14: a pull request that leaves the paths is red, and no change of the profile in it helps', async () => {
    shop = await open()
    const at = shop
    const issue = await delegate(at, 'agent-price')
    const pull = await delivered(at, issue)
    await runIs(at, pull.number, 'countersign/gates', 'success')
    const sentence =
      /`docs\/price.md` is outside the paths that the profile price may change, which are `src\/\*\*` \(`profiles.price.paths`\)/
    await at.ben.push(repository, pull.headRef, {
      files: { 'docs/price.md': 'The price is 5.00.\n' },
      message: 'Say it in the document too',
    })
    const red = await runIs(at, pull.number, 'countersign/gates', 'failure')
    expect(`${red.output.summary}\n${red.output.text}`).toMatch(sentence)

    const wider = { ...profiles, price: { ...profiles.price, paths: ['**'] } }
    await at.ben.push(repository, pull.headRef, {
      files: {
        '.github/countersign.yml': `${shopPolicy()}${policyOf(wider)}`,
        'docs/agents/price.md': 'WIDER-RULES\n',
      },
      message: 'Let the profile do more',
    })
    await at.stage.settle()
    const still = await runIs(at, pull.number, 'countersign/gates', 'failure')
    const text = `${still.output.summary}\n${still.output.text}`
    expect(text).toMatch(/outside the paths that the profile price may change, which are `src\/\*\*`/)
    // The file with its instructions is a protected surface like the policy itself.
    expect(text).toMatch(/docs\/agents\/price\.md/)
    expect(text).toMatch(/agent instruction file/)
  })

  test('P13: policy may not take the profile away under the work; the work and its pull request stop with the reason', async () => {
    shop = await open()
    const at = shop
    const issue = await delegate(at, 'docs-bot')
    const pull = await approvePlan(at, issue)
    const { pages: _gone, ...rest } = profiles
    await at.stage.settle()
    await at.stage.github.as('owner').push(repository, 'main', {
      files: { '.github/countersign.yml': `${shopPolicy()}${policyOf(rest)}` },
      message: 'Take the profile away',
    })
    await at.commentWith(issue, 'The policy no longer has the profile pages')
    const red = await runIs(at, pull.number, 'countersign/gates', 'failure')
    expect(`${red.output.summary}\n${red.output.text}`).toContain('no longer has the profile pages')
  })
})

describe('P13: which label counts', () => {
  test('P13: several at once are refused; a later label changes nothing until someone delegates again', async () => {
    shop = await open()
    const at = shop
    const both = await delegate(at, 'agent-price')
    await pullOf(at, both)
    await at.ana.label(repository, both, 'docs-bot')
    const refusal = await at.commentWith(both, 'each of which delegates')
    expect(refusal).toMatch(/`agent-price` and `docs-bot`.*removes them and sets the one that is meant/)
    await at.stage.settle()
    expect(factsOf(await at.facts(both), 'bundle.frozen').map(({ body }) => body.profile)).toEqual(['price'])

    // The plain label beside another is no less ambiguous.
    const plain = await delegate(at, 'docs-bot')
    await at.ana.label(repository, plain, 'agent')
    await at.commentWith(plain, 'each of which delegates')

    await at.ana.unlabel(repository, both, 'docs-bot')
    await at.ana.unlabel(repository, both, 'agent-price')
    await at.stage.settle()
    expect(factsOf(await at.facts(both), 'bundle.frozen')).toHaveLength(1)
    await at.ana.label(repository, both, 'docs-bot')
    await at.stage.until('the second profile', async () =>
      lastFact(await at.facts(both), 'bundle.frozen')?.body.profile === 'pages' ? true : undefined,
    )
  })

  test('P13, D5: a route that the profile may not take stops with the ways on', async () => {
    shop = await open()
    const issue = await delegate(shop, 'hotfix', 'Chore Bot')
    const comment = await shop.commentWith(issue, 'may not take the route hotfix')
    expect(comment).toContain('profiles.chores.routes')
    expect(comment).toContain('`/agent route feature`')
    await shop.ana.comment(repository, issue, '/agent route hotfix')
    await shop.stage.settle()
    expect(shop.stage.model.requests).toEqual([])
    await shop.ana.comment(repository, issue, '/agent route feature')
    await pullOf(shop, issue)
  })

  test('P13: without its instructions on the base branch a profile does not work, and says so', async () => {
    const lost = { price: { ...profiles.price, instructions: 'docs/agents/lost.md' } }
    shop = await open(lost)
    const issue = await delegate(shop, 'agent-price')
    const comment = await shop.commentWith(issue, 'docs/agents/lost.md')
    expect(comment).toContain('`profiles.price.instructions`')
    await shop.stage.settle()
    await shop.ana.comment(repository, issue, '/agent retry')
    await shop.stage.settle()
    expect(shop.stage.model.requests).toEqual([])
    await shop.stage.github.as('owner').push(repository, 'main', {
      files: { 'docs/agents/lost.md': 'PRICE-RULES\n' },
      message: 'Add the rules',
    })
    await shop.ana.comment(repository, issue, '/agent retry')
    await pullOf(shop, issue)
  })
})

test('P13: with sixty profiles each label leads to its own', async () => {
  const sixty = Object.fromEntries(
    Array.from({ length: 60 }, (_, at) => [
      `bot-${at}`,
      {
        ...profiles.price,
        label: `bot-${at}`,
        models: { tiers: { strong: anthropic(`model-${at}`) } },
      },
    ]),
  )
  shop = await open(sixty)
  for (const at of [0, 42, 59]) {
    const issue = await delegate(shop, `bot-${at}`)
    await pullOf(shop, issue)
    expect(modelsOf(shop, issue)).toEqual({ diagnosis: `model-${at}` })
    expect(lastFact(await shop.facts(issue), 'plan.issued')?.body.record.profile).toBe(`bot-${at}`)
  }
})

async function commitMessages(at: Workshop, pull: number): Promise<string[]> {
  const commits = await at.ana.api('GET', `/repos/${repository}/pulls/${pull}/commits`)
  return (commits as { commit: { message: string } }[]).map((one) => `${one.commit.message}\n`)
}
