/** The end of the story: how many requests, which sessions at what cost, and whether the ledger verifies. */
import { factsOf } from '../src/core/facts.ts'
import { addUsage, noUsage } from '../src/core/usage.ts'
import type { Stage } from './stage.ts'

export interface Summary {
  /** False when the ledger does not verify. */
  verified: boolean
  rows: [name: string, value: string][]
  /** The same figures for `--json`. */
  figures: object
}

/** @param story how many steps there are, how many were proven, and since when (real time). */
export async function summarise(
  stage: Stage,
  story: { steps: number; proven: number; startedMs: number },
): Promise<Summary> {
  const { ledger } = stage.app
  const verification = await ledger.verify()
  const sessions = []
  for (const subject of await ledger.subjects({ prefix: 'task:' })) {
    sessions.push(...factsOf(await ledger.facts(subject), 'attempt.ended').map((fact) => fact.body))
  }
  const usage = sessions.reduce((sum, one) => addUsage(sum, one.usage), noUsage)
  const costUsd = sessions.reduce((sum, one) => sum + one.costUsd, 0)
  const requests = stage.github.requests.filter(
    ({ path }) => path.startsWith('/api/') || path.startsWith('/graphql'),
  )
  const misfits = stage.github.violations.length
  const seconds = (Date.now() - story.startedMs) / 1000
  const tokensIn = usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteTokens
  const number = (value: number) => value.toLocaleString('en-US')
  return {
    verified: verification.ok,
    rows: [
      ['Steps', `${story.proven} of ${story.steps} proven in ${seconds.toFixed(1)} s`],
      [
        'GitHub',
        `${number(requests.length)} API requests and ${number(stage.github.events.length)} webhooks, ${misfits === 0 ? 'every one' : `all but ${misfits}`} valid against GitHub's own description`,
      ],
      [
        'Sessions',
        `${sessions.length} with ${number(tokensIn)} tokens in and ${number(usage.outputTokens)} out, $${costUsd.toFixed(2)} at list prices`,
      ],
      [
        'Ledger',
        verification.ok
          ? `verified: ${verification.facts} facts in ${verification.subjects} chains`
          : `BROKEN at ${verification.broken?.subject}, fact ${verification.broken?.seq}: ${verification.broken?.reason}`,
      ],
    ],
    figures: {
      ok: verification.ok && story.proven === story.steps,
      steps: story.steps,
      proven: story.proven,
      seconds,
      githubRequests: requests.length,
      webhooks: stage.github.events.length,
      sessions: sessions.length,
      usage,
      costUsd,
      ledger: verification,
    },
  }
}
