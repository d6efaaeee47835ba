/** The arguments of `countersign backtest`, or the sentence that says what is wrong with them. */
import { parseArgs } from 'node:util'
import { RepositoryName } from '../core/ids.ts'

/** More are neither waited for nor read. */
const mostPulls = 500
const usualPulls = 50

export const backtestHelp = `countersign backtest <owner/repo> [--policy FILE] [--last N | --since DATE] [--branch B] [--json]

  Replays a policy over merged pull requests and says what it would have blocked (docs/backtest.md). Needs GITHUB_TOKEN,
  a token of your own that may read the repository; nothing is written to GitHub, and nothing of the repository is run.
  --policy FILE  judges by a policy file in place of the repository's own, and tells the difference to the one in force
  --last N       the N pull requests that were merged last; ${usualPulls} unless told, at most ${mostPulls}
  --since DATE   all that were merged since, as 2026-01-31 or 2026-01-31T08:00:00Z; at most ${mostPulls}
  --branch B     those into this branch; the default branch unless told
  --json         for machines

Exit code: 0 every one of them would have passed; 1 some would have been blocked, or flagged for a person; 2 it could not
be run; 3 none would have been stopped as far as is known, and of some it cannot be known.`

export interface BacktestOptions {
  repository: string
  policy: string | null
  /** The most that are looked at. */
  last: number
  /** As it was written. */
  since: string | null
  sinceMs: number | null
  branch: string | null
  json: boolean
}

const known = {
  policy: { type: 'string' },
  last: { type: 'string' },
  since: { type: 'string' },
  branch: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const

const dates = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d))?$/

export function backtestOptions(args: string[]): BacktestOptions | string {
  const parsed = parsedArgs(args)
  if (typeof parsed === 'string') return parsed
  const { values, positionals } = parsed
  const [repository = '', ...extra] = positionals
  if (extra.length > 0 || !RepositoryName.safeParse(repository).success)
    return 'Name one repository as owner/repo.'
  if (values.last !== undefined && values.since !== undefined) return 'Choose one of --last and --since.'
  const last = values.last === undefined ? usualPulls : Number(values.last)
  if (!Number.isInteger(last) || last < 1 || last > mostPulls)
    return `--last is "${values.last}"; it takes a number from 1 to ${mostPulls}.`
  const sinceMs = values.since === undefined ? null : Date.parse(values.since)
  if (values.since !== undefined && !(dates.test(values.since) && Number.isFinite(sinceMs)))
    return `--since is "${values.since}"; it takes a date such as 2026-01-31 or 2026-01-31T08:00:00Z.`
  return {
    repository,
    policy: values.policy ?? null,
    last: values.since === undefined ? last : mostPulls,
    since: values.since ?? null,
    sinceMs,
    branch: values.branch ?? null,
    json: values.json,
  }
}

function parsedArgs(args: string[]) {
  try {
    return parseArgs({ args, options: known, allowPositionals: true, strict: true })
  } catch (error) {
    // parseArgs says which argument it does not know.
    const { code, message } = error as NodeJS.ErrnoException
    if (code?.startsWith('ERR_PARSE_ARGS_')) return message
    throw error
  }
}
