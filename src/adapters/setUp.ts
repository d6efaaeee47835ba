/** The set-up page: Probot's manifest flow, which creates the GitHub App from app.yml and writes its credentials to .env. */
import { createServer } from 'node:net'
import { resolve } from 'node:path'
import { run } from 'probot'
import { writeSettings } from './dotEnv.ts'
import { type Door, openDoor } from './setUpDoor.ts'

/**
 * Open the page and say where it is. Webhooks are not received until the App exists and the process was started again.
 *
 * @param variables `HOST` and `PORT` as in the environment. With
 *   `NO_SMEE_SETUP` in the process's environment, Probot opens no webhook relay on a third party's server.
 */
export async function openSetUp(
  variables: Record<string, string | undefined>,
): Promise<{ url: string; stop(): Promise<void> }> {
  const file = resolve('.env')
  const inner = await freePort()
  let door: Door | null = null
  const page = await run(() => undefined, {
    env: { ...variables, HOST: '127.0.0.1', PORT: String(inner), LOG_LEVEL: 'error' },
    updateEnv(settings) {
      // Probot's own port is on this machine, and a browser can be made to call any port of it.
      if (!door?.admitted()) throw new Error('these credentials did not come through the set-up page')
      writeSettings(file, settings)
      process.stdout.write(
        `The credentials of the App are in ${file}. Install the App, stop this page with Ctrl-C, and start again.\n`,
      )
      return settings
    },
  })
  const [host, port] = [variables['HOST'] || '127.0.0.1', Number(variables['PORT'] || '3000')]
  const opened = await openDoor({ host, port }, inner)
  door = opened
  process.stdout.write(
    [
      `No GitHub App is configured yet. Open ${opened.url} in a browser to create one from app.yml, or to enter an existing one.`,
      'The address by which the browser reaches this page becomes the address of the webhooks: open the page by the',
      'public address of this machine or its proxy, with the same key, or change the webhook URL in the settings of the App',
      'afterwards. The key lets in whoever has it: hand it to nobody.',
      '',
    ].join('\n'),
  )
  return {
    url: opened.url,
    async stop() {
      await opened.stop()
      await page.stop()
    },
  }
}

/** Probot takes no 0 for a port. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}
