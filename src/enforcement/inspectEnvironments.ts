/** Environments as doctor judges them: whether they are protected, and what would hold a rollback (A5, R2, R4). */
import { count, listed } from '../core/sentences.ts'
import { type Finding, green, red } from './finding.ts'
import type { EnvironmentReading } from './protection.ts'

export const inspectEnvironments =
  (settings: string) =>
  (all: EnvironmentReading[]): Finding => {
    const named = (some: EnvironmentReading[]) => listed(some.map((one) => one.name))
    const open = all.filter((one) => one.rules.length === 0)
    const lax = all.filter((one) => one.adminsBypass)
    const mend = `Add a rule, and untick "Allow administrators to bypass", at ${settings}/environments.`
    if (open.length + lax.length > 0) {
      const parts = [
        ...(open.length > 0 ? [`no protection rule on ${named(open)}`] : []),
        ...(lax.length > 0 ? [`administrators can bypass ${named(lax)}`] : []),
      ]
      return red(`${parts.join('; ')}.`, mend)
    }
    const untold = all.filter((one) => one.adminsBypass === null)
    if (untold.length > 0) {
      const sentence = `Protected; GitHub does not say whether administrators can bypass ${named(untold)}.`
      return { state: 'amber', sentence, mend }
    }
    return green(all.length === 0 ? 'There are none.' : `${count(all.length, 'environment')} protected.`)
  }

/** A rollback goes through the environment's rules like any deployment: what waits for a person or a timer holds it. */
export const inspectRollback =
  (settings: string) =>
  (all: EnvironmentReading[]): Finding => {
    const held = all.flatMap(({ name, rules }) => {
      const by = rules.flatMap((rule) => holds[rule] ?? [])
      return by.length > 0 ? [`${name} waits for ${listed(by)}`] : []
    })
    if (held.length === 0) return green('Nothing.')
    return red(
      `A rollback would be held: ${held.join('; ')}.`,
      `Take the reviewers and the timer away at ${settings}/environments, and let Countersign's deployment rule ask people instead: it lets its own rollback through at once (docs/rollout.md).`,
    )
  }

const holds: Readonly<Record<string, string>> = {
  required_reviewers: 'a reviewer',
  wait_timer: 'a timer',
}
