/** A change's way through an environment as lines for a terminal: who allowed it, what was watched, what was taken back (O1). */
import { type Fact, factsOf } from '../core/facts.ts'
import type { Sha, SubjectKey } from '../core/ids.ts'
import { count, headline, short } from '../core/sentences.ts'

const when = (fact: Fact) => new Date(fact.atMs).toISOString().slice(0, 16).replace('T', ' ')

/** @param merge the commit that the change landed as: only deployments that brought it are told. */
export function rolloutLines(
  { key, facts }: { key: SubjectKey; facts: readonly Fact[] },
  merge: Sha | undefined,
): string[] {
  const brought = new Set(
    facts.flatMap(({ body }) =>
      'steps' in body && merge !== undefined && body.steps.includes(merge) ? [body.deployment] : [],
    ),
  )
  const shas = new Set(
    factsOf(facts, 'deploy.seen').flatMap(({ body }) => (brought.has(body.deployment) ? [body.sha] : [])),
  )
  const intents = new Set(
    factsOf(facts, 'deploy.intended').flatMap(({ seq, body }) =>
      body.replaces !== null && brought.has(body.replaces) ? [seq] : [],
    ),
  )
  const lines = facts.flatMap((fact): string[] => {
    const { body } = fact
    const line = (text: string) => [`    ${when(fact)}  ${headline(text.replace(/[*`]/g, ''), 140)}`]
    switch (body.kind) {
      case 'deploy.decided':
        return shas.has(body.sha)
          ? line(`${body.by.login}: ${body.verdict} ${short(body.sha)}, bound to ${short(body.bound)}`)
          : []
      case 'deploy.seen':
        return brought.has(body.deployment) ? line(`deployment ${body.deployment} of ${short(body.sha)}`) : []
      case 'canary.ended':
        return brought.has(body.deployment)
          ? line(`canary ${body.ok ? 'passed' : 'failed'}: ${body.sentence}`)
          : []
      case 'window.opened':
        return brought.has(body.deployment)
          ? line(
              `watched for ${count(body.rules.samples, 'sample')}, ${count(body.rules.monitors.length, 'monitor')}`,
            )
          : []
      case 'window.ended':
        return brought.has(body.deployment) ? line(`window ${body.outcome}: ${body.sentence}`) : []
      case 'rollout.failed':
        return brought.has(body.deployment) ? line(`FAILED: ${body.sentence}`) : []
      case 'rollout.held':
        return brought.has(body.deployment) ? line(`held: ${body.sentence}`) : []
      case 'deploy.intended':
        return intents.has(fact.seq) ? line(`rolled back to ${short(body.sha)}`) : []
      case 'rollback.ended':
        return intents.has(body.intent)
          ? line(`rollback ${body.ok ? 'done' : 'FAILED'}: ${body.sentence}`)
          : []
      default:
        return []
    }
  })
  return [key, ...lines]
}
