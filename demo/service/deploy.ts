/**
 * Deploys the checkout it runs in, as a job of Actions: `node service/deploy.ts [ENVIRONMENT]`. Uploads the commit to the host that
 * HOSTING_URL names, and gives the address of the service as the step's output `url`. A run that a deployment started takes the
 * environment from it and tells it how it went, since a deployment object deploys nothing by itself.
 */
import { execFileSync } from 'node:child_process'
import { appendFileSync, readFileSync } from 'node:fs'

const mostBytes = 50 * 1024 ** 2
const { env } = process
const deployment = askedBy()
const environment = process.argv[2] ?? deployment?.environment ?? ''

await tell({ state: 'in_progress' })
try {
  const url = await upload()
  console.log(`${environment} runs ${env['GITHUB_SHA']} at ${url}`)
  appendFileSync(env['GITHUB_OUTPUT'] ?? '/dev/null', `url=${url}\n`)
  await tell({ state: 'success', environment_url: url })
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  await tell({ state: 'failure' })
  process.exitCode = 1
}

async function upload(): Promise<string> {
  const archive = execFileSync('git', ['archive', '--format=tar', 'HEAD'], { maxBuffer: mostBytes })
  const path = `/environments/${encodeURIComponent(environment)}?version=${env['GITHUB_SHA']}`
  const answer = await fetch(`${env['HOSTING_URL']}${path}`, { method: 'PUT', body: archive })
  const said = await answer.text()
  if (!answer.ok) throw new Error(`the host refused the version:\n${said}`)
  return (JSON.parse(said) as { url: string }).url
}

/** The deployment that asked for this run; null when another event did. */
function askedBy(): { environment: string; statuses_url: string } | null {
  if (env['GITHUB_EVENT_NAME'] !== 'deployment') return null
  return JSON.parse(readFileSync(env['GITHUB_EVENT_PATH'] ?? '', 'utf8')).deployment
}

async function tell(status: { state: string; environment_url?: string }): Promise<void> {
  if (deployment === null) return
  const answer = await fetch(deployment.statuses_url, {
    method: 'POST',
    headers: { authorization: `Bearer ${env['GITHUB_TOKEN']}`, accept: 'application/vnd.github+json' },
    body: JSON.stringify(status),
  })
  if (!answer.ok) throw new Error(`the deployment status ${status.state} was answered ${answer.status}`)
}
