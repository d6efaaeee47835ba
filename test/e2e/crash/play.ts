/** A story is told while its App is killed; what there is in the end, on GitHub and on record, is compared. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from '@jest/globals'
import type { Stage } from '../../../demo/stage.ts'
import { systemClock } from '../../../src/adapters/clock.ts'
import { openLedger } from '../../../src/adapters/ledger/open.ts'
import { silentLog } from '../../../src/adapters/log.ts'
import type { Fact } from '../../../src/core/facts.ts'
import type { PersonDriver } from '../../../world/index.ts'
import { type KillableApp, killableApp, type Scene } from './app.ts'
import { changing, type EffectAt } from './effects.ts'
import { speed } from './program.ts'

export const waitMs = 150_000
/** A sweep brings back what died with the App. */
const sweepSeconds = 5
export const storySettings = { COUNTERSIGN_SWEEP_SECONDS: String(sweepSeconds), LOG_LEVEL: 'info' }

export interface Story extends Scene {
  /** People wait for what they see, so that it is told the same way however often the App dies. */
  tell(): Promise<void>
  close(): Promise<void>
}

export interface Plot<Told extends Story, End, Kept> {
  open(app: KillableApp, directory: string, startedMs: number): Promise<Told>
  /** What there is in the end, without what only time or chance decides. */
  end(story: Told): Promise<End>
  /** What the last process left on record. */
  record(facts: Fact[]): Kept
}

/** Tell the story, and kill the App at each of these moments. */
export async function play<Told extends Story, End, Kept>(
  plot: Plot<Told, End, Kept>,
  kills: readonly EffectAt[],
) {
  const directory = await mkdtemp(join(tmpdir(), 'countersign-crash-'))
  const startedMs = Date.now()
  const app = killableApp(startedMs)
  const story = await plot.open(app, directory, startedMs)
  const { stage } = story
  try {
    const seen = app.watch(story)
    app.killAt(story, kills)
    await story.tell().catch(async (error: Error) => {
      throw new Error(`${error.message}; killed at ${JSON.stringify(app.killed)}; ${app.output()}`, {
        cause: error,
      })
    })
    // It may be killed at what it does last.
    for (let kills = -1; kills !== app.killed.length; ) {
      kills = app.killed.length
      await app.settled()
      await rest(stage)
    }
    const end = await plot.end(story)
    expect(stage.github.violations).toEqual([])
    await stage.app.stop()
    const facts = plot.record(await factsIn(join(directory, 'countersign', 'facts')))
    return { end, facts, seen, killed: app.killed }
  } finally {
    await stage.close()
    await story.close()
    app.close()
    await rm(directory, { recursive: true, force: true })
  }
}

/** Every fact, from the ledger that the last process left; its chains must verify. */
async function factsIn(dataDir: string): Promise<Fact[]> {
  const ledger = await openLedger({ dataDir }, { clock: systemClock, log: silentLog })
  try {
    expect(await ledger.verify()).toMatchObject({ ok: true })
    const keys = await ledger.subjects()
    return (await Promise.all(keys.map((key) => ledger.facts(key)))).flat()
  } finally {
    await ledger.close()
  }
}

/** Resolves once the App has changed nothing for six of its sweeps; rejects when it never comes to rest (L2). */
async function rest(stage: Stage): Promise<void> {
  const changes = () =>
    stage.github.requests.filter((one) => one.appId !== null && changing(one, stage)).length
  for (let tries = 0, before = -1; before !== changes(); tries++) {
    if (tries === 30) throw new Error(`the App does not come to rest: ${lastChanges(stage).join('; ')}`)
    before = changes()
    await stage.github.idle()
    await new Promise((resolve) => setTimeout(resolve, (6 * sweepSeconds * 1000) / speed))
  }
}

/** What the App did last, as a reader of a failure wants to see it. */
const lastChanges = (stage: Stage) =>
  stage.github.requests
    .filter((one) => one.appId !== null && changing(one, stage))
    .slice(-12)
    .map(({ method, path, body }) => `${method} ${path} ${JSON.stringify(body)?.slice(0, 600)}`)

/** How often each of these is there. */
export const count = (names: readonly string[]) =>
  Object.fromEntries(
    [...new Set(names)].sort().map((name) => [name, names.filter((one) => one === name).length]),
  )

/** A person before GitHub's pages. */
export function onlooker(stage: Stage, person: PersonDriver) {
  const until = <T>(awaited: string, look: () => T | undefined) => stage.until(awaited, look, waitMs)
  const run = (name: string, sha: string) =>
    [...stage.github.state.checkRuns.values()]
      .filter((one) => one.name === name && one.headSha === sha)
      .at(-1)
  /** Press, and press again only where the page is another one by then: a press that was lost is delivered again (S8). */
  const press = async (name: string, label: string, sha: () => string, done: () => boolean) => {
    let pressed = ''
    await stage.until(
      `${label} on ${name} to count`,
      async () => {
        if (done()) return true
        const shown = run(name, sha())
        const button = shown?.actions.find((one) => one.label === label)
        const page = `${shown?.id} ${button?.identifier}`
        if (shown?.status !== 'completed' || !button || page === pressed) return undefined
        pressed = page
        await person.press(shown.id, button.identifier)
        return undefined
      },
      waitMs,
    )
  }
  return { until, run, press }
}
