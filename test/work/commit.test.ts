/** Issuing a plan and pushing work, on real git and a real ledger: a crash at any step changes nothing of the end (S7). */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { createGit } from '../../src/adapters/workspace/git.ts'
import { type Fact, type FactBody, factsOf } from '../../src/core/facts.ts'
import { planDigest } from '../../src/core/plan.ts'
import { parsePlanMessage } from '../../src/core/planMessage.ts'
import type { Git, Ledger } from '../../src/core/ports.ts'
import type { WorkItem } from '../../src/core/work.ts'
import { type CommitPorts, runIssuePlan, runPush } from '../../src/work/commit.ts'
import {
  cleanUp,
  commitFiles,
  git,
  newClone,
  quiet,
  repository,
  type Server,
  scratch,
  serve,
} from '../adapters/workspace/support.ts'
import { type Crash, steps } from '../support/crash.ts'
import { openTestLedger } from '../support/ledger.ts'
import { planFixture, recordFixture } from '../support/plan.ts'

const bot = { id: 41, login: 'countersign[bot]', type: 'Bot' as const }
const person = { id: 5, login: 'ada', type: 'User' as const }
/** A fresh task each time, so that one ledger serves them all. */
let subject = ''
let tasks = 0
const branch = 'agent/12-limit'

let server: Server
let base: string
let clone: string
let port: Git
let ledger: Ledger
let nowMs = 0
let pulls: Map<string, number>
let queued: Set<string>

beforeAll(async () => {
  const made = newClone({ 'src/parse.ts': 'x\n' })
  clone = made.directory
  base = made.sha
  server = await serve(clone)
  ledger = await openTestLedger({ nowMs: () => nowMs++, sleep: async () => undefined })
  port = createGit({ root: scratch('commit'), credentials: server.credentials, log: quiet })
})
afterAll(async () => {
  await ledger.close()
  await server.close()
  cleanUp()
})
beforeEach(newTask)

/** A delegated task whose plan was accepted, with no branch yet; equal but for its number. */
async function newTask(): Promise<void> {
  tasks += 1
  subject = `task:${repository}#${tasks}`
  nowMs = 1_700_000_000_000
  pulls = new Map()
  queued = new Set()
  await append({
    kind: 'issue.delegated',
    label: 'agent',
    title: 't',
    body: 'b',
    bodyDigest: 'b'.repeat(64),
    author: person,
  })
  await append({
    kind: 'attempt.judged',
    phase: 'plan',
    attempt: 1,
    by: 'code',
    verdict: 'pass',
    objections: [],
  })
  if (tip() !== '') git(server.bare, 'update-ref', '-d', `refs/heads/${branch}`)
}

const append = (body: FactBody) => ledger.append(subject, [{ actor: null, body }])
const item = (
  nonce = '0'.repeat(32),
  replaces: string | null = null,
): Extract<WorkItem, { kind: 'issuePlan' }> => ({
  kind: 'issuePlan',
  subject,
  record: recordFixture(planFixture({}), { nonce }),
  base,
  branch,
  title: 'Add a limit',
  replaces,
})
const tip = () => git(server.bare, 'for-each-ref', '--format=%(objectname)', `refs/heads/${branch}`)
const bodies = (facts: readonly Fact[]) => facts.map((fact) => fact.body)

/** The ports, of which the call with this number (and every later one) fails, before or after it had its effect. */
function ports(crash?: Crash): CommitPorts {
  const step = steps(crash)
  return {
    log: quiet,
    git: {
      ...port,
      ensure: (...args) => step(() => port.ensure(...args)),
      commitEmpty: (...args) => step(() => port.commitEmpty(...args)),
      push: (...args) => step(() => port.push(...args)),
    },
    ledger: {
      facts: (...args) => step(() => ledger.facts(...args)),
      append: (...args) => step(() => ledger.append(...args)),
    },
    forge: {
      identity: () =>
        step(async () => ({ appId: 1, slug: 'countersign', bot, drafterAppId: null, drafterBot: null })),
      repository: () =>
        step(async () => ({
          found: true,
          value: { id: 7, name: repository, defaultBranch: 'main', private: false },
        })),
      openPull: (_name, input) =>
        step(async () => {
          const number = pulls.get(input.branch) ?? 30 + pulls.size
          pulls.set(input.branch, number)
          return { number, head: tip() }
        }),
    },
    queue: { reconcile: (key) => step(async () => void queued.add(key)) },
  }
}

