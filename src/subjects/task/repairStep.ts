/** The steps from red CI to a repair: read what failed, run flaky jobs again, repair, or hand over (P8). */
import { factsOf, lastFact } from '../../core/facts.ts'
import { bounded, outgoingText } from '../../core/outgoingText.ts'
import { code, listed } from '../../core/sentences.ts'
import type { CiCheck, PullSnapshot } from '../../core/snapshot/pull.ts'
import { lastRetry, redsSince, repairsEnd } from '../../pipeline/repairs.ts'
import { stateOf } from '../../pipeline/taskState.ts'
import type { Policy } from '../../policy/schema.ts'
import type { TaskContext } from './context.ts'
import { type Step, step } from './verdicts.ts'

/** How long a rerun that was asked for may take to show up before the repair goes on without it. */
const rerunShowsMs = 10 * 60_000

/**
 * The step for red CI at the head of our own draft.
 *
 * @param checks the checks of the repository's CI that count and failed.
 * @param sentence the gate's own words on them.
 * @param phase gives the step of the repair phase, with its budget.
 */
export function repairStep(
  context: TaskContext,
  pull: PullSnapshot<Policy>,
  checks: CiCheck[],
  sentence: string,
  phase: () => Step | null,
): Step {
  const { facts, issued, snapshot, policy } = context
  const { number, head } = pull.pull
  const failed = checks.slice(0, 20)
  if (!issued || failed.length === 0)
    return step(
      'person',
      `CI is red on #${number}: ${sentence} There is no failed job to read. Repair it there by hand, or \`/agent reject plan <reason>\`.`,
    )
  const { sha } = head
  const ids = failed.map((check) => check.checkRunId).sort((a, b) => a - b)
  const again = rerun(context, failed, ids, sha)
  if (again) return again
  const red = redsSince(facts, issued.seq).at(-1)
  const isRead =
    red?.body.sha === sha &&
    red.body.jobs
      .map((job) => job.checkRunId)
      .sort((a, b) => a - b)
      .join() === ids.join()
  const { attempts } = stateOf(context, 'repair')
  // A person's retry asks the base again, unless a repair of this very failure is under way.
  if (!isRead || (red.seq < lastRetry(facts) && attempts.length === 0))
    return step('machine', `CI is red on #${number}: what failed is being read.`, {
      effects: [
        {
          kind: 'readCi',
          subject: snapshot.key,
          sha,
          base: issued.body.base,
          checks: failed,
          after: Math.max(issued.seq, lastRetry(facts)),
        },
      ],
    })
  const own = red.body.jobs.filter((job) => job.onBase !== 'fails')
  if (own.length === 0) return baseFails(context, red.body)
  if (own.every((job) => job.workflowPath === null))
    return handOff(
      context,
      `${listed(own.map((job) => code(job.name)))} failed, which is no job of GitHub Actions, so there is no log to repair from`,
    )
  const end = attempts.length === 0 ? repairsEnd(facts, issued.seq, policy.pipeline.attempts) : null
  if (end) return handOff(context, end)
  return phase() ?? step('machine', `CI is red on #${number}: the repair is accepted and pushed next.`)
}

/**
 * Flaky jobs run once more when policy says so. It is recorded before it is asked for, and asked for until it shows: what
 * a crash cut off is made up for, and a run that was asked for is not asked again (S7).
 */
function rerun(context: TaskContext, failed: CiCheck[], ids: number[], sha: string): Step | null {
  const { facts, snapshot, policy } = context
  const runIds = [...new Set(failed.flatMap((check) => (check.runId === null ? [] : [check.runId])))]
  if (!policy.pipeline.rerun_flaky_ci || runIds.length === 0) return null
  const asked = factsOf(facts, 'ci.rerun').findLast(({ body }) => body.sha === sha)
  const ask = { kind: 'rerunCi', repository: snapshot.repository.name, runIds } as const
  if (!asked)
    return step('machine', 'CI is red: the failed jobs run once more, in case they are flaky.', {
      records: [{ kind: 'ci.rerun', sha, checks: ids }],
      effects: [ask],
    })
  const until = asked.atMs + rerunShowsMs
  const same = asked.body.checks.join() === ids.join()
  return same && snapshot.nowMs < until
    ? step('machine', 'CI is red: waiting for the failed jobs to run once more.', {
        effects: [ask, { kind: 'wake', subject: snapshot.key, atMs: until }],
      })
    : null
}

function baseFails(context: TaskContext, red: { base: string; jobs: { name: string }[] }): Step {
  const { ref } = context.snapshot.base
  const sentence = `CI is red, and ${listed(red.jobs.map((job) => code(job.name)))} ${red.jobs.length === 1 ? 'fails' : 'fail'} on the base commit ${red.base.slice(0, 12)} as well, so the change is not the cause and no repair was tried (P8). Repair ${code(ref)} first; then run the jobs again, or start over from the new base with \`/agent reject plan <reason>\`. \`/agent retry\` looks again.`
  return step('person', sentence, { comments: [{ marker: 'failed:ci', body: sentence }] })
}

function handOff(context: TaskContext, reason: string): Step {
  const { facts, issued, snapshot } = context
  const number = snapshot.pull?.pull.number ?? 0
  const reds = redsSince(facts, issued?.seq ?? 0)
  const handed = lastFact(facts, 'phase.handedOff')
  const recorded = handed?.body.phase === 'repair' && handed.seq > (reds.at(-1)?.seq ?? -1)
  const tried = reds.flatMap((red) =>
    red.body.jobs.map(
      (job) =>
        `- at ${red.body.sha.slice(0, 12)}, ${outgoingText(`${job.name}: ${job.log}`, { inline: true, most: 700 })}`,
    ),
  )
  const body = [
    `The repair of CI is handed to a person: ${reason}. It is not done.`,
    '',
    '**What CI said, head by head**',
    ...tried,
    '',
    '**What a person with write access can do**',
    '1. Comment `/agent retry`: the repair goes on with a fresh count.',
    '2. Comment `/agent reject plan <reason>`: the planning session goes on with the reason.',
    `3. Finish the draft pull request #${number} by hand, and comment \`/agent stop\` here.`,
  ].join('\n')
  return step('person', `repair: handed to a person, because ${reason}. \`/agent retry\` tries again.`, {
    records: recorded ? [] : [{ kind: 'phase.handedOff', phase: 'repair', reason: reason.slice(0, 4000) }],
    comments: [{ marker: 'handoff:repair', body: bounded(body, 30_000) }],
  })
}
