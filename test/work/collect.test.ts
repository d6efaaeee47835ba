/** Collecting evidence: once, by its key, refusals kept as answers, transient errors left to the queue. */

import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { systemClock } from '../../src/adapters/clock.ts'
import { createGit } from '../../src/adapters/workspace/git.ts'
import { RetryLater, Terminal } from '../../src/core/errors.ts'
import { type EvidenceRequest, type EvidenceResult, evidenceKey } from '../../src/core/evidence.ts'
import type { Git, Ledger, Workspace } from '../../src/core/ports.ts'
import { runCollect } from '../../src/work/collect.ts'
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
import { openTestLedger } from '../support/ledger.ts'

const never = new AbortController().signal
const subject = `pull:${repository}#3`
let server: Server
let base: string
let head: string
let real: Git
let ledger: Ledger
let queued: string[]

beforeAll(async () => {
  const made = newClone({ 'a.txt': 'a\n' })
  base = made.sha
  head = commitFiles(made.directory, { 'a.txt': 'b\n' })
  server = await serve(made.directory)
  git(made.directory, 'push', '--quiet', server.bare, 'HEAD:refs/heads/work')
  real = createGit({ root: scratch('collect'), credentials: server.credentials, log: quiet })
  ledger = await openTestLedger()
})
afterAll(async () => {
  await ledger.close()
  await server.close()
  cleanUp()
})
beforeEach(() => {
  queued = []
})

/** A workspace whose command ends as told. */
function workspaceThat(runAt: () => Promise<EvidenceResult<'command'>>): Workspace {
  const unused = async () => {
    throw new Error('not part of collecting')
  }
  const tickets = async () => []
  return { open: unused, tickets, close: unused, runIn: unused, readArtifact: unused, runAt }
}
const notMeasured = () => Promise.reject(new Error('nothing is measured here'))
const collect = (
  request: EvidenceRequest,
  parts: { git?: Git; workspace?: Workspace; signal?: AbortSignal } = {},
) =>
  runCollect(
    { kind: 'collect', subject, repository, request },
    {
      forge: { artifact: async () => ({ ok: false, reason: 'not part of this' }) },
      git: parts.git ?? real,
      workspace: parts.workspace ?? workspaceThat(async () => Promise.reject(new Error('no command'))),
      ledger,
      queue: { reconcile: async (key) => void queued.push(key) },
      monitors: { sample: notMeasured, past: notMeasured },
      probes: { probe: notMeasured },
      clock: systemClock,
      log: quiet,
    },
    parts.signal ?? never,
  )
const kept = async (request: EvidenceRequest) =>
  (await ledger.evidence([evidenceKey(repository, request)])).get(evidenceKey(repository, request))
const command = (run: string): EvidenceRequest => ({
  kind: 'command',
  sha: head,
  name: 'test',
  spec: { run, timeoutSeconds: 5, memoryMb: 64, reports: [] },
  setup: null,
})

describe('collect', () => {
  test('a diff is kept under its key, the subject is queued, and a second run collects nothing', async () => {
    const request: EvidenceRequest = { kind: 'diff', base, head }
    await collect(request)
    expect(await kept(request)).toMatchObject({
      ok: true,
      body: { mergeBase: base, files: [{ path: 'a.txt' }] },
    })
    const dead = { ...real, collect: async () => Promise.reject(new Error('must not run')) }
    await collect(request, { git: dead })
    expect(queued).toEqual([subject, subject])
  })

  test('every kind that git answers is collected', async () => {
    const requests: EvidenceRequest[] = [
      { kind: 'commits', base, head },
      { kind: 'citations', base, citations: [{ path: 'a.txt', line: 1, quote: 'a' }] },
      { kind: 'mergeTree', first: base, second: head },
    ]
    for (const request of requests) {
      await collect(request)
      expect(await kept(request)).toMatchObject({ ok: true })
    }
  })

  test('S9: what does not exist is failed evidence with its sentence, and never a pass', async () => {
    const request: EvidenceRequest = { kind: 'diff', base, head: 'f'.repeat(40) }
    await collect(request)
    expect(await kept(request)).toEqual({ ok: false, reason: expect.stringContaining('does not exist') })
    const refused = command('refused')
    await collect(refused, {
      workspace: workspaceThat(async () => Promise.reject(new Terminal('x', 'No sandbox here.'))),
    })
    expect(await kept(refused)).toEqual({ ok: false, reason: 'No sandbox here.' })
  })

  test('what may pass later, a stopped command and odd bodies leave no evidence', async () => {
    const body = { exitCode: 0, stoppedBy: null, outputTail: '', durationMs: 1 }
    const cases: [string, () => Promise<EvidenceResult<'command'>>][] = [
      ['later', async () => Promise.reject(new RetryLater('busy', 1))],
      ['stopped', async () => ({ ok: true, body: { ...body, exitCode: null, stoppedBy: 'stop' } })],
      ['odd', async () => ({ ok: true, body: { ...body, outputTail: 'x'.repeat(20_001) } })],
    ]
    for (const [name, runAt] of cases) {
      await expect(collect(command(name), { workspace: workspaceThat(runAt) })).rejects.toThrow()
      expect(await kept(command(name))).toBeUndefined()
    }
    expect(queued).toEqual([])
  })
})
