/** The set-up page: Probot's manifest flow, which creates the GitHub App from app.yml and writes its credentials to .env. */
import { run } from 'probot'

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
  const server = await run(() => undefined, {
    env: { ...variables, HOST: host, PORT: port, LOG_LEVEL: 'warn' },
  })
  const url = `http://${host}:${server.port}`
  process.stdout.write(
    `No GitHub App is configured yet. Open ${url} to create one from app.yml (or to enter an existing one), then start again.\n`,
  )
  return { url, stop: () => server.stop() }
}
