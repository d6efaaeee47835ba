/** Connects adapters to ports: with `main` and the command line the only place that knows both. */
import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { createPatience } from './act/patience.ts'
import { asJob } from './adapters/abort.ts'
import { systemClock } from './adapters/clock.ts'
import { createForge } from './adapters/github/forge.ts'
import { createReadings, readingsLiveMs } from './adapters/github/readings.ts'
import { dropping, droppingPushes } from './adapters/github/readingsOfActs.ts'
import { startServer } from './adapters/http/server.ts'
import { openLedger } from './adapters/ledger/open.ts'
import { createLog, createRedactor } from './adapters/log.ts'
import { countingLedger } from './adapters/metrics/countingLedger.ts'
import { createMetrics } from './adapters/metrics/prometheus.ts'
import { anthropicModel } from './adapters/model/anthropic.ts'
import { loadPlatforms } from './adapters/model/platforms.ts'
import { bullQueue } from './adapters/queue/bull/queue.ts'
import { inProcessQueue } from './adapters/queue/inProcess/queue.ts'
import { createBubblewrapSandbox } from './adapters/workspace/sandbox.ts'
import { createWorkspaceAdapters } from './adapters/workspace/worktree.ts'
import { createApp } from './app.ts'
import { createAudits } from './connect/audit.ts'
import { boardPages, pageOf } from './connect/board.ts'
import { giveUpHandler } from './connect/giveUp.ts'
import { hintResolvers } from './connect/hints.ts'
import { createLooks } from './connect/looks.ts'
import { runNightly } from './connect/nightly.ts'
import { createOutside } from './connect/outside.ts'
import { observingWith, roundHandler } from './connect/rounds.ts'
import { workHandler } from './connect/work.ts'
import type { Clock, Ledger, Log, Queue, QueueHandlers, Sandbox } from './core/ports.ts'
import type { Environment } from './environment.ts'
import { runSweep } from './sweep.ts'
import { releaseAll } from './work/release.ts'

/** What tests and the demo put in place of the defaults. */
export interface Overrides {
  clock?: Clock
  log?: Log
  sandbox?: Sandbox
  /** How long rounds and work have to end by themselves when the process stops; 5 s. */
  stopGraceMs?: number
  /** A cache file with which the embedded ledger's first start is fast; see openFolder. */
  ledgerTemplate?: string
}

export interface Running {
  url: string
  ledger: Ledger
  /** Resolves when nothing waits or runs; keys that sleep until later aside. */
  idle(): Promise<void>
  stop(): Promise<void>
}

