/** The App as a process of its own, which is killed at given moments and started again on the same folder. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import type { Stage } from '../../../demo/stage.ts'
import type { Running } from '../../../src/connect.ts'
import type { Ledger } from '../../../src/core/ports.ts'
import type { Stalls } from '../../../world/stall.ts'
import { channelEffect, type EffectAt, effectOf } from './effects.ts'
import type { Told } from './program.ts'

/** Where the App has effects. */
export interface Scene {
  stage: Stage
  /** Messages to the operator's channel, where the story has one. */
  channel?: Stalls<unknown>
}

export interface KillableApp {
  launch(environment: Record<string, string>): Promise<Running>
  /** From now on: kill the App once at each of these moments, in their order where they are of one effect. */
  killAt(scene: Scene, moments: readonly EffectAt[]): void
  /** The moments at which it was killed, in that order. */
  killed: EffectAt[]
  /** Note every effect that requests have from now on. */
  watch(scene: Scene): Set<string>
  /** Rejects when a start failed. */
  settled(): Promise<void>
  /** The end of what the processes have logged. */
  output(): string
  /** End every process, whatever it does. */
  close(): void
}

/** @param startedMs when the clock of the stage was started, by which every process of the App goes. */
export function killableApp(startedMs: number): KillableApp {
  const killed: EffectAt[] = []
  const living = new Set<ChildProcess>()
  let output = ''
  let environment: Record<string, string> = {}
  let restarting: Promise<unknown> = Promise.resolve()
  /** Loads while the one before it works: most of a start is the loading. */
  let spare = load()
  let current: ChildProcess | null = null

  function load(): ChildProcess {
    const child = fork(join(import.meta.dirname, 'program.ts'), {
      execArgv: ['--disable-warning=ExperimentalWarning'],
      env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '' },
      silent: true,
    })
    living.add(child)
    child.once('exit', () => living.delete(child))
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => {
        output = (output + text).slice(-6000)
      })
    return child
  }

  async function start(): Promise<string> {
    const child = spare
    const told: Told = { environment, startedMs }
    // It may be killed at what it does while it still starts.
    current = child
    child.send(told)
    const [url] = await Promise.race([
      once(child, 'message'),
      once(child, 'exit').then(() => {
        if (current === child) throw new Error(`the App did not start\n${output}`)
        return ['']
      }),
    ])
    spare = load()
    return String(url)
  }

  const kill = ({ stage, channel }: Scene) => {
    const release = () => {
      stage.github.faults.release()
      stage.model.faults.release()
      channel?.release()
    }
    const dying = current
    // A request that was under way when the App was killed at another: its answer reaches nobody.
    if (dying === null) return release()
    current = null
    dying.kill('SIGKILL')
    restarting = restarting.then(async () => {
      if (living.has(dying)) await once(dying, 'exit')
      // A git that outlived its App is cut off as well.
      release()
      await start()
    })
    // Told by `settled`.
    restarting.catch(() => undefined)
  }

  return {
    killed,
    async launch(given) {
      // A fixed port, since GitHub keeps sending to the address that it knows.
      environment = { ...given, PORT: String(await freePort()) }
      const url = await start()
      return {
        url,
        get ledger(): Ledger {
          throw new Error('the ledger is in another process: open it once the App has stopped')
        },
        idle: async () => undefined,
        async stop() {
          await restarting
          const stopping = current
          current = null
          stopping?.kill('SIGTERM')
          if (stopping && living.has(stopping)) await once(stopping, 'exit')
        },
      }
    },
    watch({ stage, channel }) {
      const seen = new Set<string>()
      const note = (effect: string | null) => {
        if (effect) seen.add(effect)
        return false
      }
      const watching = { at: 'received', reached: () => undefined } as const
      stage.github.faults.stall({ ...watching, when: (one) => note(effectOf(one, stage)) })
      stage.model.faults.stall({ ...watching, when: ({ phase }) => note(`model ${phase}`) })
      channel?.add({ ...watching, when: () => note(channelEffect) })
      return seen
    },
    killAt(scene, moments) {
      const { stage, channel } = scene
      /** Only the first moment of an effect that is still to come is armed. */
      const isNext = (moment: EffectAt) =>
        moments.find((one) => one.effect === moment.effect && !killed.includes(one)) === moment
      for (const moment of moments) {
        const reached = () => {
          killed.push(moment)
          kill(scene)
        }
        const common = { at: moment.at, reached }
        const isIt = (effect: string | null) => effect === moment.effect && isNext(moment)
        stage.github.faults.stall({ ...common, when: (one) => isIt(effectOf(one, stage)) })
        stage.model.faults.stall({ ...common, when: ({ phase }) => isIt(`model ${phase}`) })
        channel?.add({ ...common, when: () => isIt(channelEffect) })
      }
    },
    settled: () => restarting.then(() => undefined),
    output: () => output,
    close() {
      for (const child of living) child.kill('SIGKILL')
    },
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}
