/** `countersign doctor owner/repo`: shows with the operator's own token whether the rules can be bypassed, and mends them (A5). */
import { RepositoryName } from '../core/ids.ts'
import { inspect, isProven, type Line } from '../enforcement/inspect.ts'
import type { Protection } from '../enforcement/protection.ts'
import type { Mode } from '../enforcement/weaknesses.ts'
import { readApp } from './doctorApp.ts'
import { applyRulesets, describeRulesets } from './doctorFix.ts'
import { recordProof } from './doctorProof.ts'
import { branchesOf, readTarget, type Target } from './doctorTarget.ts'
import { createOperator, type Operator, refusalOf } from './operator.ts'
import { readProtection } from './protection.ts'

type Settings = Record<string, string | undefined>
export interface Terminal {
  out(text: string): void
  err(text: string): void
}

const help = `countersign doctor <owner/repo> [--mode checks|merge] [--fix] [--json]

  Needs GITHUB_TOKEN: the token of an administrator of the repository (bypass lists are shown only to them), and APP_ID.
  With the App's PRIVATE_KEY (or PRIVATE_KEY_PATH) it also checks the App's permissions.
  --fix   shows the rulesets that are missing or loosened, and applies them
  --json  prints the lines as JSON

Exit code: 0 everything is green; 1 something is red; 2 it could not be run; 3 something is not visible to this token.`

interface Options {
  repository: string
  mode: Mode | null
  fix: boolean
  json: boolean
}

function optionsOf(words: readonly string[]): Options | string {
  const options: Options = { repository: '', mode: null, fix: false, json: false }
  for (const [at, word] of words.entries()) {
    if (words[at - 1] === '--mode') continue
    if (word === '--fix') options.fix = true
    else if (word === '--json') options.json = true
    else if (word === '--mode') {
      const mode = words[at + 1]
      if (mode !== 'checks' && mode !== 'merge') return `--mode is "${mode ?? ''}"; allowed: checks, merge.`
      options.mode = mode
    } else if (word.startsWith('-') || options.repository !== '')
      return `"${word}" is not an option of doctor.`
    else options.repository = word
  }
  return RepositoryName.safeParse(options.repository).success ? options : 'Name the repository as owner/repo.'
}

/**
 * Run doctor.
 *
 * @param words the arguments after `doctor`.
 * @returns the exit code, see the help text.
 */
export async function doctor(words: string[], settings: Settings, terminal: Terminal): Promise<number> {
  const options = optionsOf(words)
  const refuse = (why: string) => {
    terminal.err(`${why}\n\n${help}\n`)
    return 2
  }
  if (typeof options === 'string') return refuse(options)
  const token = settings['GITHUB_TOKEN']
  const appId = Number(settings['APP_ID'])
  if (!token)
    return refuse('GITHUB_TOKEN is missing: set it to the token of an administrator of the repository.')
  if (!Number.isInteger(appId) || appId <= 0)
    return refuse("APP_ID is missing: set it to the numeric id on the App's settings page.")
  const baseUrl = settings['GITHUB_API_URL'] || 'https://api.github.com'
  const operator = createOperator(baseUrl, token)
  try {
    return await examine(operator, { ...options, appId, baseUrl }, settings, terminal)
  } catch (error) {
    terminal.err(`Doctor could not go on: ${refusalOf(error)}\n`)
    return 2
  }
}

async function examine(
  operator: Operator,
  options: Options & { appId: number; baseUrl: string },
  settings: Settings,
  { out }: Terminal,
): Promise<number> {
  const target = await readTarget(operator, options.repository, options.mode)
  const app = await readApp(operator, options, settings)
  const look = async () => {
    const branches = await branchesOf(operator, target)
    return Promise.all(
      branches.map((branch) => readProtection(operator, { ...target, ...app, appId: options.appId, branch })),
    )
  }
  let all = judged(await look())
  const notes: string[] = []
  if (options.fix && all.some(({ lines }) => lines.some((line) => line.fixable))) {
    if (!options.json) out(`${describeRulesets(target, options.appId)}\n`)
    notes.push(...(await applyRulesets(operator, target, options.appId)))
    all = judged(await look())
  }
  notes.push(
    await recordProof(
      operator,
      settings,
      target,
      options.appId,
      all.filter(proven).map(({ branch }) => branch),
    ),
  )
  const lines = all.flatMap((one) => one.lines)
  if (options.json)
    out(
      `${JSON.stringify({ repository: target.repository, mode: target.mode, branches: all, notes }, null, 2)}\n`,
    )
  else
    out(`${all.map((one) => report(target, one)).join('\n')}\n${notes.map((note) => `${note}\n`).join('')}`)
  if (lines.some((line) => line.state === 'red')) return 1
  return lines.some((line) => line.state === 'amber') ? 3 : 0
}

interface Judged {
  branch: string
  lines: Line[]
}

const judged = (all: Protection[]): Judged[] =>
  all.map((one) => ({ branch: one.branch, lines: inspect(one) }))
const proven = ({ lines }: Judged) => isProven(lines)

const marks = { green: '✅ green', amber: '🟠 amber', red: '❌ red  ' } as const

function report(target: Target, { branch, lines }: Judged): string {
  const width = Math.max(...lines.map((line) => line.title.length))
  const rows = lines.flatMap((line) => [
    `  ${marks[line.state]}  ${line.title.padEnd(width)}  ${line.sentence}`,
    ...(line.mend ? [`           ${' '.repeat(width)}  → ${line.mend}`] : []),
  ])
  return [`${target.repository}, branch ${branch}, ${target.mode} mode`, ...rows, ''].join('\n')
}
