/** `countersign`: the command line for operators. Reads the same settings as the App; only `init` and `doctor --fix` change anything on GitHub. */
import { createInterface } from 'node:readline/promises'
import { backtest } from './backtest.ts'
import { check, namesRepository } from './check.ts'
import { checkRemote } from './checkRemote.ts'
import { doctor } from './doctor.ts'
import { gates } from './gates.ts'
import { init } from './init.ts'
import { ledgerVerify } from './ledger.ts'
import { terminal } from './terminal.ts'
import { trace } from './trace.ts'

const usage = `npm run countersign -- <command>

  ledger verify [subject]   recompute the hash chains and name the first link that does not hold
                            (subject: e.g. task:owner/repo#12 or pull:owner/repo#34; all of them without)
  trace SHA                 what the ledger knows about a commit: who asked, the plan, the sessions with models and cost,
                            who approved which bytes, and the merge
  check [FILE]              the policy that a file makes (.github/countersign.yml without one), each value with where it
                            comes from; or its mistakes with line and column
  check owner/repo[@BRANCH] the same for what is in force on GitHub: the repository's file, the organisation's, its floor
                            and the defaults; with GITHUB_TOKEN, or APP_ID and PRIVATE_KEY
  gates --base REV [--head REV] [--repo DIR] [--policy FILE] [--each] [--allow-flags] [--json | --sarif]
                            what the gates say about a local change; no network, no App (docs/gates.md)
  backtest owner/repo [--policy FILE] [--last N | --since DATE] [--branch B] [--json]
                            what the policy in force, or another, would have said about past pull requests; with
                            GITHUB_TOKEN (docs/backtest.md)
  doctor owner/repo [--mode checks|merge] [--fix] [--json]
                            whether the branch rules can be bypassed, and what mends them; with GITHUB_TOKEN of an
                            administrator (docs/enforcement.md)
  init owner/repo [--yes]   proposes the policy file and the issue form as one pull request and creates the labels, after
                            showing all of it; with GITHUB_TOKEN (docs/init.md)
  help                      this text

Settings come from the environment or .env: DATABASE_URL, or COUNTERSIGN_DATA_DIR for the embedded ledger. The embedded
ledger belongs to one process: stop the App before you verify or trace.
`

/** Asks a person at the terminal; null where there is none. */
async function ask(question: string): Promise<boolean | null> {
  if (!process.stdin.isTTY) return null
  const lines = createInterface({ input: process.stdin, output: process.stdout })
  try {
    return /^y(?:es)?$/i.test((await lines.question(question)).trim())
  } finally {
    lines.close()
  }
}

type Command = (rest: string[]) => Promise<number>

const commands: Record<string, Command> = {
  ledger: async ([verb, subject, ...extra]) => {
    if (verb !== 'verify' || extra.length > 0)
      return refuse(`"ledger ${[verb, subject, ...extra].join(' ').trim()}" is not a command.`)
    return ledgerVerify(process.env, subject, terminal.out)
  },
  trace: (args) => trace(process.env, args, terminal),
  check: async (args) => {
    const directory = process.env['INIT_CWD'] ?? process.cwd()
    const [named, ...extra] = args
    return named !== undefined && extra.length === 0 && namesRepository(named, directory)
      ? checkRemote(named, process.env, terminal)
      : check(args, directory, terminal)
  },
  gates: (args) =>
    // npm runs scripts in the package's folder and tells where the person stood.
    gates(args, process.env['INIT_CWD'] ?? process.cwd(), terminal),
  backtest: (args) => backtest(args, process.env, process.env['INIT_CWD'] ?? process.cwd(), terminal),
  doctor: (args) => doctor(args, process.env, terminal),
  init: (args) => init(args, process.env, { ...terminal, ask }),
  help: async () => {
    terminal.out(usage)
    return 0
  },
}

function refuse(why: string): number {
  terminal.err(`${why}\n\n${usage}`)
  return 2
}

const [name = 'help', ...rest] = process.argv.slice(2)
const command = commands[name]
process.exitCode = command ? await command(rest) : refuse(`"${name}" is not a command.`)
