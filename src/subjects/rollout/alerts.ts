/** What people must hear of an environment, once an episode, and its end; on the incident issue and in their channel (R3, R4). */
import type { Action } from '../../core/action.ts'
import { type FactBody, type FactOf, factsOf } from '../../core/facts.ts'
import { code, headline, short } from '../../core/sentences.ts'
import type { RolloutSnapshot } from '../../core/snapshot/rollout.ts'
import type { Policy } from '../../policy/schema.ts'
import { asksPeople } from '../../rollout/settings.ts'
import { samplesTable } from './table.ts'
import type { RolloutVerdicts } from './verdicts.ts'

interface Episode {
  episode: string
  title: string
  text: string
  /** Null while it is not over. */
  recovered: string | null
}

/** Alerts that are due and not on record yet; the first of an episode is an incident as well. */
export function alertRecords(snapshot: RolloutSnapshot<Policy>, verdicts: RolloutVerdicts): FactBody[] {
  const known = new Set(
    factsOf(snapshot.facts, 'alert.raised').map(({ body }) => `${body.what} ${body.episode}`),
  )
  return episodesOf(snapshot, verdicts).flatMap(({ episode, title, text, recovered }): FactBody[] => {
    const raised = known.has(`raised ${episode}`)
    const alert = (what: 'raised' | 'recovered', words: string): FactBody => ({
      kind: 'alert.raised',
      episode,
      what,
      title: headline(title, 200),
      text: words.slice(0, 3000),
    })
    if (!raised)
      return [
        alert('raised', text),
        { kind: 'incident', sentence: incidentText(snapshot, verdicts, title, text) },
      ]
    return recovered !== null && !known.has(`recovered ${episode}`) ? [alert('recovered', recovered)] : []
  })
}

function episodesOf(snapshot: RolloutSnapshot<Policy>, verdicts: RolloutVerdicts): Episode[] {
  const { facts, environment } = snapshot
  const rollbacks = factsOf(facts, 'deploy.intended').filter(({ body }) => body.purpose === 'rollback')
  const endOf = (deployment: number) => {
    const intents = rollbacks.filter(({ body }) => body.replaces === deployment).map(({ seq }) => seq)
    return factsOf(facts, 'rollback.ended').find(({ body }) => body.ok && intents.includes(body.intent))
  }
  // Whether this deployment recovered or a later one took its place.
  const healthyAfter = (seq: number) =>
    factsOf(facts, 'window.ended').find((one) => one.seq > seq && one.body.outcome === 'healthy')?.body
      .sentence ?? null
  const failed = factsOf(facts, 'rollout.failed').map(({ seq, body }): Episode => {
    const back = rollbacks.find((one) => one.body.replaces === body.deployment)
    const next = back
      ? `It is rolled back to ${short(back.body.sha)}.`
      : `Nothing is rolled back: ${body.keeps ?? 'no healthy commit is known'}.`
    return {
      episode: `failed:${seq}`,
      title: `${short(body.sha)} failed in ${environment}`,
      text: `${body.sentence} ${next}`,
      recovered: endOf(body.deployment)?.body.sentence ?? healthyAfter(seq),
    }
  })
  const heldOnly = factsOf(facts, 'rollout.held').filter(
    ({ body }) => !factsOf(facts, 'rollout.failed').some((one) => one.body.deployment === body.deployment),
  )
  const held = heldOnly.map(
    ({ seq, body }): Episode => ({
      episode: `held:${seq}`,
      title: `${environment} waits for a person`,
      text: `${body.sentence} ${whatToDo(snapshot)}`,
      recovered: healthyAfter(seq),
    }),
  )
  const lost = factsOf(facts, 'rollback.ended')
    .filter(({ body }) => !body.ok)
    .map(
      ({ seq, body }): Episode => ({
        episode: `rollback:${seq}`,
        title: `The rollback in ${environment} FAILED`,
        text: `${body.sentence} What stands there now is not known to be healthy. Somebody must look at once.`,
        recovered: healthyAfter(seq),
      }),
    )
  const unstarted = factsOf(facts, 'work.failed')
    .filter(({ body }) => body.what.startsWith('deploy:'))
    .map(
      ({ seq, body }): Episode => ({
        episode: `unstarted:${seq}`,
        title: `A deployment to ${environment} did not begin`,
        text: `${body.reason} ${code('/agent retry')} on its merged pull request tries it again; a next commit is tried by itself.`,
        recovered: healthyAfter(seq),
      }),
    )
  return [
    ...unstarted,
    ...failed,
    ...held,
    ...lost,
    ...overLimits(snapshot, verdicts),
    ...uninvited(snapshot, verdicts),
  ]
}

/** Only where a person is asked is there a check with buttons. */
function whatToDo({ policy, environment }: RolloutSnapshot<Policy>): string {
  const asks = policy.ok && asksPeople(policy.policy.rollout.environments, environment)
  return asks
    ? 'Open countersign/deploy on the commit and decide.'
    : 'Look at it; the next commit takes its place.'
}

