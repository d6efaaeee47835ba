/** The stage: stand-in GitHub, stand-in model and Countersign itself on 127.0.0.1, as the demo and the tests use it. */
import { chmod, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { systemClock } from '../src/adapters/clock.ts'
import { silentLog } from '../src/adapters/log.ts'
import { type Running, start } from '../src/connect.ts'
import type { Clock, Log, Sandbox } from '../src/core/ports.ts'
import { readEnvironment } from '../src/environment.ts'
import { createContract } from '../world/contract/contract.ts'
import type { AppInput } from '../world/github/accounts.ts'
import { type Files, type GitHubState, type GitHubWorld, startGitHub } from '../world/index.ts'
import type { Script } from '../world/model/script.ts'
import { type Improvise, type ModelWorld, startModel } from '../world/model/server.ts'

export const webhookSecret = 'a-secret-for-the-stage-only'
export const modelKey = 'sk-stage-key-for-the-stand-in-model'
/** Longer than the minute for which the App holds a check run back when it has made GitHub's 80 content writes of it. */
const usualPatienceMs = 90_000

export interface StageOptions {
  script?: Script
  /** Answers that the stand-in makes up before it looks into the script. */
  improvise?: Improvise
  /** A real endpoint instead of the stand-in model. */
  live?: { baseUrl: string; key: string }
  clock?: Clock
  sandbox?: Sandbox
  log?: Log
  /** As in Overrides. */
  ledgerTemplate?: string
  /** As in Overrides. */
  stopGraceMs?: number
  /** Where repositories and ledger are kept; a temporary folder that close() removes when absent. */
  directory?: string
  /** Further settings of the App, as in .env. */
  settings?: Record<string, string>
  /** Starts the App elsewhere than in this process, from its whole environment. */
  launch?: (environment: Record<string, string>) => Promise<Running>
  /** Give the App a second one for drafting; the caller installs it. */
  drafter?: boolean
  /** How long `until` waits where nothing else is said; a minute and a half when absent. */
  patienceMs?: number
}

export interface Stage {
  github: GitHubWorld
  /** The App that pushes and opens pull requests, when it is not the judging one. */
  drafter: GitHubState.App | null
  model: ModelWorld
  app: Running
  directory: string
  /** Resolves when no webhook, round, session or command is under way any more. */
  settle(): Promise<void>
  /**
   * Resolves with the first defined answer of `look`, asked every 20 ms. Rejects after `limitMs`, or else the stage's
   * patience, with what was awaited.
   */
  until<T>(awaited: string, look: () => T | undefined | Promise<T | undefined>, limitMs?: number): Promise<T>
  /** Stop the App as a crash would, and start it again on the same ledger. */
  restart(): Promise<void>
  close(): Promise<void>
}

/** What the drafting App needs and no more: it cannot write a check run. */
const draftingApp: AppInput = {
  slug: 'countersign-drafter',
  permissions: { metadata: 'read', contents: 'write', pull_requests: 'write' },
  events: [],
}

/** Start everything. People, repositories and installations are made by the caller through `stage.github`. */
export async function openStage(options: StageOptions = {}): Promise<Stage> {
  const directory = options.directory ?? (await mkdtemp(join(tmpdir(), 'countersign-stage-')))
  // The sandbox's account must reach the worktrees; what is private inside has narrower modes of its own.
  await mkdir(directory, { recursive: true })
  await chmod(directory, 0o755)
  const clock = options.clock ?? systemClock
  const github = await startGitHub({
    webhookSecret,
    contract: createContract(),
    dataDir: join(directory, 'github'),
    clock: { now: () => clock.nowMs() },
  })
  const model = await startModel({
    script: options.script ?? { sessions: [] },
    apiKey: modelKey,
    improvise: options.improvise,
  })
  const drafter = options.drafter ? github.createApp(draftingApp) : null
  const launch = async (): Promise<Running> => {
    const environment = {
      APP_ID: String(github.app.id),
      PRIVATE_KEY: github.app.privateKeyPem,
      WEBHOOK_SECRET: webhookSecret,
      GITHUB_CLIENT_ID: github.app.clientId,
      GITHUB_CLIENT_SECRET: github.app.clientSecret,
      GITHUB_API_URL: github.apiUrl,
      PORT: '0',
      COUNTERSIGN_DATA_DIR: join(directory, 'countersign'),
      ANTHROPIC_API_KEY: options.live?.key ?? modelKey,
      COUNTERSIGN_MODEL_BASE_URL: options.live?.baseUrl ?? model.url,
      ...(drafter && {
        DRAFTER_APP_ID: String(drafter.id),
        DRAFTER_PRIVATE_KEY: drafter.privateKeyPem,
      }),
      ...options.settings,
    }
    const running = await (options.launch ?? launchHere)(environment)
    github.setWebhookUrl(`${running.url}/api/github/webhooks`)
    github.setCallbackUrls([`${running.url}/board/signed-in`])
    return running
  }
  const launchHere = async (environment: Record<string, string>): Promise<Running> => {
    const reading = readEnvironment(environment)
    if (reading.kind !== 'ready')
      throw new Error(reading.kind === 'refused' ? reading.message : 'no credentials')
    return start(reading.environment, {
      clock,
      log: options.log ?? silentLog,
      ...(options.sandbox === undefined ? {} : { sandbox: options.sandbox }),
      ...(options.ledgerTemplate === undefined ? {} : { ledgerTemplate: options.ledgerTemplate }),
      ...(options.stopGraceMs === undefined ? {} : { stopGraceMs: options.stopGraceMs }),
    })
  }
  const stage: Stage = {
    github,
    drafter,
    model,
    directory,
    app: await launch(),
    async settle() {
      // Work queues keys and writes come back as webhooks: quiet means that both were quiet twice in a row.
      for (let quiet = 0; quiet < 2; ) {
        await github.idle()
        const before = github.events.length
        await stage.app.idle()
        await github.idle()
        quiet = github.events.length === before ? quiet + 1 : 0
      }
    },
    async until(awaited, look, limitMs = options.patienceMs ?? usualPatienceMs) {
      for (const deadline = Date.now() + limitMs; Date.now() < deadline; ) {
        const found = await look()
        if (found !== undefined) return found
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
      throw new Error(`waited ${Math.round(limitMs / 1000)} s in vain for ${awaited}`)
    },
    async restart() {
      await stage.app.stop()
      stage.app = await launch()
    },
    async close() {
      await stage.app.stop()
      await model.close()
      await github.close()
      if (options.directory === undefined) await rm(directory, { recursive: true, force: true })
    },
  }
  return stage
}

/** The files below a folder, by path relative to it, for `createRepo`. */
export async function filesBelow(folder: string): Promise<Files> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files: Files = {}
  for (const entry of entries) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    files[relative(folder, path)] = await readFile(path, 'utf8')
  }
  return files
}
