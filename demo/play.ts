/** Plays the story on a stage of its own and says what came of it; whatever it started is stopped again, Ctrl-C or not. */
import { createWriteStream } from 'node:fs'
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLog, createRedactor } from '../src/adapters/log.ts'
import type { Script } from '../world/model/script.ts'
import { servePages } from '../world/page/page.ts'
import type { Options } from './options.ts'
import { startProduction } from './production.ts'
import { chooseSandbox } from './sandbox.ts'
import { demoScript } from './scripts/story.ts'
import { openStage, type Stage } from './stage.ts'
import { steps as journey, productionSteps, stoppedIssue } from './steps/all.ts'
import type { Hands, Step } from './story.ts'
import { summarise } from './summary.ts'
import { deliveredIssue, keepReadme, repository, setTheatre, type Theatre } from './theatre.ts'
import { jsonTimeline, type Timeline, terminalTimeline } from './timeline.ts'

/** A busy machine may take minutes for what takes seconds; people and real models take their time. */
const patienceMs = { played: 4 * 60_000, byHand: 30 * 60_000, live: 30 * 60_000 }

type Terminal = { write(text: string): unknown; isTTY?: boolean; columns?: number }

export interface Scene {
  out: Terminal
  err: Terminal
  colour: boolean
  /** Aborted by Ctrl-C. */
  signal: AbortSignal
  /** What the stand-in model plays, when it is not the story's own script. */
  script?: Script
  /** Where bubblewrap is, when it is not the system's. */
  bwrap?: string
}

/** Play it. @returns the exit code: 0 when every step was proven, 1 at the first deviation, 130 when interrupted. */
export async function play(options: Options, scene: Scene): Promise<number> {
  const startedMs = Date.now()
  const { out, err, colour, signal } = scene
  const timeline = options.json
    ? jsonTimeline(out, err)
    : terminalTimeline(out, { startedMs, colour, columns: out.columns ?? 100 })
  const tell = (line: string) => void (options.json || out.write(`${line}\n`))
  tell('Countersign: agents draft; humans countersign. Everything below happens on 127.0.0.1.')
  const cleaning: (() => Promise<unknown>)[] = []
  try {
    const directory = options.keep ?? (await mkdtemp(join(tmpdir(), 'countersign-demo-')))
    await mkdir(directory, { recursive: true })
    // As the stage does: the sandbox's account must reach what is below.
    await chmod(directory, 0o755)
    if (options.keep === undefined) cleaning.push(() => rm(directory, { recursive: true, force: true }))
    else
      cleaning.push(async () => {
        await keepReadme(directory)
        tell(`Left for a look: ${directory} (its README.txt says what is where)`)
      })
    const { sandbox, notice, remove } = await chooseSandbox(directory, scene.bwrap)
    cleaning.push(remove)
    if (notice) tell(notice)
    const production = await startProduction()
    cleaning.push(() => production.close())
    const steps = [...journey, ...productionSteps(production)]
    const stage = await openStage({
      directory,
      settings: production.settings,
      patienceMs: options.liveKey === undefined ? patienceMs.played : patienceMs.live,
      script:
        scene.script ??
        demoScript({
          delivered: `${repository}#${deliveredIssue}`,
          stopped: `${repository}#${stoppedIssue}`,
        }),
      sandbox,
      ...(options.log === undefined
        ? {}
        : { log: createLog('debug', createRedactor(), createWriteStream(options.log)) }),
      ...(options.liveKey === undefined
        ? {}
        : { live: { baseUrl: 'https://api.anthropic.com', key: options.liveKey } }),
    })
    cleaning.push(() => stage.close())
    if (options.interactive) {
      servePages(stage.github)
      tell(`The pages of the stand-in GitHub: ${stage.github.url}/${repository}`)
      tell(`The board, where you sign in as one of them: ${stage.app.url}/board`)
    }
    const theatre = await setTheatre(stage, join(import.meta.dirname, 'repository'), production.scenery)
    await production.begin(stage)
    const aborted = new Promise<null>((resolve) => {
      if (signal.aborted) resolve(null)
      signal.addEventListener('abort', () => resolve(null), { once: true })
    })
    let proven = 0
    for (const step of steps) {
      if (!(await playStep(step, theatre, timeline, options, aborted))) break
      proven++
    }
    if (signal.aborted) return interrupted(err)
    const summary = await summarise(stage, { steps: steps.length, proven, startedMs })
    timeline.summary(summary.rows, summary.figures)
    return summary.verified && proven === steps.length ? 0 : 1
  } catch (error) {
    if (signal.aborted) return interrupted(err)
    throw error
  } finally {
    for (const clean of cleaning.reverse()) await clean()
  }
}

function interrupted(err: Terminal): number {
  err.write('\nInterrupted. What was started is stopped, and the temporary folders are removed.\n')
  return 130
}

/** One step with its checks. False when it deviated, or was interrupted. */
async function playStep(
  step: Step,
  theatre: Theatre,
  timeline: Timeline,
  options: Options,
  aborted: Promise<null>,
): Promise<boolean> {
  const { stage } = theatre
  const hands: Hands = {
    say: (line) => timeline.progress(line),
    async decide(invitation, page, act, done) {
      if (options.interactive) timeline.turn(invitation, page)
      else await act()
      await stage.until(
        invitation,
        async () => ((await done()) ? true : undefined),
        options.interactive ? patienceMs.byHand : undefined,
      )
    },
  }
  timeline.begin(step.id, step.title, step.requirement)
  const report = { step: step.id, requirement: step.requirement }
  try {
    const detail = await Promise.race([step.play(theatre, hands), aborted])
    if (detail === null) return false
    agreesWithItsDescriptions(stage)
    timeline.end({ ...report, ok: true, detail })
    return true
  } catch (error) {
    timeline.end({ ...report, ok: false, detail: error instanceof Error ? error.message : String(error) })
    return false
  }
}

/** Whatever a step looked at: no exchange may have broken GitHub's description, no request met a model without an answer. */
function agreesWithItsDescriptions({ github, model }: Stage): void {
  const [violation] = github.violations
  if (violation)
    throw new Error(
      `an exchange with GitHub does not fit its description: ${violation.where}: ${violation.message}`,
    )
  const [unmatched] = model.unmatched
  if (unmatched) throw new Error(`the model was asked what no script answers: ${unmatched}`)
}
