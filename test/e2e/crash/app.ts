/** The App as a process of its own, which is killed at given moments and started again on the same folder. */
import { createServer } from 'node:net'
import type { Stage } from '../../../demo/stage.ts'
import type { Running } from '../../../src/connect.ts'
import type { Ledger } from '../../../src/core/ports.ts'
import { type Program, startProgram } from '../../support/process.ts'
import { effectOf, type StallPoint } from './effects.ts'

export interface KillableApp {
  launch(environment: Record<string, string>): Promise<Running>
  /** From now on: kill the App once at this point of each of these effects, and start it again each time. */
  killAt(stage: Stage, point: StallPoint, at: readonly string[]): void
  /** Effects at which it was killed, in that order. */
  killed: string[]
  /** Note every effect that requests have from now on. */
  watch(stage: Stage): Set<string>
  /** Rejects when a start failed. */
  settled(): Promise<void>
  /** The end of what the process that runs now has logged. */
  output(): string
}

export function killableApp(): KillableApp {
  let program: Program | null = null
  let start: () => Promise<string> = () => Promise.reject(new Error('never launched'))
  let restarting: Promise<unknown> = Promise.resolve()
  const killed: string[] = []

  const kill = (stage: Stage) => {
    const dying = program
    if (dying === null) return
    program = null
    dying.kill('SIGKILL')
    restarting = restarting.then(async () => {
      await dying.ended
      // A git that outlived its App is cut off as well: its answer would reach nobody.
      stage.github.faults.release()
      stage.model.faults.release()
      await start()
    })
    // Told by `settled`.
    restarting.catch(() => undefined)
  }

  return {
    killed,
    async launch(environment) {
      // A fixed port, since GitHub keeps sending to the address that it knows.
      const port = String(await freePort())
      start = async () => {
        const next = startProgram('src/main.ts', [], { environment: { ...environment, PORT: port } })
        const [, url = ''] = await next.says(/"url":"([^"]+)".*Countersign listens/, 120_000)
        program = next
        return url
      }
      const url = await start()
      return {
        url,
        get ledger(): Ledger {
          throw new Error('the ledger is in another process: open it once the App has stopped')
        },
        idle: async () => undefined,
        async stop() {
          await restarting
          program?.kill('SIGTERM')
          await program?.ended
        },
      }
    },
    watch(stage) {
      const seen = new Set<string>()
      const note = (effect: string | null) => {
        if (effect) seen.add(effect)
        return false
      }
      const watching = { at: 'received', reached: () => undefined } as const
      stage.github.faults.stall({ ...watching, when: (one) => note(effectOf(one, stage)) })
      stage.model.faults.stall({ ...watching, when: ({ phase }) => note(`model ${phase}`) })
      return seen
    },
    killAt(stage, point, at) {
      for (const effect of at) {
        const reached = () => {
          killed.push(effect)
          kill(stage)
        }
        if (effect.startsWith('model '))
          stage.model.faults.stall({ at: point, when: ({ phase }) => `model ${phase}` === effect, reached })
        else stage.github.faults.stall({ at: point, when: (one) => effectOf(one, stage) === effect, reached })
      }
    },
    settled: () => restarting.then(() => undefined),
    output: () => program?.output().stdout.slice(-3000) ?? 'no process runs',
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
