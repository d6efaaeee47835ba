/** Making the issues of a split, on the stand-in GitHub and a real ledger: a crash at any step makes no double (S7, D1, D4). */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import type { Account } from '../../src/core/account.ts'
import { type FactBody, factsOf } from '../../src/core/facts.ts'
import type { Ledger } from '../../src/core/ports.ts'
import { type SplitRecord, splitDigest } from '../../src/core/split.ts'
import { readBundle } from '../../src/delegation/bundle.ts'
import { type OpenChildrenPorts, runOpenChildren } from '../../src/work/openChildren.ts'
import { type Bench, silent, startBench } from '../adapters/github/support.ts'
import { type Crash, steps } from '../support/crash.ts'
import { openTestLedger } from '../support/ledger.ts'

const lin: Account = { id: 21, login: 'lin', type: 'User' }
const child = (key: string, dependsOn: string[] = []): SplitRecord['split']['children'][number] => ({
  key,
  title: `Part ${key}`,
  route: 'hotfix',
  bundle: {
    goal: `Do ${key}.`,
    criteria: [{ statement: 'It holds', passExample: '1', failExample: '2' }],
    constraints: ['none'],
    priorArt: ['src/price.ts'],
    riskClass: 'high',
  },
  covers: [1],
  dependsOn,
})

let bench: Bench
let ledger: Ledger
let nowMs = 1
let queued: Set<string>
let subject: string
let epic: number
beforeAll(async () => {
  bench = await startBench()
  ledger = await openTestLedger({ nowMs: () => nowMs++, sleep: async () => undefined })
})
afterAll(async () => {
  await ledger.close()
  await bench.close()
})
beforeEach(newEpic)

/** An epic whose split lin has started. The first child that is handed in depends on the second. */
async function newEpic(): Promise<void> {
  // GitHub takes 80 writes a minute and 500 an hour.
  bench.clock.advance(10 * 60_000)
  const issue = await bench.world.as('ada').openIssue(bench.name, { title: 'Epic', body: 'Everything.' })
  epic = issue.number
  subject = `task:${bench.name}#${epic}`
  queued = new Set()
  await append({
    kind: 'issue.delegated',
    label: 'agent',
    title: 'Epic',
    body: 'Everything.',
    bodyDigest: 'a'.repeat(64),
    author: lin,
  })
  await append({ kind: 'settled', of: 0, outcome: 'accepted', sentence: 's' })
  await append({
    kind: 'bundle.frozen',
    delegation: 0,
    digest: 'a'.repeat(64),
    bundle: child('epic').bundle,
    delegator: lin,
    title: 'Epic',
    profile: 'frontend',
  })
  await append({ kind: 'split.approved', digest: digest(), record: record(), by: lin, request: 0 })
}
const append = (body: FactBody) => ledger.append(subject, [{ actor: lin, body }])
const record = (): SplitRecord => ({
  version: 1,
  repositoryId: 1,
  issue: epic,
  delegationDigest: 'a'.repeat(64),
  nonce: 'b'.repeat(32),
  split: { summary: 's', children: [child('top', ['base']), child('base')] },
})
const digest = () => splitDigest(record())
const item = () => ({ kind: 'openChildren' as const, subject, split: digest() })
const made = () => [...bench.world.state.issues.values()].filter((one) => one.number > epic)
const factsAt = (issue: number) => ledger.facts(`task:${bench.name}#${issue}`)

/** The ports, of which the call with this number (and every later one) fails, before or after it had its effect. */
function ports(crash?: Crash): OpenChildrenPorts {
  const step = steps(crash)
  const { forge } = bench
  return {
    log: silent,
    ledger: {
      facts: (...args) => step(() => ledger.facts(...args)),
      append: (...args) => step(() => ledger.append(...args)),
    },
    forge: {
      openIssue: (...args) => step(() => forge.openIssue(...args)),
      addSubIssue: (...args) => step(() => forge.addSubIssue(...args)),
    },
    queue: { reconcile: (key) => step(async () => void queued.add(key)) },
  }
}

