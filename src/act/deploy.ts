/** Starting deployments and smoke tests, and answering protection rules: each with the fact that says it was done (R2, S7). */
import type { Action } from '../core/action.ts'
import { Terminal } from '../core/errors.ts'
import { intentMarker } from '../core/facts/rollout.ts'
import type { FactBody } from '../core/facts.ts'
import type { SubjectKey } from '../core/ids.ts'
import type { ForgeActs, Ledger, Log, Metrics } from '../core/ports.ts'

export interface DeployPorts {
  forge: Pick<ForgeActs, 'createDeployment' | 'dispatchWorkflow' | 'answerProtection'>
  ledger: Pick<Ledger, 'append' | 'intend'>
  metrics: Metrics
  log: Log
}

type Of<K extends Action['kind']> = Extract<Action, { kind: K }>

/**
 * Start what an intent announced. A created deployment is found again by its marker; a workflow that is started cannot
 * be, so an intent row comes first, and one that was started by a process that died is waited for like any other.
 * GitHub's refusal is put on record at once: a rollback that cannot begin must not wait for a deadline.
 */
export async function startDeployment(action: Of<'deploy'>, ports: DeployPorts): Promise<void> {
  const { repository: name, sha, environment, purpose, intent } = action
  const marker = intentMarker(action.subject, intent)
  const description = purpose === 'rollback' ? `Rollback to ${sha.slice(0, 8)}` : `Deploy ${sha.slice(0, 8)}`
  try {
    const made =
      action.workflow === null
        ? {
            deployment: await ports.forge.createDeployment(name, {
              sha,
              environment,
              marker,
              description: `${description}, by Countersign`,
            }),
            runId: null,
          }
        : {
            deployment: null,
            runId: await dispatch(action, action.workflow, { environment, sha }, `deploy:${marker}`, ports),
          }
    await record(action.subject, { kind: 'deploy.made', intent, ...made }, ports)
    ports.metrics.count('deployments_started_total', { purpose })
  } catch (error) {
    if (!(error instanceof Terminal)) throw error
    ports.log.error({ subject: action.subject, error: error.message }, 'a deployment could not be started')
    const sentence = `${description} could not be started: ${error.forUser}`.slice(0, 4000)
    await record(
      action.subject,
      purpose === 'rollback'
        ? { kind: 'rollback.ended', intent, deployment: null, ok: false, sentence }
        : { kind: 'work.failed', what: `deploy:${intent}`, reason: sentence },
      ports,
    )
  }
}

/** Start the canary's workflow. One that GitHub refuses to start leaves the canary without a result, which fails in time. */
export async function startSmoke(action: Of<'smoke'>, ports: DeployPorts): Promise<void> {
  const { subject, deployment, environment, sha, url } = action
  const runId = await dispatch(
    action,
    action.workflow,
    { environment, sha, url },
    `smoke:${subject}:${deployment}`,
    ports,
  )
  await record(subject, { kind: 'smoke.started', deployment, runId }, ports)
}

async function dispatch(
  { repository, ref }: { repository: string; ref: string },
  path: string,
  inputs: Record<string, string>,
  intent: string,
  { forge, ledger }: DeployPorts,
): Promise<number | null> {
  if (!(await ledger.intend(intent))) return null
  const workflow = path.slice(path.lastIndexOf('/') + 1)
  return forge.dispatchWorkflow(repository, { workflow, ref, inputs })
}

/** Answer or report; a job that no longer waits for us is not asked about again. */
export async function answerRule(action: Of<'answerRule'>, ports: DeployPorts): Promise<void> {
  const { subject, repository, of, runId, environment, state, sentence } = action
  const outcome = await ports.forge.answerProtection(repository, {
    runId,
    environment,
    state,
    comment: sentence,
  })
  const body: FactBody =
    outcome === 'gone'
      ? { kind: 'rule.answered', of, state: 'gone', sentence }
      : state === null
        ? { kind: 'rule.reported', of, sentence }
        : { kind: 'rule.answered', of, state, sentence }
  await record(subject, body, ports)
  ports.metrics.count('deploy_rules_total', { outcome: outcome === 'gone' ? 'gone' : (state ?? 'reported') })
}

async function record(subject: SubjectKey, body: FactBody, { ledger }: DeployPorts): Promise<void> {
  await ledger.append(subject, [{ actor: null, body }])
}
