/** `countersign`: the command line for operators. Reads the same settings as the App; only `doctor --fix` changes anything on GitHub. */
import { doctor } from './doctor.ts'
import { gates } from './gates.ts'
import { ledgerVerify } from './ledger.ts'

const usage = `npm run countersign -- <command>

  ledger verify [subject]   recompute the hash chains and name the first link that does not hold
                            (subject: e.g. task:owner/repo#12 or pull:owner/repo#34; all of them without)
  gates --base REV [--head REV] [--repo DIR] [--policy FILE] [--each] [--allow-flags] [--json | --sarif]
                            what the gates say about a local change; no network, no App (docs/gates.md)
  doctor owner/repo [--mode checks|merge] [--fix] [--json]
                            whether the branch rules can be bypassed, and what mends them; with GITHUB_TOKEN of an
                            administrator (docs/enforcement.md)
  help                      this text

Settings come from the environment or .env: DATABASE_URL, or COUNTERSIGN_DATA_DIR for the embedded ledger. The embedded
ledger belongs to one process: stop the App before you verify it.
`

type Command = (rest: string[]) => Promise<number>

const commands: Record<string, Command> = {
  ledger: async ([verb, subject, ...extra]) => {
    if (verb !== 'verify' || extra.length > 0)
      return refuse(`"ledger ${[verb, subject, ...extra].join(' ').trim()}" is not a command.`)
    return ledgerVerify(process.env, subject, (text) => void process.stdout.write(text))
  },
  gates: (args) =>
    // npm runs scripts in the package's folder and tells where the person stood.
    gates(args, process.env['INIT_CWD'] ?? process.cwd(), {
      out: (text) => void process.stdout.write(text),
      err: (text) => void process.stderr.write(text),
    }),
  doctor: (args) =>
    doctor(args, process.env, {
      out: (text) => void process.stdout.write(text),
      err: (text) => void process.stderr.write(text),
    }),
  help: async () => {
    process.stdout.write(usage)
    return 0
  },
}

function refuse(why: string): number {
  process.stderr.write(`${why}\n\n${usage}`)
  return 2
}

const [name = 'help', ...rest] = process.argv.slice(2)
const command = commands[name]
process.exitCode = command ? await command(rest) : refuse(`"${name}" is not a command.`)