describe('openChildren', () => {
  test('D1 D4 D5: issues in the order of their dependencies, linked both ways, delegated by who started the split', async () => {
    await append({ kind: 'task.sensitive', why: 'the issue has the label "secret"' })
    await runOpenChildren(item(), ports())
    const [base, top] = made()
    expect([base?.title, top?.title]).toEqual(['Part base', 'Part top'])
    expect(base?.body).toContain(`Part of #${epic}`)
    expect(top?.body).toContain(`It begins when #${base?.number} is merged`)
    expect(readBundle(top?.body ?? '')).toMatchObject({ ok: true, bundle: child('top').bundle })
    const parent = [...bench.world.state.issues.values()].find((one) => one.number === epic)
    expect([base?.parentId, top?.parentId]).toEqual([parent?.id, parent?.id])
    const facts = await factsAt(top?.number ?? 0)
    expect(facts.map(({ actor, body }) => [actor?.login, body])).toEqual([
      [
        'lin',
        {
          kind: 'child.delegated',
          parent: subject,
          split: digest(),
          child: 'top',
          approval: 3,
          dependsOn: [base?.number],
        },
      ],
      [
        undefined,
        expect.objectContaining({
          kind: 'bundle.frozen',
          delegator: lin,
          bundle: child('top').bundle,
          profile: 'frontend',
        }),
      ],
      [undefined, expect.objectContaining({ kind: 'route.chosen', route: 'hotfix' })],
      // P10: what pins the epic pins its children.
      [undefined, expect.objectContaining({ kind: 'task.sensitive' })],
    ])
    expect(queued).toEqual(new Set([subject, ...made().map((one) => `task:${bench.name}#${one.number}`)]))
  })

  test('S7: killed before or after any step, a second run ends the same, with two issues', async () => {
    let killed = 0
    for (let at = 1; at <= 40; at++) {
      for (const after of [false, true]) {
        await newEpic()
        const died = await runOpenChildren(item(), ports({ at, after })).then(
          () => false,
          () => true,
        )
        if (died) killed += 1
        await runOpenChildren(item(), ports())
        expect(made().map(({ title }) => title)).toEqual(['Part base', 'Part top'])
        expect(made().every((one) => one.parentId !== null)).toBe(true)
        const opened = factsOf(await ledger.facts(subject), 'child.opened').map(({ body }) => body.issue)
        expect(opened).toEqual(made().map((one) => one.number))
        for (const issue of opened) expect(factsOf(await factsAt(issue), 'child.delegated')).toHaveLength(1)
        if (!died) return expect(killed).toBeGreaterThan(30)
      }
    }
    throw new Error('the run has more steps than were tried')
  }, 300_000)

  test('O4: a stopped epic makes nothing, and a split that a later one replaced makes nothing', async () => {
    const seq = (await ledger.facts(subject)).length
    await append({
      kind: 'comment.command',
      commentId: 5,
      on: 'issue',
      verb: 'stop',
      rest: '',
      bodyDigest: 'a'.repeat(64),
      viaApp: null,
    })
    await append({ kind: 'settled', of: seq, outcome: 'accepted', sentence: 's' })
    await runOpenChildren(item(), ports())
    expect(made()).toEqual([])
    await runOpenChildren({ ...item(), split: 'f'.repeat(64) }, ports())
    expect(made()).toEqual([])
  })

  test('S7: when GitHub refuses, a person is told once', async () => {
    bench.world.faults.rest({
      kind: 'error',
      status: 410,
      message: 'Issues are disabled',
      count: 2,
      when: ({ method, template }) => method === 'POST' && template === '/repos/{owner}/{repo}/issues',
    })
    await runOpenChildren(item(), ports())
    await runOpenChildren(item(), ports())
    const failed = factsOf(await ledger.facts(subject), 'work.failed')
    expect(failed.map(({ body }) => body.reason)).toEqual([expect.stringContaining('Issues are disabled')])
  })
})