const stopGraceMs = 5000
/** Each waits for a metrics endpoint most of its time. */
const watchesAtOnce = 32
/** Start the App. Rejects with a sentence when a part cannot start; what had started is stopped again. */
export async function start(environment: Environment, overrides: Overrides = {}): Promise<Running> {
  const clock = overrides.clock ?? systemClock
  const redactor = createRedactor(secretsOf(environment))
  const log = overrides.log ?? createLog(environment.LOG_LEVEL, redactor)
  const metrics = createMetrics()
  const graceMs = overrides.stopGraceMs ?? stopGraceMs
  const dataDir = resolve(environment.COUNTERSIGN_DATA_DIR)
  mkdirSync(dataDir, { recursive: true, mode: 0o755 })

  const platforms = await loadPlatforms(environment.modelEndpoints)
  const closers: (() => unknown)[] = []
  const stop = async () => {
    for (const close of closers.splice(0).reverse()) await close()
  }
  try {
    const place = environment.DATABASE_URL
      ? { databaseUrl: environment.DATABASE_URL }
      : {
          dataDir: join(dataDir, 'facts'),
          ...(overrides.ledgerTemplate === undefined ? {} : { template: overrides.ledgerTemplate }),
        }
    const ledger = countingLedger(await openLedger(place, { clock, log }), metrics)
    closers.push(() => ledger.close())

    const github = createForge({
      appId: environment.APP_ID,
      privateKey: environment.privateKey,
      baseUrl: environment.GITHUB_API_URL,
      drafter: environment.drafter,
      clock,
      log,
      metrics,
      onSecret: redactor.add,
      clean: redactor.outgoing,
      pageOf: pageOf(environment),
    })
    // With a queue beside it there may be more processes, and each event comes to one of them.
    const lives = environment.REDIS_URL ? { toldMs: readingsLiveMs } : { alone: true }
    const readings = createReadings(github, clock, lives)
    const forge = dropping(github, readings)
    const onGiveUp = giveUpHandler({ ledger, forge, queue: () => queue, metrics, log })
    const queue: Queue = environment.REDIS_URL
      ? await bullQueue({ redisUrl: environment.REDIS_URL, prefix: 'countersign' }, { clock, log, onGiveUp })
      : inProcessQueue({ clock, log, onGiveUp })
    closers.push(() => queue.close(graceMs))

    const sandbox = overrides.sandbox ?? createBubblewrapSandbox({ log })
    const tested = await sandbox.selfTest()
    metrics.gauge('sandbox_ready', tested.ok ? 1 : 0)
    if (!tested.ok)
      log.warn(
        { reason: tested.reason },
        'no sandbox: repository commands are refused until it passes its self-test',
      )
    const {
      git: plainGit,
      workspace,
      maintain,
      close,
    } = createWorkspaceAdapters({
      root: join(dataDir, 'repositories'),
      credentials: forge.credentials,
      sandbox,
      minimumFreeBytes: environment.COUNTERSIGN_MINIMUM_FREE_MB * 1024 ** 2,
      log,
    })
    closers.push(close)
    await releaseAll({ ledger, workspace, log }, { atStart: true })

    const git = droppingPushes(plainGit, readings)
    const patience = createPatience(clock)
    const ports = { forge, readings, ledger, queue, patience, git, workspace, clock, metrics, log }
    const audit = createAudits(ports)
    const rounds = roundHandler(ports)
    const looks = createLooks(observingWith(ports), readings, clock)
    const handlers: QueueHandlers = {
      reconcile: async (key) => {
        await rounds(key)
        looks.roundEnded(key)
      },
      acknowledge: (item) => forge.acknowledge(item),
      work: workHandler({
        ...ports,
        ...createOutside(environment.outbound, { clock, metrics }),
        model: anthropicModel({ endpoints: environment.modelEndpoints, platforms, ledger, clock }),
      }),
    }
    await queue.start(handlers, {
      reconcile: environment.COUNTERSIGN_ROUNDS_AT_ONCE,
      acknowledge: 4,
      work: environment.COUNTERSIGN_WORK_AT_ONCE,
      watch: watchesAtOnce,
    })

    // Ends what no queue carries: the sweep, the nightly job, and the looks that a webhook asks for behind its answer.
    const background = new AbortController()
    const inBackground = <T>(job: () => T): T => asJob(background.signal, job)
    const app = createApp({
      ledger,
      queue,
      log,
      metrics,
      clock,
      readings,
      appId: environment.APP_ID,
      own: github.own,
      resolvers: hintResolvers({ ...ports, audit }, background.signal),
    })
    const sweep = inBackground(() =>
      runSweep(
        { ...ports, audit, deliveries: github.deliveries },
        environment.COUNTERSIGN_SWEEP_SECONDS * 1000,
        background.signal,
      ),
    )
    const tidy = async () => {
      await releaseAll({ ledger, workspace, log })
      await maintain()
    }
    const nightly = inBackground(() => runNightly(tidy, { clock, log }, background.signal))
    closers.push(async () => {
      background.abort()
      await Promise.all([sweep, nightly])
    })
    const server = await startServer({
      host: environment.HOST,
      port: environment.PORT,
      webhook: { secret: environment.WEBHOOK_SECRET, receive: app.receive },
      metrics,
      log,
      pages: boardPages({
        ...ports,
        looks,
        settings: environment,
        onSecret: redactor.add,
        origin: () => environment.COUNTERSIGN_URL ?? server.url,
      }),
      readiness: {
        ledger: () => answers(ledger),
        queue: () => answers(queue),
        sandbox: async () =>
          tested.ok ? 'passed its self-test' : `refuses repository commands: ${tested.reason}`,
      },
    })
    closers.push(() => server.close())
    log.info(
      {
        url: server.url,
        ledger: Object.keys(place)[0],
        queue: environment.REDIS_URL ? 'redis' : 'in process',
      },
      'Countersign listens',
    )
    return {
      url: server.url,
      ledger,
      async idle() {
        await app.idle()
        await queue.idle()
      },
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

async function answers(part: { ping(): Promise<void> }): Promise<string> {
  await part.ping()
  return 'answers'
}

/** Values that must never be printed. */
function secretsOf(environment: Environment): string[] {
  const { WEBHOOK_SECRET, privateKey, drafter, signIn, modelEndpoints, outbound } = environment
  const keys = Object.values(modelEndpoints).map((one) => one.key)
  const outside = [...outbound.tokens.map((one) => one.token), ...Object.values(outbound.webhooks)]
  return [WEBHOOK_SECRET, privateKey, drafter?.privateKey, signIn?.clientSecret, ...keys, ...outside].filter(
    (one) => one !== undefined && one !== null,
  )
}
