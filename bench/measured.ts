/** The App in a process of its own, so that the stand-ins are not counted as the App's; it is asked what it costs. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { webhookSecret } from '../demo/stage.ts'
import type { GitHubWorld } from '../world/index.ts'
import type { Memory, Question } from './memoryApp.ts'

export interface Measured {
  measure(): Promise<Memory>
  /** How many environments have a fact of this kind. */
  having(kind: Exclude<Question, 'measure'>): Promise<number>
  stop(): Promise<void>
}

/** Starts it and tells GitHub where it listens. */
export async function startMeasured(
  github: GitHubWorld,
  directory: string,
  settings: Record<string, string>,
): Promise<Measured> {
  const app = fork(join(import.meta.dirname, 'memoryApp.ts'), {
    execArgv: [...process.execArgv, '--expose-gc'],
    env: {
      PATH: process.env['PATH'],
      APP_ID: String(github.app.id),
      PRIVATE_KEY: github.app.privateKeyPem,
      WEBHOOK_SECRET: webhookSecret,
      GITHUB_API_URL: github.apiUrl,
      PORT: '0',
      COUNTERSIGN_DATA_DIR: join(directory, 'countersign'),
      ...settings,
    },
  })
  async function ask<T>(question: Question): Promise<T> {
    app.send(question)
    const [answer] = (await once(app, 'message')) as [T]
    return answer
  }
  const [url] = (await once(app, 'message')) as [string]
  github.setWebhookUrl(`${url}/api/github/webhooks`)
  return {
    measure: () => ask<Memory>('measure'),
    having: (kind) => ask<number>(kind),
    async stop() {
      app.kill()
      await once(app, 'exit')
    },
  }
}
