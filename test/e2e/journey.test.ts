/** The demo's whole story as one suite on embedded defaults: every step that `npm run demo` plays is a test here. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { countRequests } from '../../demo/requests.ts'
import { chooseSandbox } from '../../demo/sandbox.ts'
import { demoScript } from '../../demo/scripts/story.ts'
import { openStage, type Stage } from '../../demo/stage.ts'
import { steps, stoppedIssue } from '../../demo/steps/all.ts'
import type { Hands } from '../../demo/story.ts'
import { deliveredIssue, repository, setTheatre, type Theatre } from '../../demo/theatre.ts'
import { editPatienceMs } from '../../src/act/patience.ts'
import { traceLines } from '../../src/cli/traceLines.ts'
import { factsOf } from '../../src/core/facts.ts'
import { loadFigures } from '../../src/web/figures.ts'
import { ledgerTemplate } from '../support/ledger.ts'

/** The longest step runs five sessions and their commands; on a busy machine that takes minutes. */
const stepLimitMs = 300_000

let directory: string
let stage: Stage
let theatre: Theatre
let removeTools: () => Promise<void>
/** The step that ended the story, if one did: what follows builds on it and would only say so again. */
let ended: string | null = null

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'countersign-journey-'))
  const chosen = await chooseSandbox()
  removeTools = chosen.remove
  stage = await openStage({
    directory,
    ledgerTemplate,
    sandbox: chosen.sandbox,
    script: demoScript({
      delivered: `${repository}#${deliveredIssue}`,
      stopped: `${repository}#${stoppedIssue}`,
    }),
  })
  theatre = await setTheatre(stage, join(import.meta.dirname, '../../demo/repository'))
}, 120_000)
afterAll(async () => {
  await stage?.close()
  await removeTools?.()
  await rm(directory, { recursive: true, force: true })
})

/** People act at once, and what they wanted is awaited. */
const hands: Hands = {
  say: () => undefined,
  async decide(invitation, _page, act, done) {
    await act()
    await stage.until(invitation, async () => ((await done()) ? true : undefined))
  },
}

describe('the journey', () => {
  for (const step of steps) {
    test(
      `${step.requirement.replaceAll(' ', '/')}: step ${step.id}, ${step.title}`,
      async () => {
        if (ended) throw new Error(`the story ended at step ${ended}`)
        ended = step.id
        const proven = await step.play(theatre, hands).catch(async (error: Error) => {
          throw new Error(`${error.message}\nThe task's last facts:\n${await lastFacts()}`, { cause: error })
        })
        expect(proven).not.toBe('')
        ended = null
        expect(stage.github.violations).toEqual([])
        expect(stage.model.unmatched).toEqual([])
      },
      stepLimitMs,
    )
  }

  test('O1: the ledger of the whole story verifies, and every session in it says what it cost', async () => {
    const { ledger } = stage.app
    expect(await ledger.verify()).toMatchObject({ ok: true })
    const facts = await ledger.facts(`task:${repository}#${deliveredIssue}`)
    const sessions = factsOf(facts, 'attempt.ended')
    expect(sessions.map((one) => one.body.phase)).toEqual(expect.arrayContaining(['plan', 'implementation']))
    for (const { body } of sessions) {
      expect(body.costUsd).toBeGreaterThan(0)
      expect(body.usage.requests).toBeGreaterThan(0)
    }
  })

  test('O2: the figures of the story, read from its ledger: who delegated it, what it cost, who was asked when', async () => {
    const { ledger } = stage.app
    const found = await loadFigures(ledger, repository, { weeks: 4, nowMs: Date.now() })
    const feature = { features: 1, hotfixes: 0 }
    expect(found.complete).toBe(true)
    expect(found.features).toMatchObject({ ...feature, unknown: 0 })
    expect(found.features.people.filter(({ features }) => features > 0)).toEqual([
      { id: theatre.ana.account.id, login: 'ana', delegated: expect.any(Number), ...feature },
    ])
    // What trace adds up for each task, to the cent.
    const traced = { sessions: 0, usd: 0, tasks: 0 }
    for (const key of await ledger.subjects({ prefix: `task:${repository}#` })) {
      const lines = traceLines({ key, facts: await ledger.facts(key) }, null).join('\n')
      const [, sessions, usd] = /^ {2}(\d+) sessions?, \$([\d.]+)$/m.exec(lines) ?? []
      if (sessions === undefined) continue
      traced.tasks += 1
      traced.sessions += Number(sessions)
      traced.usd += Number(usd)
    }
    expect(found.cost.total).toMatchObject({ sessions: traced.sessions, tasks: traced.tasks })
    expect(traced.usd).toBeGreaterThan(0)
    expect(Math.abs(found.cost.total.usd - traced.usd)).toBeLessThanOrEqual(0.005 * traced.tasks + 1e-9)
    // Two agents' pull requests came before people, and the merged one waited for them and then turned green.
    expect(found.reviewTime.measured).toEqual({ part: 1, of: 1 })
    expect(found.reviewTime.toApproval?.count).toBe(1)
    expect(found.rework.reworked.of).toBeGreaterThanOrEqual(1)
    const first = found.odds.flatMap(({ attempts }) => attempts.filter(({ attempt }) => attempt === 1))
    expect(first.length).toBeGreaterThan(4)
    expect(found.caught.attempts.of).toBeGreaterThan(first.length - 1)
  })

  test('T25: what the model was sent holds no token, key or secret of the App', async () => {
    const sent = JSON.stringify(stage.model.requests.map((one) => one.body))
    expect(sent).not.toMatch(/ghs_|gho_|ghp_|PRIVATE KEY|a-secret-for-the-stage-only/)
  })

  test('O6: the story stays within what GitHub allows, however slow the machine', () => {
    const { counted, writes, conditional } = countRequests(stage.github)
    // Six subjects; the benchmark counts one story alone. A loop that goes round for nothing breaks these at once.
    expect(counted).toBeLessThan(175)
    expect(writes).toBeLessThan(64)
    expect(conditional).toBeGreaterThan(0)
  })

  test('T12: a restart and its sweep change nothing: everything is as it was', async () => {
    await stage.settle()
    // What only informs may still be waiting for what comes next.
    await new Promise((resolve) => setTimeout(resolve, editPatienceMs))
    await stage.settle()
    const before = outward(stage)
    await stage.restart()
    await stage.settle()
    expect(outward(stage)).toEqual(before)
  })
})

/** What a person who has to find the fault asks first. */
async function lastFacts(): Promise<string> {
  const facts = await stage.app.ledger.facts(`task:${repository}#${deliveredIssue}`)
  return facts
    .slice(-4)
    .map(({ seq, body }) => `${seq} ${JSON.stringify(body).slice(0, 1500)}`)
    .join('\n')
}

/** What people can see of the App: comments, runs, branches' pull requests. */
function outward({ github: { state } }: Stage) {
  return {
    comments: [...state.comments.values()].map(({ id, body }) => ({ id, body })),
    runs: [...state.checkRuns.values()].map(({ id, conclusion, output }) => ({
      id,
      conclusion,
      title: output.title,
    })),
    pulls: [...state.pulls.values()].map(({ number, headSha, merged, draft }) => ({
      number,
      headSha,
      merged,
      draft,
    })),
  }
}
