/** Issuing a plan and pushing work, on real git and a real ledger: a crash at any step changes nothing of the end (S7). */
import { execFileSync } from 'node:child_process'
import { chmodSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { createGit } from '../../src/adapters/workspace/git.ts'
import { type Fact, type FactBody, factsOf } from '../../src/core/facts.ts'
import { planDigest } from '../../src/core/plan.ts'
import { parsePlanMessage, renderPlanMessage } from '../../src/core/planMessage.ts'
import type { Git, Ledger } from '../../src/core/ports.ts'
import type { WorkItem } from '../../src/core/work.ts'
import { publishedAs } from '../../src/pipeline/published.ts'
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

const scratchRoot = scratch('commit')
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
  port = createGit({ root: scratchRoot, credentials: server.credentials, log: quiet })
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
  signing = false
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
/** Whether rules want signed commits, and how often GitHub made one: its clock is in each. */
let signing = false
let madeCommits = 0
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
      contents: (...args) => step(() => port.contents(...args)),
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
      asksSignatures: () => step(async () => signing),
      makeCommit: (_name, input) => step(async () => remake(input)),
      moveBranch: (_name, input) => step(async () => moveTo(input)),
    },
    queue: { reconcile: (key) => step(async () => void queued.add(key)) },
  }
}

/** As GitHub makes a commit: the same content, another identity and time, so never the same SHA twice. */
async function remake({ content, parent, read }: Parameters<CommitPorts['forge']['makeCommit']>[1]) {
  for (const change of content.changes)
    if (change.kind === 'put') {
      const bytes = await read(change.blob)
      expect(Buffer.from(bytes).length).toBe(change.bytes)
      execFileSync('git', ['-C', server.bare, 'hash-object', '-w', '--stdin'], { input: bytes })
    }
  madeCommits += 1
  const scratchIndex = { GIT_INDEX_FILE: join(scratch('index'), 'index') }
  const run = (args: string[], input = '') =>
    execFileSync('git', ['-C', server.bare, ...args], {
      input,
      encoding: 'utf8',
      env: {
        ...process.env,
        ...scratchIndex,
        GIT_AUTHOR_NAME: 'countersign[bot]',
        GIT_AUTHOR_EMAIL: '41+countersign[bot]@users.noreply.github.com',
        GIT_COMMITTER_NAME: 'GitHub',
        GIT_COMMITTER_EMAIL: 'noreply@github.com',
        GIT_COMMITTER_DATE: `@${1_800_000_000 + madeCommits} +0000`,
      },
    }).trim()
  run(['read-tree', content.parentTree])
  // Removals first, so that a file may become a folder.
  const records = content.changes
    .map((one) =>
      one.kind === 'put' ? `${one.mode} ${one.blob}\t${one.path}\n` : `0 ${'0'.repeat(40)}\t${one.path}\n`,
    )
    .sort()
  run(['update-index', '--index-info'], records.join(''))
  const tree = run(['write-tree'])
  expect(tree).toBe(content.tree)
  return { sha: run(['commit-tree', tree, '-p', parent], content.message), signed: true }
}

