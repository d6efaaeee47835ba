/** What a rollout's round wants to be collected: the way in git, what monitors showed, and the canary's probes. */
import { digestOf } from '../../core/digest.ts'
import type { EvidenceRequest } from '../../core/evidence.ts'
import type { Sha } from '../../core/ids.ts'
import type { RolloutSnapshot } from '../../core/snapshot/rollout.ts'
import { sourcesOf, type WatchRules } from '../../core/watch.ts'
import type { Policy } from '../../policy/schema.ts'
import { revertRequests } from '../../rollout/reverts.ts'
import {
  type EnvironmentSettings,
  probeChecks,
  settingsOf,
  type WayBack,
  watchRules,
  wayBack,
} from '../../rollout/settings.ts'
import { type Start, startOf as start } from '../../rollout/start.ts'
import type { Seen } from '../../rollout/state.ts'
import { wayTo } from '../../rollout/way.ts'
import { mostSamples } from '../../rollout/window.ts'

/** The start of judging a snapshot, and of asking for its evidence. */
export function startOf({
  facts,
  deployments,
  policy,
  environment,
  before,
  branch,
}: RolloutSnapshot<Policy>): Start {
  const settings = policy.ok ? settingsOf(policy.policy.rollout.environments, environment) : null
  return start({ settings, facts, deployments, tip: branch.tip, before: before?.facts ?? null })
}

export function wayOf(
  from: Sha | null,
  to: Sha | null,
): Extract<EvidenceRequest, { kind: 'commits' }> | null {
  return from === null || to === null || from === to ? null : { kind: 'commits', base: from, head: to }
}

/** The files of a way, looked at where policy says that some changes cannot be taken back. */
export function filesOf(
  { irreversible }: WayBack,
  from: Sha | null,
  to: Sha,
): Extract<EvidenceRequest, { kind: 'diff' }> | null {
  return from === null || from === to || irreversible.length === 0
    ? null
    : { kind: 'diff', base: from, head: to }
}

/** The probes of a deployment's canary, or null when none are asked for or there is no address to ask. */
export function probesOf(
  { id, reading }: Seen,
  settings: EnvironmentSettings | null,
): Extract<EvidenceRequest, { kind: 'probes' }> | null {
  const checks = settings ? probeChecks(settings) : []
  const url = reading?.environmentUrl
  return checks.length === 0 || !url ? null : { kind: 'probes', deployment: id, url, checks }
}

/** What monitors showed before: the length of a window, up to when the deployment began. */
function baselineOf(
  { id, beganMs: toMs }: Pick<Seen, 'id' | 'beganMs'>,
  rules: WatchRules,
): Extract<EvidenceRequest, { kind: 'baseline' }> {
  const fromMs = Math.max(0, toMs - rules.samples * rules.intervalMs)
  return { kind: 'baseline', deployment: id, fromMs, toMs, sources: sourcesOf(rules) }
}

/** A figure that is read a little late still tells of its moment, however close the samples are. */
const shortestLateMs = 5000

/** The sample at a place of the window, from 1. */
function sampleOf(
  window: NonNullable<Seen['window']>['body'],
  place: number,
): Extract<EvidenceRequest, { kind: 'sample' }> {
  const { rules, deployment } = window
  const atMs = window.atMs + place * rules.intervalMs
  const untilMs = atMs + Math.max(rules.intervalMs, shortestLateMs)
  return { kind: 'sample', deployment, atMs, untilMs, sources: sourcesOf(rules) }
}

/** Places of the window that are due, in order. */
function dueSamples({ atMs, rules }: NonNullable<Seen['window']>['body'], nowMs: number): number[] {
  const due = Math.min(mostSamples(rules), Math.floor((nowMs - atMs) / rules.intervalMs))
  return Array.from({ length: Math.max(0, due) }, (_, index) => index + 1)
}

/** What a window is judged on, and was when it is over: the baseline, and the samples that were due until then. */
export function windowRequests(
  seen: Pick<Seen, 'id' | 'beganMs'>,
  window: NonNullable<Seen['window']>['body'],
  untilMs: number,
) {
  const samples = dueSamples(window, untilMs).map((place) => sampleOf(window, place))
  return { baseline: baselineOf(seen, window.rules), samples }
}

export function needs(snapshot: RolloutSnapshot<Policy>): EvidenceRequest[] {
  const { settings, state, target, last, stranger } = startOf(snapshot)
  const { current, standing } = state
  const back = wayBack(settings, snapshot.facts)
  const requests: (EvidenceRequest | null)[] = []
  const lookAt = (to: Sha, steps: RolloutSnapshot['range']) => {
    const way = wayTo(snapshot.facts, to, snapshot.evidence)
    requests.push(...way.requests, ...revertRequests(way.commits ?? [], steps === 'unknown' ? [] : steps))
  }
  if (target !== null) lookAt(target, snapshot.range)
  if (stranger && stranger.sha !== target) lookAt(stranger.sha, snapshot.came)
  if (target !== null) requests.push(filesOf(back, standing, target))
  // What a failure would be about, whatever else waits meanwhile.
  for (const { sha } of [...(current && !current.ended ? [current] : []), ...state.underWay])
    requests.push(wayOf(standing, sha), filesOf(back, standing, sha))
  if (current && !current.adopted && current.canary === null) requests.push(probesOf(current, settings))
  for (const seen of new Set([current, last]))
    if (seen) requests.push(...windowNeeds(snapshot, settings, seen))
  const wanted = requests.filter((request) => request !== null)
  return [...new Map(wanted.map((request) => [digestOf(request), request])).values()]
}

/** The baseline as soon as a deployment is seen, and the samples; of a window that is over those it was judged on. */
function windowNeeds(
  { nowMs }: RolloutSnapshot<Policy>,
  settings: EnvironmentSettings | null,
  seen: Seen,
): EvidenceRequest[] {
  const { window, ended, adopted, intent } = seen
  if (adopted || intent?.body.purpose === 'rollback') return []
  if (!window) return settings ? [baselineOf(seen, watchRules(settings))] : []
  const { baseline, samples } = windowRequests(seen, window.body, ended?.atMs ?? nowMs)
  return [baseline, ...samples]
}
