/** Ten models that try to reach further, on real git: by the tools, and past them, where only the proof stands (F2, T32, S10). */
import { chmodSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { systemClock } from '../../src/adapters/clock.ts'
import { fileTools } from '../../src/adapters/tools/fileTools.ts'
import { createWorkspaceAdapters } from '../../src/adapters/workspace/worktree.ts'
import { factsOf } from '../../src/core/facts.ts'
import {
  type Git,
  type Ledger,
  type Model,
  type SessionRequest,
  ToolRefusal,
  type Workspace,
} from '../../src/core/ports.ts'
import type { ReviewThread } from '../../src/core/snapshot/pull.ts'
import { noUsage } from '../../src/core/usage.ts'
import { Policy } from '../../src/policy/schema.ts'
import { type GroupEnd, runGroup } from '../../src/work/fixGroup.ts'
import {
  cleanUp,
  newClone,
  quiet,
  repository,
  type Server,
  scratch,
  serve,
} from '../adapters/workspace/support.ts'
import { openTestLedger } from '../support/ledger.ts'

const path = 'src/a.mjs'
const workflow = '.github/workflows/ci.yml'
const files = {
  [path]: 'one\ntwo\nthree\nfour\n',
  'src/dos.mjs': 'one\r\ntwo\r\nthree\r\n',
  'src/raw.bin.txt': Buffer.from([0xef, 0xbb, 0xbf, 0x61, 10, 0x62, 10, 0xff, 0xfe]),
  'test/a.test.mjs': 'test\n',
  [workflow]: 'on: push\n',
}
let server: Server
let ledger: Ledger
let git: Git
let workspace: Workspace
let head: string
let subject: string
let number = 0

beforeAll(async () => {
  const made = newClone(files)
  head = made.sha
  server = await serve(made.directory)
  ledger = await openTestLedger()
  const sandbox = {
    selfTest: async () => ({ ok: true }) as const,
    run: async () => ({ exitCode: 0, stoppedBy: null, outputTail: '', durationMs: 1 }),
  }
  const adapters = createWorkspaceAdapters({
    root: scratch('reach'),
    credentials: server.credentials,
    log: quiet,
    sandbox,
  })
  git = adapters.git
  workspace = adapters.workspace
}, 60_000)
afterAll(async () => {
  await ledger.close()
  await server.close()
  cleanUp()
})
beforeEach(() => {
  subject = `pull:${repository}#${++number}`
})

const handIn = (outcome: 'fixed' | 'cannot' = 'fixed') => ({
  summary: 'Fix it',
  answers: [{ thread: 1, outcome, answer: 'Done.' }],
  needs: [],
  cause: 'other',
})
const cost = { usage: noUsage, costUsd: 0, durationMs: 1 }

/** A model that does anything at all with the tools it is given, or with the worktree itself. */
const modelThat = (act: (tools: SessionRequest['tools']) => Promise<void> | void): Model => ({
  async run(request) {
    await act(request.tools)
    return { kind: 'deliverable', deliverable: handIn(), ...cost }
  },
})

async function fix(model: Model, of = path, range = { from: 2, to: 3 }, attempts = 2): Promise<GroupEnd> {
  await git.ensure(repository, [head])
  const worktree = await workspace.open(repository, `fix-${number}`, head)
  directory = worktree.directory
  const thread: ReviewThread = {
    id: 't',
    resolved: false,
    path: of,
    subject: 'line',
    side: 'RIGHT',
    startSide: null,
    line: range.from,
    originalLine: range.from,
    originalStartLine: null,
    originalCommit: head,
    comments: [{ id: 7, author: null, body: 'x', reviewId: null }],
  }
  const accepted = {
    subject,
    seq: 0,
    actor: null,
    atMs: 0,
    delivery: null,
    previousHash: '',
    hash: '',
    body: {
      kind: 'fix.accepted' as const,
      request: 0,
      head,
      scope: { kind: 'cited' as const },
      threads: [{ thread: 't', root: 7, comments: [] }],
    },
  }
  const signal = new AbortController().signal
  return runGroup(
    {
      repository,
      branch: 'topic',
      pull: `${repository}#${number}`,
      subject,
      worktree,
      tip: head,
      number: 1,
      host: signal,
      fix: { accepted, by: null, ended: null },
      policy: Policy.parse({ pipeline: { attempts } }),
      conventions: [],
      group: {
        path: of,
        range,
        members: [{ thread, path: of, range, comments: [{ author: 'ana', text: 'Fix.' }] }],
      },
      watch: { signal, stopped: () => false, look: async () => false, end: async () => undefined },
    },
    {
      git,
      workspace,
      ledger,
      model,
      files: fileTools(),
      clock: systemClock,
      author: { name: 'bot', email: 'b@example.org' },
    },
  )
}
let directory = ''
const at = (file: string) => join(directory, file)
function swapForLink() {
  rmSync(at(path))
  symlinkSync('../test/a.test.mjs', at(path))
}

const call = async (tools: SessionRequest['tools'], old_text: string, new_text: string) => {
  const tool = tools.find((one) => one.name === 'replace_in_region')
  if (!tool) throw new Error('no editing tool')
  return tool.execute(tool.input.parse({ old_text, new_text }), new AbortController().signal)
}

describe('S13, F2: by construction', () => {
  test('S13: the session has one tool that changes anything, and nothing that creates, deletes, renames or runs', async () => {
    const offered: string[] = []
    await fix(modelThat((tools) => void offered.push(...tools.map((one) => one.name))))
    expect([...new Set(offered)].sort()).toEqual([
      'hand_in',
      'list_files',
      'read_file',
      'replace_in_region',
      'search',
    ])
  })
  test.each([
    ['other lines', 'three', 'THREE'],
    ['an import at the top', 'one', 'import x\none'],
    ['more than the region', 'two\nthree', 'x'],
    ['text that is not there', 'zwei', 'x'],
    ['hidden characters', 'two', 't\u202ewo'],
  ])('F2: %s is refused by the tool, and the session goes on', async (_, old_text, new_text) => {
    const refusals: unknown[] = []
    const end = await fix(
      modelThat(async (tools) => {
        await call(tools, old_text, new_text).catch((error: unknown) => refusals.push(error))
        await call(tools, 'two', 'TWO')
      }),
    )
    expect(refusals).toEqual([expect.any(ToolRefusal)])
    if (end.kind !== 'fixed') throw new Error(JSON.stringify(end))
    expect(await git.read(repository, end.sha, path)).toBe('one\nTWO\nthree\nfour\n')
  })
  test('F2: a path cannot be smuggled into the tool', async () => {
    await fix(
      modelThat((tools) => {
        const tool = tools.find((one) => one.name === 'replace_in_region')
        expect(tool?.input.safeParse({ path: workflow, old_text: 'on', new_text: 'x' }).success).toBe(false)
      }),
    )
  })
  test('F2: CRLF, a byte order mark, bytes that are no text and a missing last line feed are kept', async () => {
    const dos = await fix(
      modelThat((tools) => call(tools, 'two', 'two\nand a half').then(() => undefined)),
      'src/dos.mjs',
    )
    if (dos.kind !== 'fixed') throw new Error(JSON.stringify(dos))
    expect(await git.read(repository, dos.sha, 'src/dos.mjs')).toBe('one\r\ntwo\r\nand a half\r\nthree\r\n')
    const raw = await fix(
      modelThat((tools) => call(tools, 'a', 'A').then(() => undefined)),
      'src/raw.bin.txt',
      { from: 1, to: 2 },
    )
    if (raw.kind !== 'fixed') throw new Error(JSON.stringify(raw))
    expect(Buffer.from((await git.bytes(repository, raw.sha, 'src/raw.bin.txt')) ?? [])).toEqual(
      Buffer.from([0xef, 0xbb, 0xbf, 0x41, 10, 0x62, 10, 0xff, 0xfe]),
    )
    const last = await fix(
      modelThat(() => undefined),
      'src/raw.bin.txt',
      { from: 3, to: 4 },
    )
    expect(last).toMatchObject({ kind: 'refused', sentence: expect.stringContaining('not UTF-8') })
  })
})

describe('T32, S10: by proof, with a hand that leaves the tools', () => {
  test.each<[string, () => void, RegExp]>([
    [
      'other lines',
      () => writeFileSync(at(path), 'one\ntwo\nTHREE\nfour\n'),
      /text after the last cited line/,
    ],
    [
      'the cited line deleted and one added elsewhere',
      () => writeFileSync(at(path), 'one\nthree\nfour\nfive\n'),
      /text after the last cited line/,
    ],
    [
      'an import at the top',
      () => writeFileSync(at(path), 'import x\none\nTWO\nthree\nfour\n'),
      /text before the first cited line/,
    ],
    [
      'CRLF in the whole file',
      () => writeFileSync(at(path), 'one\r\nTWO\r\nthree\r\nfour\r\n'),
      /text before the first cited line/,
    ],
    ['another file', () => writeFileSync(at('src/dos.mjs'), 'x'), /src\/dos\.mjs/],
    ['a new file', () => writeFileSync(at('src/new.mjs'), 'x'), /src\/new\.mjs/],
    ['a test', () => writeFileSync(at('test/a.test.mjs'), 'skip'), /test\/a\.test\.mjs/],
    ['a workflow', () => writeFileSync(at(workflow), 'on: [push]'), /ci\.yml/],
    ['a rename', () => renameSync(at(path), at('src/b.mjs')), /src\/b\.mjs/],
    ['a removal', () => rmSync(at(path)), /was deleted/],
    ['a mode', () => chmodSync(at(path), 0o755), /the mode of src\/a\.mjs/],
    ['a symlink', () => swapForLink(), /type changed/],
  ])('T32: %s is an objection, and after the cap a refusal; nothing is trimmed', async (_, act, words) => {
    const end = await fix(
      modelThat(() => act()),
      path,
      { from: 2, to: 3 },
      3,
    )
    expect(end).toMatchObject({ kind: 'refused' })
    const judged = factsOf(await ledger.facts(subject), 'attempt.judged')
    // The same objection twice ends it before the cap of three (P3).
    expect(judged).toHaveLength(2)
    expect(judged[0]?.body.objections.join(' ')).toMatch(words)
    const ended = factsOf(await ledger.facts(subject), 'attempt.ended')
    expect(ended.map(({ body }) => body.candidate)).toEqual([null, null])
  })
  test('F2, P3: after an objection the files are as before, and the next attempt may be right', async () => {
    let attempt = 0
    const end = await fix(
      modelThat(async (tools) => {
        attempt += 1
        if (attempt === 1) writeFileSync(at('src/new.mjs'), 'x')
        await call(tools, 'two', 'TWO')
      }),
    )
    if (end.kind !== 'fixed') throw new Error(JSON.stringify(end))
    expect(await git.read(repository, end.sha, path)).toBe('one\nTWO\nthree\nfour\n')
    expect(await git.read(repository, end.sha, 'src/new.mjs')).toBeNull()
  })
  test('F3: "fixed" without a change, and a change without "fixed", are objected to', async () => {
    const end = await fix(modelThat(() => undefined))
    expect(end).toMatchObject({ kind: 'refused', sentence: expect.stringContaining('says "fixed"') })
  })
})
