/** What happens in the small GitHub around an environment: jobs begin and end, and each action of a round has its effect. */
import type { Action } from '../../src/core/action.ts'
import type { ObservedCheckRun } from '../../src/core/checkRun.ts'
import type { FactBody } from '../../src/core/facts.ts'
import { commitOf, type Deployed, placeOf, type Setting, shaOf, type Town, within } from './rolloutWorld.ts'

/** A deployment job begins; where the environment is ruled it waits, and GitHub's question comes back as the second part. */
export function starts(
  setting: Setting,
  town: Town,
  environment: string,
  deployed: Pick<Deployed, 'sha' | 'real'> & Partial<Deployed>,
): { town: Town; asked: FactBody | null; deployment: number; run: number } {
  const id = town.nextId
  const run = 1000 + id
  const ruled = setting.ruled.includes(environment)
  const created = deployed.marker !== undefined
  const deployment: Deployed = {
    id,
    state: created ? 'none' : ruled ? 'waiting' : 'in_progress',
    succeeded: false,
    marker: null,
    runId: created ? null : run,
    bot: false,
    purpose: null,
    ...deployed,
  }
  const place = placeOf(town, environment)
  const next = within({ ...town, nextId: id + 1 }, environment, {
    deployments: [...place.deployments, deployment],
    waiting: ruled ? [...place.waiting, run] : place.waiting,
  })
  const deploymentId = created ? null : id
  const asked: FactBody | null = ruled
    ? {
        kind: 'rule.asked',
        environment,
        sha: shaOf(deployment.sha),
        runId: run,
        deploymentId,
        event: created ? 'deployment' : deployed.bot || deployed.told ? 'workflow_dispatch' : 'push',
      }
    : null
  return { town: next, asked, deployment: id, run }
}

/** GitHub's word on how a deployment went; a success makes those before it inactive. */
export function finishes(town: Town, environment: string, id: number, state: Deployed['state']): Town {
  const { deployments, stood } = placeOf(town, environment)
  const success = state === 'success'
  return within(town, environment, {
    stood: success ? [...stood, id] : stood,
    deployments: deployments.map((one) => {
      if (one.id === id) return { ...one, state, succeeded: one.succeeded || success }
      return success && one.id < id && one.state === 'success' ? { ...one, state: 'inactive' } : one
    }),
  })
}

/** The effect of an action on GitHub, and the facts that src/act records with it. */
export function effectOf(
  setting: Setting,
  town: Town,
  environment: string,
  action: Action,
): { town: Town; facts: FactBody[]; asked: FactBody | null } {
  const done = (next: Town, facts: FactBody[] = [], asked: FactBody | null = null) => ({
    town: next,
    facts,
    asked,
  })
  switch (action.kind) {
    case 'deploy':
      return deploys(setting, town, environment, action)
    case 'smoke': {
      const runId = 5000 + action.deployment
      return done(town, [{ kind: 'smoke.started', deployment: action.deployment, runId }])
    }
    case 'answerRule':
      return answers(town, environment, action)
    case 'markDeployment':
      return done(finishes(town, environment, action.deployment, 'failure'))
    case 'checkRun':
      return done({ ...town, runs: written(town.runs, action) })
    case 'alert':
      return done(town, [
        { kind: 'alert.sent', of: action.of, channel: action.channel, ok: true, sentence: 'sent' },
      ])
    case 'reportIncident':
      return done(town, [{ kind: 'incident.reported', of: action.of, issue: 9 }])
    case 'wake':
      return done(within(town, environment, { wakeMs: action.atMs }))
    default:
      return done(town)
  }
}

function deploys(
  setting: Setting,
  town: Town,
  environment: string,
  { intent, sha, subject, workflow, purpose }: Extract<Action, { kind: 'deploy' }>,
) {
  const marker = `${subject}:${intent}`
  const real = commitOf(setting, sha)
  const made = (deployment: number | null, runId: number | null): FactBody[] => [
    { kind: 'deploy.made', intent, deployment, runId },
  ]
  if (workflow === null) {
    const known = placeOf(town, environment).deployments.find((one) => one.marker === marker)
    if (known) return { town, facts: made(known.id, null), asked: null }
    const started = starts(setting, town, environment, { sha: real, real, marker, purpose, bot: true })
    return { town: started.town, facts: made(started.deployment, null), asked: started.asked }
  }
  const place = placeOf(town, environment)
  const known = place.facts.map(({ body }) => (body.kind === 'deploy.made' ? body.runId : null))
  // An attempt that was cut off after it had begun is found in the list of runs.
  const begun = town.intents.includes(marker)
    ? place.deployments.find(
        (one) => one.bot && one.purpose === purpose && one.runId !== null && !known.includes(one.runId),
      )
    : undefined
  if (begun) return { town, facts: made(null, begun.runId), asked: null }
  const started = starts(setting, town, environment, { sha: town.tip, real, purpose, bot: true })
  const next = { ...started.town, intents: [...new Set([...town.intents, marker])] }
  return { town: next, facts: made(null, started.run), asked: started.asked }
}

function answers(
  town: Town,
  environment: string,
  { of, runId, state, sentence }: Extract<Action, { kind: 'answerRule' }>,
): { town: Town; facts: FactBody[]; asked: null } {
  const { waiting, deployments, facts } = placeOf(town, environment)
  const again = facts.some(({ body }) => body.kind === 'rule.answering' && body.of === of)
  const announced: FactBody[] = state === 'approved' && !again ? [{ kind: 'rule.answering', of }] : []
  if (!waiting.includes(runId)) {
    const known = again && state === 'approved' ? 'approved' : 'gone'
    return { town, facts: [...announced, { kind: 'rule.answered', of, state: known, sentence }], asked: null }
  }
  if (state === null) return { town, facts: [{ kind: 'rule.reported', of, sentence }], asked: null }
  const next = within(town, environment, {
    waiting: waiting.filter((one) => one !== runId),
    deployments: deployments.map((one) =>
      one.id === runId - 1000 ? { ...one, state: state === 'approved' ? 'in_progress' : 'failure' } : one,
    ),
  })
  return { town: next, facts: [...announced, { kind: 'rule.answered', of, state, sentence }], asked: null }
}

function written(
  runs: readonly ObservedCheckRun[],
  { run, runId }: Extract<Action, { kind: 'checkRun' }>,
): ObservedCheckRun[] {
  const { name, sha, externalId, title, summary, state } = run
  const waits = state === 'in_progress'
  const id = runId ?? runs.length + 1
  const observed = {
    id,
    name,
    sha,
    externalId,
    title,
    summary,
    status: waits ? ('in_progress' as const) : ('completed' as const),
    conclusion: waits ? null : state,
  }
  return [...runs.filter((one) => one.id !== id), observed].sort((a, b) => a.id - b.id)
}
