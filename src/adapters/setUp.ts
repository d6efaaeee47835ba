/** The set-up page: Probot's manifest flow, which creates the GitHub App from app.yml and writes its credentials to .env. */
import { resolve } from 'node:path'
import { run } from 'probot'
import { writeSettings } from './dotEnv.ts'

/**
 * Open the page and say where it is. Webhooks are not received until the App exists and the process was started again.
 *
 * @param variables `HOST` and `PORT` as in the environment. With
 *   `NO_SMEE_SETUP` in the process's environment, Probot opens no webhook relay on a third party's server.
 */
export async function openSetUp(
  variables: Record<string, string | undefined>,
): Promise<{ url: string; stop(): Promise<void> }> {
  const host = variables['HOST'] || '127.0.0.1'
  const port = variables['PORT'] || '3000'
  const file = resolve('.env')
  const server = await run(() => undefined, {
    env: { ...variables, HOST: host, PORT: port, LOG_LEVEL: 'error' },
    updateEnv(settings) {
      writeSettings(file, settings)
      process.stdout.write(
        `The credentials of the App are in ${file}. Install the App, stop this page with Ctrl-C, and start again.\n`,
      )
      return settings
    },
  })
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${server.port}`
  process.stdout.write(
    [
      `No GitHub App is configured yet. Open ${url} in a browser to create one from app.yml, or to enter an existing one.`,
      'The address by which the browser reaches this page becomes the address of the webhooks: open the page by the',
      'public address of this machine or its proxy, or change the webhook URL in the settings of the App afterwards.',
      '',
    ].join('\n'),
  )
  return { url, stop: () => server.stop() }
}
