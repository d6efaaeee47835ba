/** `npm run demo`: the main journey on 127.0.0.1, every part real but GitHub and the model, which are stand-ins. */
import { createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { createLog, createRedactor } from '../src/adapters/log.ts'
import { factsOf } from '../src/core/facts.ts'
import { addUsage, noUsage } from '../src/core/usage.ts'
import { chooseSandbox } from './sandbox.ts'
import { demoScript } from './scripts/story.ts'
import { openStage, type Stage } from './stage.ts'
import { steps, stoppedIssue } from './steps/all.ts'
import type { Hands, Step } from './story.ts'
import { deliveredIssue, keepReadme, repository, setTheatre } from './theatre.ts'
import { jsonTimeline, type Timeline, terminalTimeline } from './timeline.ts'

const usage = `npm run demo -- [--json] [--interactive] [--keep DIR] [--log FILE] [--model live]

  --json          one JSON object a step: {"step", "ok", "requirement", "detail"}
  --interactive   pause at each decision of a person; you press the buttons in a browser
  --keep DIR      leave the repositories and the ledger there for a look (the folder must be new or empty)
  --log FILE      write Countersign's own log there, one JSON object a line
  --model live    use the real endpoint with ANTHROPIC_API_KEY instead of the stand-in model
`

interface Options {
  json: boolean
  interactive: boolean
  keep: string | undefined
  log: string | undefined
  live: boolean
}

function readOptions(argv: string[]): Options | string {
  try {
    const { values } = parseArgs({
      args: argv,
      options: {
        json: { type: 'boolean', default: false },
        interactive: { type: 'boolean', default: false },
        keep: { type: 'string' },
        log: { type: 'string' },
        model: { type: 'string', default: 'stand-in' },
        help: { type: 'boolean', default: false },
      },
    })
    if (values.help) return usage
    if (!['stand-in', 'live'].includes(values.model))
      return `--model is "stand-in" or "live", not "${values.model}".\n\n${usage}`
    const live = values.model === 'live'
    if (live && !process.env['ANTHROPIC_API_KEY'])
      return `--model live needs ANTHROPIC_API_KEY in the environment.\n\n${usage}`
    return { json: values.json, interactive: values.interactive, keep: values.keep, log: values.log, live }
  } catch (error) {
    return `${error instanceof Error ? error.message : error}\n\n${usage}`
  }
}

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2))
  if (typeof options === 'string') {
    process.stderr.write(options)
    return options === usage ? 0 : 2
  }
  const startedMs = Date.now()
  const timeline = options.json
    ? jsonTimeline(process.stdout)
    : terminalTimeline(process.stdout, startedMs, process.stdout.isTTY && !process.env['NO_COLOR'])
  const directory = options.keep ? resolve(options.keep) : await mkdtemp(join(tmpdir(), 'countersign-demo-'))
  const { sandbox, notice, remove } = await chooseSandbox()
  if (!options.json) {
    process.stdout.write(
      'Countersign: agents draft; humans countersign. Everything below happens on 127.0.0.1.\n',
    )
    if (notice) process.stdout.write(`${notice}\n`)
  }
  const stage = await openStage({
    directory,
    script: demoScript({
      delivered: `${repository}#${deliveredIssue}`,
      stopped: `${repository}#${stoppedIssue}`,
    }),
    sandbox,
    ...(options.log === undefined
      ? {}
      : { log: createLog('debug', createRedactor(), createWriteStream(options.log)) }),
    ...(options.live
      ? { live: { baseUrl: 'https://api.anthropic.com', key: process.env['ANTHROPIC_API_KEY'] ?? '' } }
      : {}),
  })
  try {
    const theatre = await setTheatre(stage, join(import.meta.dirname, 'repository'))
    for (const step of steps) {
      timeline.begin(step.id, step.title, step.requirement)
      const ok = await playStep(step, theatre, stage, timeline, options)
      if (!ok) return 1
    }
    return (await summarise(stage, timeline, startedMs)) ? 0 : 1
  } finally {
    await stage.close()
    await remove()
    if (options.keep) {
      await keepReadme(directory)
      if (!options.json) process.stdout.write(`Left for a look: ${directory} (see README.txt there)\n`)
    } else await rm(directory, { recursive: true, force: true })
  }
}

async function playStep(
  step: Step,
  theatre: Parameters<Step['play']>[0],
  stage: Stage,
  timeline: Timeline,
  options: Options,
): Promise<boolean> {
  const hands: Hands = {
    say: (line) => timeline.progress(line),
    async decide(invitation, page, act, done) {
      if (options.interactive) {
        const line = `YOUR TURN: ${invitation}: ${page}`
        if (options.json) process.stderr.write(`${line}\n`)
        else timeline.progress(line)
      } else await act()
      const halfAnHour = 30 * 60_000
      await stage.until(
        invitation,
        async () => ((await done()) ? true : undefined),
        options.interactive ? halfAnHour : 60_000,
      )
    },
  }
  const report = { step: step.id, requirement: step.requirement }
  try {
    const detail = await step.play(theatre, hands)
    if (stage.github.violations.length > 0) {
      const [first] = stage.github.violations
      throw new Error(
        `an exchange with GitHub does not fit its description: ${first?.where}: ${first?.message}`,
      )
    }
    if (stage.model.unmatched.length > 0)
      throw new Error(`the model was asked what no script answers: ${stage.model.unmatched[0]}`)
    timeline.end({ ...report, ok: true, detail })
    return true
  } catch (error) {
    timeline.end({ ...report, ok: false, detail: error instanceof Error ? error.message : String(error) })
    return false
  }
}

/** Requests, sessions with tokens and cost, and the ledger's proof. False when the ledger does not verify. */
async function summarise(stage: Stage, timeline: Timeline, startedMs: number): Promise<boolean> {
  const { ledger } = stage.app
  const verification = await ledger.verify()
  const sessions = []
  for (const subject of await ledger.subjects({ prefix: 'task:' })) {
    sessions.push(...factsOf(await ledger.facts(subject), 'attempt.ended').map((fact) => fact.body))
  }
  const total = sessions.reduce((sum, one) => addUsage(sum, one.usage), noUsage)
  const costUsd = sessions.reduce((sum, one) => sum + one.costUsd, 0)
  const api = stage.github.requests.filter(
    (one) => one.path.startsWith('/api/') || one.path.startsWith('/graphql'),
  )
  const seconds = (Date.now() - startedMs) / 1000
  timeline.summary(
    [
      ['Steps', `${steps.length} of ${steps.length} proven in ${seconds.toFixed(1)} s`],
      [
        'GitHub',
        `${api.length} API requests, every one valid against GitHub's description; ${stage.github.events.length} webhooks`,
      ],
      [
        'Sessions',
        `${sessions.length}, ${total.inputTokens + total.cacheReadTokens + total.cacheWriteTokens} tokens in, ${total.outputTokens} out, ${costUsd.toFixed(4)} USD at list prices`,
      ],
      [
        'Ledger',
        verification.ok
          ? `verified: ${verification.facts} facts in ${verification.subjects} chains`
          : `BROKEN: ${JSON.stringify(verification.broken)}`,
      ],
    ],
    {
      ok: verification.ok,
      steps: steps.length,
      seconds,
      githubRequests: api.length,
      webhooks: stage.github.events.length,
      sessions: sessions.length,
      usage: total,
      costUsd,
      ledger: verification,
    },
  )
  return verification.ok
}

process.exitCode = await main()
