/** What a repository says about itself: the scripts that its own CI runs, and the workflows that run for every change. */
import { parse } from 'yaml'
import { z } from 'zod'
import type { CommandName } from '../core/evidence.ts'

/** Texts of the files that are looked at; null where there is none. */
export interface RepositoryFiles {
  packageJson: string | null
  /** Names of files at the root. */
  root: readonly string[]
  workflows: readonly { path: string; text: string }[]
}

export interface DetectedCommand {
  name: CommandName | 'setup'
  run: string
  /** True when the repository's own CI runs it: then it is known to work. */
  inCi: boolean
}

export interface DetectedWorkflow {
  path: string
  /** The event under which it runs for every change, or null with the reason why it may not. */
  event: 'push' | 'pull_request' | null
  why: string | null
}

export interface Detected {
  commands: DetectedCommand[]
  workflows: DetectedWorkflow[]
}

/** Scripts by what they are usually called; the first that is there is meant. */
const scripts: readonly [CommandName, readonly string[]][] = [
  ['typecheck', ['typecheck', 'type-check', 'types', 'tsc', 'check:types', 'check-types']],
  ['lint', ['lint', 'lint:check', 'check:lint', 'eslint']],
  ['test', ['test', 'test:unit', 'unit']],
  ['integration', ['test:integration', 'integration', 'test:e2e', 'e2e']],
  ['build', ['build', 'compile']],
]

/** Lockfile, program, and how it installs exactly what the lockfile says. */
const managers = [
  { lockfile: 'package-lock.json', program: 'npm', setup: 'npm ci' },
  { lockfile: 'pnpm-lock.yaml', program: 'pnpm', setup: 'pnpm install --frozen-lockfile' },
  { lockfile: 'yarn.lock', program: 'yarn', setup: 'yarn install --frozen-lockfile' },
] as const

/** Commands of other ecosystems, by the file that tells them apart. Only ever suggested. */
const others: readonly [string, readonly [CommandName | 'setup', string][]][] = [
  [
    'go.mod',
    [
      ['setup', 'go mod download'],
      ['lint', 'go vet ./...'],
      ['test', 'go test ./...'],
    ],
  ],
  [
    'Cargo.toml',
    [
      ['setup', 'cargo fetch --locked'],
      ['typecheck', 'cargo check --locked'],
      ['test', 'cargo test --locked'],
    ],
  ],
  ['pyproject.toml', [['test', 'python -m pytest']]],
]

const PackageJson = z.object({ scripts: z.record(z.string(), z.string()).catch({}) })

/** Look at the files. Total: what cannot be read is not there. */
export function detect(files: RepositoryFiles): Detected {
  const commands = nodeCommands(files)
  const suggested = others
    .filter(([file]) => files.root.includes(file))
    .flatMap(([, found]) => found.map(([name, run]) => ({ name, run, inCi: false })))
  const names = new Set(commands.map((one) => one.name))
  return {
    commands: [...commands, ...suggested.filter((one) => !names.has(one.name))].filter(
      (one, at, all) => all.findIndex((other) => other.name === one.name) === at,
    ),
    workflows: files.workflows.map(workflowOf),
  }
}

function nodeCommands({ packageJson, root, workflows }: RepositoryFiles): DetectedCommand[] {
  const manager = managers.find(({ lockfile }) => root.includes(lockfile))
  const parsed = PackageJson.safeParse(packageJson === null ? null : readText(packageJson))
  if (!manager || !parsed.success) return []
  const { program } = manager
  const found = scripts.flatMap(([name, called]): DetectedCommand[] => {
    const script = called.find((one) => isReal(parsed.data.scripts[one]))
    if (script === undefined) return []
    const run = script === 'test' ? `${program} test` : `${program} run ${script}`
    return [{ name, run, inCi: workflows.some(({ text }) => runs(text, program, script)) }]
  })
  const used = found.some((one) => one.inCi)
  return found.length === 0 ? [] : [{ name: 'setup', run: manager.setup, inCi: used }, ...found]
}

/** `npm init` writes a test script that only fails. */
const isReal = (script: string | undefined) => script !== undefined && !/no test specified/.test(script)

/** Whether a workflow's text calls a script: `npm run lint`, `yarn lint`, `npm test`; a longer name is another script. */
function runs(workflow: string, program: string, script: string): boolean {
  return workflow.split('\n').some((line) => {
    const words = line.replace(/#.*$/, '').split(/[\s;&|"'()]+/)
    return words.some((word, at) => {
      if (word !== program) return false
      const rest = words.slice(at + 1).filter((one) => one !== 'run' && !one.startsWith('-'))
      const needsRun = program === 'npm' && script !== 'test'
      return rest[0] === script && (!needsRun || words[at + 1] === 'run')
    })
  })
}

const Filters = z.looseObject({})

/** Whether a workflow runs for every change of an agent, by its own triggers. */
function workflowOf({ path, text }: { path: string; text: string }): DetectedWorkflow {
  const no = (why: string): DetectedWorkflow => ({ path, event: null, why })
  const document = z.looseObject({ on: z.unknown() }).safeParse(readText(text))
  if (!document.success) return no('it is no workflow that can be read')
  const { on } = document.data
  const names =
    typeof on === 'string' ? [on] : Array.isArray(on) ? on : Object.keys(Filters.safeParse(on).data ?? {})
  const filters = (event: string) => Filters.safeParse(Filters.safeParse(on).data?.[event]).data ?? {}
  const reasons: string[] = []
  for (const event of ['pull_request', 'push'] as const) {
    if (!names.includes(event)) continue
    const limits = Object.keys(filters(event))
    if (limits.length === 0) return { path, event, why: null }
    reasons.push(`on ${event} only for some ${limits.map(plainKey).sort().join(', ')}`)
  }
  return no(
    reasons.length > 0 ? `it runs ${reasons.join(', and ')}` : 'it runs neither on pull_request nor on push',
  )
}

/** A key as it may stand in a comment of the policy file. */
const plainKey = (key: string) => (/^[\w-]{1,40}$/.test(key) ? key : '?')

/** A parsed JSON or YAML text; undefined when it is neither. JSON is YAML. */
function readText(text: string): unknown {
  try {
    return parse(text, { maxAliasCount: 20, logLevel: 'silent' })
  } catch (error) {
    if (error instanceof Error) return undefined
    throw error
  }
}