/**
 * Monitors that only alert: an episode begins when their rule is met, and ends with a value within it or with another
 * deployment in the place of the one that they were over with.
 */
function overLimits(
  { environment, facts }: RolloutSnapshot<Policy>,
  { watched }: RolloutVerdicts,
): Episode[] {
  if (!watched) return []
  const raised = new Set(factsOf(facts, 'alert.raised').map(({ body }) => body.episode))
  const of = (deployment: number) => `monitor:${deployment}:`
  const now = (watched.window?.alerts ?? []).flatMap(({ name, over, sentence }): Episode[] => {
    const episode = `${of(watched.seen.id)}${name}`
    // An end without a beginning on record is nothing to tell.
    if (!over && !raised.has(episode)) return []
    return [
      {
        episode,
        title: `${name} is over its limit in ${environment}`,
        text: sentence,
        recovered: over ? null : sentence,
      },
    ]
  })
  const left = [...raised].flatMap((episode): Episode[] => {
    const [, deployment, name] = /^monitor:(\d+):(.+)$/s.exec(episode) ?? []
    if (name === undefined || episode.startsWith(of(watched.seen.id))) return []
    const text = `Deployment ${deployment} stands in ${environment} no more, and with it went what was over the limit.`
    return [{ episode, title: `${name} is over its limit in ${environment}`, text, recovered: text }]
  })
  return [...now, ...left]
}

/** Agents' work that came to an environment without our word: past the rule, or where policy knows no environment (R1). */
function uninvited(snapshot: RolloutSnapshot<Policy>, { stranger, settings }: RolloutVerdicts): Episode[] {
  const { policy, environment } = snapshot
  if (!policy.ok || Object.keys(policy.policy.rollout.environments).length === 0) return []
  const asks = settings !== null && asksPeople(policy.policy.rollout.environments, environment)
  if (settings !== null && !asks) return []
  if (!stranger || stranger.seen.reading?.state === 'waiting') return []
  const { seen: newest, range } = stranger
  // Only an agent's change, or one that is not known to be a person's.
  if (range.agents.length === 0 && range.verdict.state !== 'fail') return []
  const what =
    settings === null
      ? `Policy knows no environment ${code(environment)}. Name it under \`rollout.environments\`, or delete it on GitHub.`
      : `Nobody approved it here. Protect the environment with Countersign's deployment rule, and look at what stands there.`
  return [
    {
      episode: `uninvited:${newest.id}`,
      title: `${short(newest.sha)} was deployed to ${environment} past Countersign`,
      text: `Deployment ${newest.id} of ${newest.sha} brings the work of an agent. ${what}`,
      recovered: null,
    },
  ]
}

/** The incident as a comment: what happened, what was measured, who is told, what to do. */
function incidentText(
  snapshot: RolloutSnapshot<Policy>,
  { settings, last, state }: RolloutVerdicts,
  title: string,
  text: string,
): string {
  const mention = settings?.alerts.mention.map((one) => `@${one}`).join(' ') ?? ''
  const lines = [
    `**${title}**`,
    '',
    text,
    '',
    `- Environment: ${code(snapshot.environment)}`,
    `- Stood there: ${state.standing ? code(short(state.standing)) : 'not known'}`,
    ...(settings?.alerts.channel ? [`- Also sent to the channel ${code(settings.alerts.channel)}`] : []),
    ...(mention ? [`- Told: ${mention}`] : []),
    ...(last?.window ? ['', ...samplesTable(last.window.rows)] : []),
    '',
    `What happened, step by step: \`npm run countersign -- trace ${short(last?.seen.sha ?? state.standing ?? snapshot.branch.tip)}\`.`,
  ]
  return lines.join('\n').slice(0, 4000)
}

/** Alerts on record that have not left the house; without a channel the incident issue is all there is. */
export function alertActions(snapshot: RolloutSnapshot<Policy>, { settings }: RolloutVerdicts): Action[] {
  const channel = settings?.alerts.channel
  const sent = new Set(factsOf(snapshot.facts, 'alert.sent').map(({ body }) => body.of))
  const due = (fact: FactOf<'alert.raised'>) => !sent.has(fact.seq)
  if (channel === undefined) return []
  return factsOf(snapshot.facts, 'alert.raised')
    .filter(due)
    .map(({ seq, body: { episode, what, title, text } }) => ({
      kind: 'alert',
      subject: snapshot.key,
      of: seq,
      channel,
      message: { episode, kind: what, title, text, url: null },
    }))
}

/** Incidents that do not stand on the incident issue yet. */
export function incidentActions(snapshot: RolloutSnapshot<Policy>): Action[] {
  const reported = new Set(factsOf(snapshot.facts, 'incident.reported').map(({ body }) => body.of))
  return factsOf(snapshot.facts, 'incident')
    .filter(({ seq }) => !reported.has(seq))
    .map(({ seq, body }) => ({
      kind: 'reportIncident',
      subject: snapshot.key,
      repository: snapshot.repository.name,
      of: seq,
      sentence: body.sentence,
    }))
}
