/** What a change to the `rollout:` part of policy loosens, in words (T14, T21). */
import { environmentId } from '../core/ids.ts'
import { code, listed } from '../core/sentences.ts'
import {
  asksPeople,
  type EnvironmentSettings,
  type RolloutSettings,
  settingsOf,
} from '../rollout/settings.ts'

/** One sentence for each thing that becomes looser; empty when nothing does. */
export function loosenedRollout(before: RolloutSettings, after: RolloutSettings): string[] {
  return Object.entries(before.environments).flatMap(([name, was]) => {
    const is = settingsOf(after.environments, name)
    const where = code(`rollout.environments.${name}`)
    if (!is) return [`Nothing is asked, watched or rolled back in ${code(name)} any more (${where}).`]
    const asked = asksPeople(before.environments, name) && !asksPeople(after.environments, name)
    return [
      asked ? `Nobody is asked before ${code(name)} any more.` : null,
      was.deploy !== 'observe' && is.deploy === 'observe'
        ? `Countersign no longer deploys to ${code(name)}: whether anything is held there depends on a deployment protection rule of GitHub.`
        : null,
      was.after !== undefined && environmentId(is.after ?? '') !== environmentId(was.after)
        ? `${code(name)} no longer waits for ${code(was.after)}.`
        : null,
      was.four_eyes && !is.four_eyes ? `One person is enough for ${code(name)}.` : null,
      is.expires_hours > was.expires_hours
        ? `An approval for ${code(name)} counts for ${is.expires_hours} hours, ${was.expires_hours} before.`
        : null,
      gone(`Freeze windows of ${code(name)} that are gone`, was.freeze, is.freeze),
      gone(`Changes that may be rolled back in ${code(name)} now`, was.irreversible, is.irreversible),
      gone(`Probes of ${code(name)} that are gone`, was.canary.probes, is.canary.probes),
      was.canary.workflow !== undefined && is.canary.workflow === undefined
        ? `The smoke test of ${code(name)} is gone.`
        : null,
      is.window_minutes < was.window_minutes
        ? `${code(name)} is watched for ${is.window_minutes} minutes, ${was.window_minutes} before.`
        : null,
      is.inconclusive_samples > was.inconclusive_samples
        ? `More samples may say nothing in ${code(name)}: ${was.inconclusive_samples} before, ${is.inconclusive_samples} after.`
        : null,
      is.sample_seconds > was.sample_seconds
        ? `${code(name)} is looked at every ${is.sample_seconds} seconds, ${was.sample_seconds} before.`
        : null,
      was.alerts.channel !== undefined && is.alerts.channel === undefined
        ? `No channel is alerted about ${code(name)} any more.`
        : null,
      ...loosenedRequests(name, was.requests, is.requests),
      ...loosenedMonitors(name, was, is),
    ].filter((words) => words !== null)
  })
}

function loosenedRequests(
  name: string,
  was: EnvironmentSettings['requests'],
  is: EnvironmentSettings['requests'],
): string[] {
  if (!was) return []
  if (!is) return [`How many requests a sample of ${code(name)} covers is not counted any more.`]
  const words: string[] = []
  if (is.minimum < was.minimum)
    words.push(`A sample of ${code(name)} needs ${is.minimum} requests, ${was.minimum} before.`)
  if (JSON.stringify(is.source) !== JSON.stringify(was.source))
    words.push(`The requests of ${code(name)} are counted by another source (T21).`)
  return words
}

function loosenedMonitors(name: string, was: EnvironmentSettings, is: EnvironmentSettings): string[] {
  return Object.entries(was.monitors).flatMap(([monitor, before]) => {
    const after = is.monitors[monitor]
    const which = `${code(monitor)} in ${code(name)}`
    if (!after) return [`The monitor ${which} is gone.`]
    const words: string[] = []
    if (before.on === 'rollback' && after.on === 'alert') words.push(`${which} only alerts now.`)
    if (after.above > before.above)
      words.push(`The limit of ${which} goes from ${before.above} to ${after.above}.`)
    if (after.rule !== before.rule)
      words.push(`${which} goes by the rule ${code(after.rule)}, ${code(before.rule)} before.`)
    if (timesOf(after) > timesOf(before))
      words.push(`${which} may rise to ${timesOf(after)} times its baseline, ${timesOf(before)} before.`)
    if (after.samples > before.samples)
      words.push(`${which} must be over its limit in ${after.samples} samples, ${before.samples} before.`)
    if (JSON.stringify(after.source) !== JSON.stringify(before.source))
      words.push(`${which} is read from another source: look whether it still measures the service (T21).`)
    const [ceilingBefore, ceilingAfter] = [ceilingOf(before), ceilingOf(after)]
    if (ceilingAfter > ceilingBefore)
      words.push(`The ceiling of ${which} goes from ${ceilingBefore} to ${ceilingAfter}.`)
    return words
  })
}

/** A limit that does not grow with the baseline. */
const fixed = 1

function timesOf(monitor: EnvironmentSettings['monitors'][string]): number {
  return 'times_baseline' in monitor ? (monitor.times_baseline ?? fixed) : fixed
}

function ceilingOf(monitor: EnvironmentSettings['monitors'][string]): number {
  return 'ceiling' in monitor ? (monitor.ceiling ?? Number.POSITIVE_INFINITY) : Number.POSITIVE_INFINITY
}

function gone(what: string, was: readonly unknown[], is: readonly unknown[]): string | null {
  const kept = new Set(is.map((one) => JSON.stringify(one)))
  const missing = was.map((one) => JSON.stringify(one)).filter((one) => !kept.has(one))
  return missing.length > 0 ? `${what}: ${listed(missing.map((one) => code(one)))}.` : null
}