function moveTo({ branch: name, from, to }: Parameters<CommitPorts['forge']['moveBranch']>[1]) {
  const now = git(server.bare, 'for-each-ref', '--format=%(objectname)', `refs/heads/${name}`)
  if (now === to) return 'done' as const
  if (now !== (from ?? '')) return now === '' ? ('gone' as const) : ('moved' as const)
  git(server.bare, 'update-ref', `refs/heads/${name}`, to)
  return 'done' as const
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

describe('where rules want signed commits', () => {
  const message = () =>
    execFileSync('git', ['-C', server.bare, 'cat-file', 'commit', tip()], { encoding: 'utf8' })
  const [bodyOf, committerOf] = [/\n\n([\s\S]*)$/, /^committer (.*) <.*$/m].map(
    (pattern) => () => pattern.exec(message())?.[1],
  ) as [() => string | undefined, () => string | undefined]

  test('A2, T43: the plan commit is made by GitHub, byte for byte, and the ledger issues that one', async () => {
    signing = true
    await runIssuePlan(item(), ports())
    const issued = factsOf(await ledger.facts(subject), 'plan.issued')[0]?.body
    expect(issued).toMatchObject({ commit: tip(), signed: true })
    expect(bodyOf()).toBe(renderPlanMessage(item().record))
    expect(bodyOf()).toMatch(/\n$/)
    expect(committerOf()).toBe('GitHub')
  })

  test('S7: killed after any step, a second run ends with one plan, one branch and one pull request', async () => {
    let killed = 0
    for (let at = 1; at <= 20; at++) {
      await newTask()
      signing = true
      killed += await runIssuePlan(item(), ports({ at, after: true })).then(
        () => 0,
        () => 1,
      )
      nowMs += 1_000_000
      await runIssuePlan(item(), ports())
      const facts = await ledger.facts(subject)
      const [issued, ...others] = factsOf(facts, 'plan.issued')
      expect([issued?.body.commit, others]).toEqual([tip(), []])
      expect(factsOf(facts, 'pull.opened').map(({ body }) => body.head)).toEqual([tip()])
      expect(pulls.size).toBe(1)
    }
    expect(killed).toBeGreaterThan(12)
  }, 300_000)

  /** An issued plan, and two commits on it: modes, a link, bytes that are no text, a removal, a file that becomes a folder. */
  async function work() {
    signing = true
    await runIssuePlan(item(), ports())
    const plan = tip()
    git(clone, 'fetch', '--quiet', server.bare, branch)
    git(clone, 'checkout', '--quiet', '--detach', 'FETCH_HEAD')
    commitFiles(clone, { 'src/run.sh': 'x\n', 'old.txt': 'old\n', 'name.d': 'a file\n' })
    const bytes = Buffer.from([0, 255, 1, 10])
    writeFileSync(join(clone, 'binary.bin'), bytes)
    chmodSync(join(clone, 'src/run.sh'), 0o755)
    symlinkSync('src/run.sh', join(clone, 'link'))
    rmSync(join(clone, 'old.txt'))
    rmSync(join(clone, 'name.d'))
    const sha = commitFiles(clone, { 'name.d/inside.txt': 'in a folder\n', 'src/parse.ts': 'y' })
    await port.ensure(repository, [base])
    const mirror = join(scratchRoot, 'mirrors', `${repository.toLowerCase()}.git`)
    git(mirror, 'fetch', '--quiet', clone, `${sha}:refs/test/${sha}`)
    return { plan, sha }
  }
  const push = (sha: string, expected: string) =>
    ({ kind: 'push', subject, branch, sha, expected, phase: 'implementation' }) as const

  test('P5, S7: the commits of a candidate are made again with its very trees, and what follows sits on them', async () => {
    const { plan, sha } = await work()
    await runPush(push(sha, plan), ports())
    const facts = await ledger.facts(subject)
    expect(factsOf(facts, 'work.pushed')[0]?.body).toMatchObject({ before: plan, sha: tip() })
    expect(tip()).not.toBe(sha)
    expect(publishedAs(facts, sha)).toBe(tip())
    const [first] = factsOf(facts, 'work.signed')[0]?.body.commits ?? []
    expect(publishedAs(facts, first?.candidate ?? '')).toBe(git(server.bare, 'rev-parse', `${tip()}^`))
    expect(git(server.bare, 'rev-parse', `${tip()}^{tree}`)).toBe(git(clone, 'rev-parse', `${sha}^{tree}`))
    expect(committerOf()).toBe('GitHub')
  })

  test('S7: killed after any step of a push, a second run ends with it pushed once', async () => {
    let killed = 0
    for (let at = 3; at <= 14; at++) {
      await newTask()
      const { plan, sha } = await work()
      killed += await runPush(push(sha, plan), ports({ at, after: true })).then(
        () => 0,
        () => 1,
      )
      await runPush(push(sha, plan), ports())
      await runPush(push(sha, plan), ports())
      const facts = await ledger.facts(subject)
      expect(factsOf(facts, 'work.pushed').map(({ body }) => body.sha)).toEqual([tip()])
      expect(git(server.bare, 'rev-parse', `${tip()}~2`)).toBe(plan)
    }
    expect(killed).toBeGreaterThan(8)
  }, 300_000)

  test('T1, S7: work that a person pushed meanwhile is kept', async () => {
    const { plan, sha } = await work()
    git(server.bare, 'update-ref', `refs/heads/${branch}`, base)
    await runPush(push(sha, plan), ports())
    const facts = await ledger.facts(subject)
    expect([tip(), factsOf(facts, 'work.pushed')]).toEqual([base, []])
    expect(factsOf(facts, 'work.failed').at(-1)?.body.reason).toMatch(/no longer holds/)
  })

  test('S3: what GitHub does not sign is not pushed', async () => {
    signing = true
    const honest = ports()
    const unsigned = {
      ...honest,
      forge: {
        ...honest.forge,
        makeCommit: async (...input: Parameters<typeof honest.forge.makeCommit>) => ({
          ...(await honest.forge.makeCommit(...input)),
          signed: false,
        }),
      },
    }
    await runIssuePlan(item(), unsigned)
    const facts = await ledger.facts(subject)
    expect([tip(), factsOf(facts, 'plan.issued')]).toEqual(['', []])
    expect(factsOf(facts, 'work.failed')[0]?.body.reason).toMatch(/did not sign/)
  })

  test('A2: a message that came back otherwise, if only by its last line feed, does not count', async () => {
    signing = true
    const honest = ports()
    const trimming = {
      ...honest,
      forge: {
        ...honest.forge,
        makeCommit: (...[name, given]: Parameters<typeof honest.forge.makeCommit>) =>
          honest.forge.makeCommit(name, {
            ...given,
            content: { ...given.content, message: given.content.message.trimEnd() },
          }),
      },
    }
    await runIssuePlan(item(), trimming)
    const facts = await ledger.facts(subject)
    expect(factsOf(facts, 'pull.opened')).toEqual([])
    expect(factsOf(facts, 'work.failed')[0]?.body.reason).toMatch(/not, byte for byte, what was checked/)
  })
})
