/** Starting deployments and smoke tests, and answering protection rules: each with the fact that says it was done (R2, S7). */
import type { Action } from '../core/action.ts'
import { RetryLater, Terminal } from '../core/errors.ts'
import { intentMarker } from '../core/facts/rollout.ts'
import { type Fact, type FactBody, factsOf } from '../core/facts.ts'
import { formatKey, type RepositoryName, type SubjectKey } from '../core/ids.ts'
import type { ForgeActs, Ledger, Log, Metrics } from '../core/ports.ts'

export interface DeployPorts {
  forge: Pick<ForgeActs, 'createDeployment' | 'dispatchWorkflow' | 'dispatchedRuns' | 'answerProtection'>
  ledger: Pick<Ledger, 'append' | 'intend' | 'facts' | 'subjects'>
  metrics: Metrics
  log: Log
}

type Of<K extends Action['kind']> = Extract<Action, { kind: K }>

/** GitHub lists a run some seconds after it was started. */
const listedWithinMs = 10_000

/**
 * Start what an intent announced. A created deployment is found again by its marker, a workflow's run by when it began.
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
            runId: await dispatch(
              action,
              { path: action.workflow, inputs: { environment, sha } },
              { key: `deploy:${marker}`, since: ({ seq }) => seq === intent },
              ports,
            ),
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
    { path: action.workflow, inputs: { environment, sha, url } },
    {
      key: `smoke:${subject}:${deployment}`,
      since: ({ body }) => body.kind === 'deploy.seen' && body.deployment === deployment,
    },
    ports,
  ).catch((error: unknown) => {
    if (!(error instanceof Terminal)) throw error
    ports.log.error({ subject, error: error.message }, 'a smoke test could not be started')
    return null
  })
  await record(subject, { kind: 'smoke.started', deployment, runId }, ports)
}

/**
 * Start a workflow once: a run carries no mark of ours, so an intent row comes first. Where that stands already, an
 * earlier attempt was cut off, and only the list of runs tells whether it came to something. A rollback that is started
 * twice does less harm than one that never begins.
 *
 * @param intent its key, and the fact after which it was wanted.
 */
async function dispatch(
  { subject, repository, ref }: Pick<Of<'smoke'>, 'subject' | 'repository' | 'ref'>,
  { path, inputs }: { path: string; inputs: Record<string, string> },
  intent: { key: string; since: (fact: Fact) => boolean },
  { forge, ledger }: DeployPorts,
): Promise<number | null> {
  const workflow = path.slice(path.lastIndexOf('/') + 1)
  if (!(await ledger.intend(intent.key))) {
    const sinceMs = (await ledger.facts(subject)).find(intent.since)?.atMs ?? 0
    const taken = await runsOnRecord(repository, ledger)
    const ours = (await forge.dispatchedRuns(repository, { workflow, sinceMs })).filter(
      (id) => !taken.has(id),
    )
    const [run] = ours.reverse()
    if (run !== undefined) return run
    if (await ledger.intend(`${intent.key}:looked`))
      throw new RetryLater(`whether ${workflow} was started is looked up once more`, listedWithinMs)
  }
  return forge.dispatchWorkflow(repository, { workflow, ref, inputs })
}

/** Runs of the repository's rollouts that are known to be somebody's: the same workflow may serve every environment. */
async function runsOnRecord(repository: RepositoryName, ledger: DeployPorts['ledger']): Promise<Set<number>> {
  const keys = await ledger.subjects({ prefix: formatKey({ kind: 'rollout', repository, environment: '' }) })
  const facts = (await Promise.all(keys.map((key) => ledger.facts(key)))).flat()
  return new Set(
    facts.flatMap(({ body }) =>
      (body.kind === 'deploy.made' || body.kind === 'smoke.started') && body.runId !== null
        ? [body.runId]
        : [],
    ),
  )
}

/**
 * Answer or report; a job that no longer waits for us is not asked about again. Where an earlier attempt to let it through
 * was cut off, it is our own yes that it no longer waits for.
 */
export async function answerRule(action: Of<'answerRule'>, ports: DeployPorts): Promise<void> {
  const { subject, repository, of, runId, environment, state, sentence } = action
  const again = factsOf(await ports.ledger.facts(subject), 'rule.answering').some(
    ({ body }) => body.of === of,
  )
  if (state === 'approved' && !again) await record(subject, { kind: 'rule.answering', of }, ports)
  const answered = await ports.forge.answerProtection(repository, {
    runId,
    environment,
    state,
    comment: sentence,
  })
  const outcome = again && state === 'approved' ? 'answered' : answered
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
