/** `countersign backtest owner/repo`: what a policy would have said about the pull requests that were merged before it (O7). */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import PQueue from 'p-queue'
import { jobSignal } from '../adapters/abort.ts'
import { systemClock } from '../adapters/clock.ts'
import { createReader, type Reader } from '../adapters/github/reader.ts'
import { silentLog } from '../adapters/log.ts'
import { readArtifactReports } from '../adapters/workspace/artifactReports.ts'
import { gitOver } from '../adapters/workspace/git.ts'
import { createMirrors } from '../adapters/workspace/gitMirrors.ts'
import { RetryLater, Terminal } from '../core/errors.ts'
import type { RepositoryName } from '../core/ids.ts'
import type { MergedPull } from '../core/ports.ts'
import { type BacktestOptions, backtestHelp, backtestOptions } from './backtestOptions.ts'
import { asPage } from './backtestPage.ts'
import { type Policies, policiesOf } from './backtestPolicy.ts'
import { announced, mergedOf, placeOf } from './backtestRange.ts'
import { replay } from './backtestReplay.ts'
import { type BacktestPull, exitCodeOf, reportOf } from './backtestReport.ts'
import type { Output } from './check.ts'
import { interruptible } from './interruptible.ts'

type Settings = Record<string, string | undefined>

/** Pull requests that are looked at together: each waits for GitHub and for git most of its time. */
const atOnce = 4
const progressEvery = 25

/**
 * Run the command. It reads GitHub and writes nothing there, and runs nothing of the repository.
 *
 * @param args what follows `backtest` on the command line.
 * @param directory from which `--policy` is read.
 * @returns exit code, see the help text.
 */
export async function backtest(
  args: string[],
  settings: Settings,
  directory: string,
  print: Output,
): Promise<number> {
  const options = backtestOptions(args)
  const token = settings['GITHUB_TOKEN']
  const wrong =
    typeof options === 'string'
      ? options
      : token
        ? null
        : 'GITHUB_TOKEN is missing: set it to a token of your own that may read the repository (docs/backtest.md).'
  if (wrong !== null || typeof options === 'string' || !token) {
    print.err(`${wrong}\n\n${backtestHelp}\n`)
    return 2
  }
  try {
    return await interruptible(() => run(options, token, settings, directory, print), print.err)
  } catch (error) {
    if (!(error instanceof Terminal || error instanceof RetryLater)) throw error
    const why = error instanceof Terminal ? error.forUser : `${error.message}. Run it again later.`
    print.err(`${why.trimEnd()}\n`)
    return 2
  }
}

async function run(
  options: BacktestOptions,
  token: string,
  settings: Settings,
  directory: string,
  { out, err }: Output,
): Promise<number> {
  let requests = 0
  const baseUrl = settings['GITHUB_API_URL'] || 'https://api.github.com'
  const onRequest = () => {
    requests++
  }
  const app = identityIn(settings)
  const forge = createReader({ token, baseUrl, app, clock: systemClock, log: silentLog, onRequest })
  const { repository, base } = await placeOf(forge, options)
  const policies = await policiesOf(forge, repository, base, { file: options.policy, directory })
  const { asked, inForce } = policies
  if (options.policy !== null && !inForce) err('The policy in force is broken, so there is no comparison.\n')
  const merged = await mergedOf(forge, repository.name, base.ref, options)
  err(`${await announced(forge, repository.name, base.ref, merged)}\n`)
  err(`Fetching its commits with git, into a temporary folder.\n`)
  const pulls = await replayAll(forge, repository.name, merged, policies, (done) =>
    err(`${done} of ${merged.length} looked at.\n`),
  )
  const report = reportOf(
    {
      repository: repository.name,
      branch: base.ref,
      policy: asked.source,
      comparedWith: inForce?.source ?? null,
      enforced: asked.policy.enforce,
      requests,
    },
    pulls,
  )
  out(options.json ? `${JSON.stringify(report, null, 2)}\n` : asPage(report))
  return exitCodeOf(report)
}

/** The App that may be there already. Its account is a bot's in any case, so only its checks must be known as its own. */
function identityIn(settings: Settings) {
  const idIn = (name: string) => {
    const id = Number(settings[name])
    return Number.isInteger(id) && id > 0 ? id : null
  }
  const bot = { id: 0, login: 'countersign[bot]', type: 'Bot' } as const
  return {
    appId: idIn('APP_ID') ?? 0,
    slug: 'countersign',
    bot,
    drafterAppId: idIn('DRAFTER_APP_ID'),
    drafterBot: null,
  }
}

/** In a folder of its own, which is gone afterwards. */
async function replayAll(
  forge: Reader,
  name: RepositoryName,
  merged: readonly MergedPull[],
  { asked, inForce }: Policies,
  progress: (done: number) => void,
): Promise<BacktestPull[]> {
  const root = await mkdtemp(join(tmpdir(), 'countersign-backtest-'))
  try {
    const push = () => Promise.reject(new Terminal('read only', 'A backtest pushes nothing.'))
    const credentials = { ...forge.credentials, push }
    const mirrors = createMirrors({ root, credentials, log: silentLog })
    const git = gitOver(mirrors)
    await fetchAll(name, merged, git)
    const ports = {
      forge,
      git,
      unpack: (request: Parameters<typeof readArtifactReports>[2], zip: Uint8Array) =>
        readArtifactReports(mirrors, name, request, zip),
    }
    let done = 0
    const queue = new PQueue({ concurrency: atOnce })
    const pulls = await queue.addAll(
      merged.map((one) => async () => {
        const pull = await replay(name, one, { asked: asked.policy, inForce: inForce?.policy ?? null }, ports)
        if (++done % progressEvery === 0) progress(done)
        return pull
      }),
    )
    // What was cut short may read as what cannot be known.
    jobSignal().throwIfAborted()
    return pulls
  } finally {
    await rm(root, { recursive: true, force: true })
  }
}

/** One fetch for all; what is not to be had any more is found out again by the pull request that lacks it. */
async function fetchAll(
  name: RepositoryName,
  merged: readonly MergedPull[],
  git: ReturnType<typeof gitOver>,
): Promise<void> {
  const wanted = merged.flatMap(({ head, bases }) => [head, ...bases.slice(0, 1)])
  try {
    await git.ensure(name, [...new Set(wanted)])
  } catch (error) {
    if (!(error instanceof Terminal)) throw error
  }
}
