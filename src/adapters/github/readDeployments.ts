/** Reading the deployments to an environment, each with what was said of it; a list that is cut off is no answer (R1, S9). */
import { z } from 'zod'
import { environmentId, type RepositoryName, Sha } from '../../core/ids.ts'
import type { Found } from '../../core/ports.ts'
import type { AppIdentity } from '../../core/snapshot/common.ts'
import type { DeploymentReading, DeploymentState } from '../../core/snapshot/rollout.ts'
import { on, parts } from './access.ts'
import { RestAccount } from './accounts.ts'
import type { Client } from './client.ts'
import { absentOn404 } from './failures.ts'

const mostDeployments = 20
/** Of all environments: among them is what was just deployed under a spelling that nobody knew. */
const newestOfAll = 100
/** Of 100 statuses each. */
const pagesOfStatuses = 10
const states = [
  'pending',
  'queued',
  'waiting',
  'in_progress',
  'success',
  'failure',
  'error',
  'inactive',
] as const satisfies DeploymentState[]

export const Deployment = z.object({
  id: z.number().int().positive(),
  sha: Sha,
  environment: z.string(),
  payload: z.unknown(),
  creator: RestAccount.nullable(),
  performed_via_github_app: z.object({ id: z.number().int() }).nullish(),
})
export type Deployment = z.infer<typeof Deployment>
const Address = z.string().nullish()
const Status = z.object({
  id: z.number().int(),
  state: z.enum(states),
  environment_url: Address,
  log_url: Address,
  created_at: z.iso.datetime({ offset: true }),
})
type Status = z.infer<typeof Status>

/**
 * The newest deployments to an environment. REST tells the App behind each, which GraphQL does not; what is unchanged
 * costs nothing from GitHub's limit. Whether its filter ignores case like its environments is nowhere documented.
 *
 * @param open looked up by id where newer ones have pushed them off the list.
 * @param app who we are: a marker means something only in a deployment of our own account.
 */
export async function readDeployments(
  client: Client,
  app: AppIdentity,
  name: RepositoryName,
  { spellings, open }: { spellings: readonly string[]; open: readonly number[] },
): Promise<DeploymentReading[]> {
  const list = (wanted: { environment?: string; per_page: number }) =>
    client.rest(
      on(name, 'deployments'),
      'GET /repos/{owner}/{repo}/deployments',
      { ...parts(name), ...wanted },
      z.array(Deployment),
    )
  const listed = await Promise.all([
    ...spellings.map((environment) => list({ environment, per_page: mostDeployments })),
    list({ per_page: newestOfAll }),
  ])
  const here = new Set(spellings.map(environmentId))
  const byId = new Map(listed.flat().map((one) => [one.id, one]))
  const newest = [...byId.values()]
    .filter(({ environment }) => here.has(environmentId(environment)))
    .sort((one, other) => other.id - one.id)
    .slice(0, mostDeployments)
  const listedIds = new Set(newest.map(({ id }) => id))
  const others = open
    .filter((id) => !listedIds.has(id))
    .map((id) => byId.get(id) ?? readOne(client, name, id))
  const found = (await Promise.all(others)).filter((one) => one !== null)
  const whole = [...newest, ...found].sort((one, other) => other.id - one.id)
  const all = whole.map(async (one) => {
    const statuses = await readStatuses(client, name, one.id)
    // Deleted since it was listed.
    return statuses.found ? [readingOf(name, one, statuses.value, app)] : []
  })
  return (await Promise.all(all)).flat()
}

async function readOne(client: Client, name: RepositoryName, id: number): Promise<Deployment | null> {
  const route = 'GET /repos/{owner}/{repo}/deployments/{deployment_id}'
  const inputs = { ...parts(name), deployment_id: id }
  const one = await absentOn404(client.rest(on(name, 'deployments'), route, inputs, Deployment))
  return one.found ? one.value : null
}

/** What was said of a deployment, oldest first: GitHub promises no order, and its ids grow. */
export async function readStatuses(
  client: Client,
  name: RepositoryName,
  deploymentId: number,
): Promise<Found<Status[]>> {
  const route = 'GET /repos/{owner}/{repo}/deployments/{deployment_id}/statuses'
  const inputs = { ...parts(name), deployment_id: deploymentId }
  const list = { schema: z.array(Status), items: (page: Status[]) => page, most: pagesOfStatuses }
  const read = await absentOn404(client.pages(on(name, 'deployments'), route, inputs, list))
  return read.found ? { found: true, value: read.value.sort((one, other) => one.id - other.id) } : read
}

function readingOf(
  name: RepositoryName,
  deployment: Deployment,
  statuses: Status[],
  { appId, bot }: AppIdentity,
): DeploymentReading {
  // A server that does not name Apps here shows our account all the same.
  const ours = deployment.creator?.id === bot.id ? appId : null
  return {
    id: deployment.id,
    sha: deployment.sha,
    environment: deployment.environment,
    createdBy: deployment.creator,
    viaApp: deployment.performed_via_github_app?.id ?? ours,
    marker: markerOf(deployment, bot.id),
    state: statuses.at(-1)?.state ?? 'none',
    succeeded: statuses.some(({ state }) => state === 'success'),
    beganMs: beganOf(statuses),
    environmentUrl: statuses.flatMap(({ environment_url }) => webAddress(environment_url)).at(-1) ?? null,
    // Whoever may deploy may add a status that names another run; the first comes from the job itself.
    runId: statuses.flatMap(({ log_url }) => runIn(log_url, name)).at(0) ?? null,
  }
}

/** By GitHub's clock; null while nothing has begun. */
function beganOf(statuses: readonly Status[]): number | null {
  const first = statuses.find(({ state }) => state === 'in_progress' || state === 'success')
  return first ? Date.parse(first.created_at) : null
}

const Payload = z.object({ countersign: z.string().min(1).max(1000) })
/** GitHub gives a payload back as an object or as its text, as it was handed in. */
const Text = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    context.addIssue({ code: 'custom', message: 'not JSON' })
    return z.NEVER
  }
})
const Marked = z.union([Payload, Text.pipe(Payload)])

/** What is written into a deployment of ours, so that it is found again. */
export const payloadWith = (marker: string): z.infer<typeof Payload> => ({ countersign: marker })

/** The marker of a deployment that our own account created; anybody may write the same into theirs. */
export function markerOf({ creator, payload }: Deployment, botId: number): string | null {
  const marked = creator?.id === botId ? Marked.safeParse(payload) : null
  return marked?.success ? marked.data.countersign : null
}

/** None where it is left out, or is no address that a probe could ask. */
function webAddress(text: string | null | undefined): string[] {
  if (!text || !URL.canParse(text)) return []
  return ['https:', 'http:'].includes(new URL(text).protocol) ? [text] : []
}

/** The workflow run that a log address names, if it is one of this repository. */
function runIn(address: string | null | undefined, name: RepositoryName): number[] {
  if (!address || !URL.canParse(address)) return []
  const [, repository, digits] =
    /^\/([^/]+\/[^/]+)\/actions\/runs\/([1-9]\d{0,14})(?:\/|$)/.exec(new URL(address).pathname) ?? []
  return repository?.toLowerCase() === name.toLowerCase() ? [Number(digits)] : []
}
