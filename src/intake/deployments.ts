/** `deployment` and `deployment_status`: hints that an environment has moved. `deployment_protection_rule`: a job asks to deploy. */
import { z } from 'zod'
import { formatKey, type RepositoryName, Sha, type SubjectKey } from '../core/ids.ts'
import { type Reader, understood } from './result.ts'
import { Repository, reading, Sender } from './shapes.ts'

const Environment = z
  .string()
  .min(1)
  .max(255)
  // What a key holds: one line, and no half of a character.
  .regex(/^[^\n\r\u2028\u2029\0]+$/)
  .refine((name) => name.isWellFormed())
const Payload = z.object({
  repository: Repository,
  environment: Environment.optional(),
  deployment: z.object({ environment: Environment }).nullish(),
})

const rolloutKey = (repository: RepositoryName, environment: string): SubjectKey =>
  formatKey({ kind: 'rollout', repository, environment })

export const deployment: Reader = (payload) =>
  reading(Payload, payload, ({ repository, environment, deployment }) => {
    const name = environment ?? deployment?.environment
    if (name === undefined) return understood('ignored: no environment')
    return understood('deployment', { keys: [rolloutKey(repository.full_name, name)] })
  })

const Rule = z.object({
  action: z.string().max(100),
  repository: Repository,
  environment: Environment,
  event: z.string().max(60).nullish(),
  sha: Sha.optional(),
  deployment: z.object({ id: z.number().int().positive(), sha: Sha }).nullish(),
  deployment_callback_url: z.string().max(2000),
  sender: Sender,
})

/** Recorded, since only the event tells that a job waits for us. */
export const protectionRule: Reader = (payload, delivery) =>
  reading(Rule, payload, ({ action, repository, environment, event, deployment, sender, ...rest }) => {
    if (action !== 'requested') return understood(`ignored: deployment protection rule ${action}`)
    const subject = rolloutKey(repository.full_name, environment)
    const sha = deployment?.sha ?? rest.sha
    if (!sha) return understood('ignored: a deployment of no commit')
    const runId = runIn(rest.deployment_callback_url, repository.full_name)
    if (runId === null) return understood('ignored: asked for no run of this repository')
    const body = {
      kind: 'rule.asked' as const,
      environment,
      sha,
      runId,
      deploymentId: deployment?.id ?? null,
      event: event ?? '',
    }
    // The job waits whoever set it off, and also where GitHub names nobody.
    return understood('a job asks to deploy', {
      keys: [subject],
      facts: [{ subject, entry: { actor: sender ?? null, body, delivery } }],
    })
  })

const callback =
  /^(?:\/api\/v3)?\/repos\/([^/]+\/[^/]+)\/actions\/runs\/([1-9]\d{0,14})\/deployment_protection_rule$/

/** The run that waits. Nothing but its number is taken from the address, and it is never asked (T35). */
function runIn(address: string, repository: RepositoryName): number | null {
  if (!URL.canParse(address)) return null
  const [, named, digits] = callback.exec(new URL(address).pathname) ?? []
  return named?.toLowerCase() === repository.toLowerCase() ? Number(digits) : null
}
