/** The demo's command line: what may be asked for, and one sentence for what may not. */
import { readdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'

export const usage = `npm run demo -- [--json] [--interactive] [--keep DIR] [--log FILE] [--model live]

  --json          one JSON object a step: {"step", "ok", "requirement", "detail"}, and {"summary"} last
  --interactive   pause at each decision of a person; you press the buttons in a browser
  --keep DIR      leave the repositories and the ledger there for a look (the folder must be new or empty)
  --log FILE      write Countersign's own log there, one JSON object a line
  --model live    use the real endpoint with ANTHROPIC_API_KEY instead of the stand-in model
  --help          this text
`

export interface Options {
  json: boolean
  interactive: boolean
  /** Absolute path. */
  keep: string | undefined
  log: string | undefined
  /** The key for the real endpoint; undefined for the stand-in model. */
  liveKey: string | undefined
}

export type Reading =
  | { kind: 'options'; options: Options }
  | { kind: 'help' }
  | { kind: 'wrong'; why: string }

/** Read the arguments. @param key `ANTHROPIC_API_KEY` as the environment has it. */
export function readOptions(argv: string[], key: string | undefined): Reading {
  const wrong = (why: string): Reading => ({ kind: 'wrong', why })
  let values: ReturnType<typeof parse>
  try {
    values = parse(argv)
  } catch (error) {
    // Node's own sentence names the option; what it says after the first one is about its API.
    const [why = 'The options cannot be read.'] = String(
      error instanceof Error ? error.message : error,
    ).split('. ')
    return wrong(`${why.replace(/\.$/, '')}.`)
  }
  if (values.help) return { kind: 'help' }
  if (values.model !== 'stand-in' && values.model !== 'live')
    return wrong(`--model is "stand-in" or "live", not "${values.model}".`)
  if (values.model === 'live' && !key)
    return wrong(
      '--model live pays for a real model, so it needs its key: set ANTHROPIC_API_KEY. Without --model the stand-in answers.',
    )
  const keep = values.keep === undefined ? undefined : resolve(values.keep)
  if (keep !== undefined && !isNewOrEmpty(keep))
    return wrong(`--keep needs a new or empty folder, and ${keep} is not. Name another one.`)
  const { json, interactive, log } = values
  return {
    kind: 'options',
    options: { json, interactive, keep, log, liveKey: values.model === 'live' ? key : undefined },
  }
}

function parse(argv: string[]) {
  return parseArgs({
    args: argv,
    options: {
      json: { type: 'boolean', default: false },
      interactive: { type: 'boolean', default: false },
      keep: { type: 'string' },
      log: { type: 'string' },
      model: { type: 'string', default: 'stand-in' },
      help: { type: 'boolean', default: false },
    },
  }).values
}

function isNewOrEmpty(folder: string): boolean {
  try {
    return readdirSync(folder).length === 0
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT'
  }
}