describe('issuePlan', () => {
  test('P4: the plan commit sits on the base, changes nothing, is pushed, and a draft opens on it', async () => {
    await runIssuePlan(item(), ports())
    const facts = await ledger.facts(subject)
    const issued = factsOf(facts, 'plan.issued')[0]?.body
    expect(issued).toMatchObject({ base, branch, digest: planDigest(item().record), commit: tip() })
    expect(factsOf(facts, 'pull.opened')[0]?.body).toMatchObject({ number: 30, head: tip() })
    expect(queued).toEqual(new Set([subject, `pull:${repository}#30`]))
    expect(git(server.bare, 'rev-parse', `${tip()}^`, `${tip()}^{tree}`)).toBe(
      `${base}\n${git(clone, 'rev-parse', `${base}^{tree}`)}`,
    )
    expect(git(server.bare, 'log', '-1', '--format=%an <%ae>', tip())).toBe(
      'countersign[bot] <41+countersign[bot]@users.noreply.github.com>',
    )
    const commits = await port.collect(repository, { kind: 'commits', base, head: tip() })
    expect(
      commits.ok && 'commits' in commits.body && parsePlanMessage(commits.body.commits[0]?.message ?? ''),
    ).toMatchObject({ ok: true, record: item().record })
  })

  test('S7: killed before or after any step, a second run ends the same', async () => {
    await runIssuePlan(item(), ports())
    const wanted = { facts: bodies(await ledger.facts(subject)), tip: tip() }
    let killed = 0
    for (let at = 1; at <= 20; at++) {
      for (const after of [false, true]) {
        await newTask()
        const died = await runIssuePlan(item(), ports({ at, after })).then(
          () => false,
          () => true,
        )
        if (died) killed += 1
        nowMs += 1_000_000
        await runIssuePlan(item(), ports())
        expect({ facts: bodies(await ledger.facts(subject)), tip: tip() }).toEqual(wanted)
        expect(pulls.size).toBe(1)
        expect(queued).toEqual(new Set([subject, `pull:${repository}#30`]))
      }
    }
    expect(killed).toBeGreaterThan(20)
    // Forty times real git: on a busy machine that is more than a minute.
  }, 300_000)

  test('P4: a new plan replaces the old branch by compare-and-swap and keeps the pull request', async () => {
    await runIssuePlan(item(), ports())
    const first = tip()
    await runIssuePlan(item('1'.repeat(32), first), ports())
    expect(tip()).not.toBe(first)
    const opened = factsOf(await ledger.facts(subject), 'pull.opened').map(({ body }) => [
      body.number,
      body.head,
    ])
    expect(opened).toEqual([
      [30, first],
      [30, tip()],
    ])
    await runIssuePlan(item(), ports())
    expect(factsOf(await ledger.facts(subject), 'plan.issued')).toHaveLength(2)
    expect(tip()).not.toBe(first)
  })

  test('S7: a branch that somebody else made is not overwritten, and the sentence says what to do', async () => {
    git(server.bare, 'update-ref', `refs/heads/${branch}`, base)
    await runIssuePlan(item(), ports())
    await runIssuePlan(item(), ports())
    const failed = factsOf(await ledger.facts(subject), 'work.failed')
    expect(failed).toHaveLength(1)
    expect(failed[0]?.body.reason).toMatch(/agent\/12-limit.*already exists.*\/agent retry/)
    expect(tip()).toBe(base)
    expect(pulls.size).toBe(0)
  })

  test('a stopped task issues nothing until it is resumed', async () => {
    const command = async (verb: 'stop' | 'resume') => {
      const [fact] = (await ledger.append(subject, [
        {
          actor: person,
          body: {
            kind: 'comment.command',
            commentId: 1,
            on: 'issue',
            verb,
            rest: '',
            bodyDigest: 'c'.repeat(64),
            viaApp: null,
          },
        },
      ])) as Fact[]
      await append({ kind: 'settled', of: fact?.seq ?? 0, outcome: 'accepted', sentence: 'ok' })
    }
    await command('stop')
    await runIssuePlan(item(), ports())
    expect(tip()).toBe('')
    expect(factsOf(await ledger.facts(subject), 'plan.issued')).toEqual([])
    await command('resume')
    await runIssuePlan(item(), ports())
    expect(tip()).not.toBe('')
  })
})

describe('push', () => {
  async function candidate(): Promise<{ plan: string; sha: string }> {
    await runIssuePlan(item(), ports())
    const plan = tip()
    const sha = await port.commitEmpty(repository, {
      parent: plan,
      message: 'work\n',
      author: { name: 'a', email: 'a@b' },
      timeSeconds: 5,
    })
    return { plan, sha }
  }
  const push = (sha: string, expected: string) => ({
    kind: 'push' as const,
    subject,
    branch,
    sha,
    expected,
    phase: 'implementation',
  })

  test('S7: an accepted candidate is pushed and recorded once', async () => {
    const { plan, sha } = await candidate()
    await runPush(push(sha, plan), ports({ at: 5, after: true })).catch(() => undefined)
    await runPush(push(sha, plan), ports())
    await runPush(push(sha, plan), ports())
    expect(tip()).toBe(sha)
    expect(bodies(await ledger.facts(subject)).filter((body) => body.kind === 'work.pushed')).toEqual([
      { kind: 'work.pushed', branch, before: plan, sha, phase: 'implementation' },
    ])
    expect(queued.has(`pull:${repository}#30`)).toBe(true)
  })

  test('S7: work that a person pushed meanwhile is kept, and the task says so', async () => {
    const { plan, sha } = await candidate()
    git(clone, 'fetch', '--quiet', server.bare, branch)
    git(clone, 'checkout', '--quiet', '--detach', 'FETCH_HEAD')
    const theirs = commitFiles(clone, { 'theirs.txt': 'x' })
    git(clone, 'push', '--quiet', server.bare, `HEAD:refs/heads/${branch}`)
    await runPush(push(sha, plan), ports())
    expect(tip()).toBe(theirs)
    const failed = factsOf(await ledger.facts(subject), 'work.failed').at(-1)?.body
    expect(failed).toMatchObject({
      what: `push:${branch}:${sha}`,
      reason: expect.stringContaining('no longer holds'),
    })
    expect(factsOf(await ledger.facts(subject), 'work.pushed')).toEqual([])
  })
})
