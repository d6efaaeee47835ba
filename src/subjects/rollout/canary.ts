/** The canary of a deployment: probes of its address, and the smoke test that was started for it (R1). */
import { code, listed } from '../../core/sentences.ts'
import type { RolloutSnapshot } from '../../core/snapshot/rollout.ts'
import { fail, pass, type Verdict, wait } from '../../core/verdict.ts'
import type { Policy } from '../../policy/schema.ts'
import type { EnvironmentSettings } from '../../rollout/settings.ts'
import type { Seen } from '../../rollout/state.ts'
import { probesOf } from './needs.ts'

export function judgeCanary(
  snapshot: RolloutSnapshot<Policy>,
  settings: EnvironmentSettings | null,
  seen: Seen,
): Verdict {
  if (seen.canary)
    return seen.canary.body.ok ? pass(seen.canary.body.sentence) : fail(seen.canary.body.sentence)
  const overdue = snapshot.nowMs > canaryUntilMs(seen, settings)
  if (!settings)
    return overdue && seen.intent?.body.purpose === 'rollback'
      ? fail('what it would be is in a policy that cannot be used.')
      : wait('Policy says nothing that could be used of this environment.')
  const { probes, workflow } = settings.canary
  if (probes.length === 0 && workflow === undefined) return pass('No canary is configured.')
  if (probes.length > 0) {
    if (!seen.reading?.environmentUrl)
      return overdue
        ? fail('The deployment names no address (`environment_url`) to probe.')
        : wait('The deployment names no address (`environment_url`) to probe yet.')
    const request = probesOf(seen, settings)
    const result = request && snapshot.evidence.get(request)
    if (!result) return wait('The canary is being probed.')
    if (!result.ok) return fail(`The canary could not be probed: ${result.reason}`)
    const bad = result.body.results.filter(({ ok }) => !ok)
    if (bad.length > 0)
      return fail(
        bad
          .map(({ sentence }) => sentence)
          .join(' ')
          .slice(0, 2000),
      )
    if (workflow === undefined)
      return pass(`Probed: ${listed(result.body.results.map(({ name }) => code(name)))}.`)
  }
  return judgeSmoke(snapshot, seen, overdue)
}

/** When a canary without a result has failed. */
export function canaryUntilMs({ sinceMs }: Seen, settings: EnvironmentSettings | null): number {
  return sinceMs + ((settings?.deploy_minutes ?? 60) + (settings?.canary.minutes ?? 15)) * 60_000
}

/** The smoke workflow, by the run that we started and nothing else (T15). */
function judgeSmoke({ smoke }: RolloutSnapshot<Policy>, seen: Seen, overdue: boolean): Verdict {
  if (!seen.smoke) return wait('The smoke test is started.')
  if (smoke === 'unknown') return wait('The smoke test could not be read; it is asked for again.')
  if (smoke?.id === seen.smoke.body.runId && smoke.ended)
    return smoke.conclusion === 'success'
      ? pass('The smoke test succeeded.')
      : fail(`The smoke test ended with ${code(smoke.conclusion ?? 'no conclusion')} (run ${smoke.id}).`)
  return overdue ? fail('The smoke test has not ended in time.') : wait('The smoke test is running.')
}
