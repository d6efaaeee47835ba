/** Repairs of a red CI, folded from facts: what failed where, what was tried, and when a person takes over (P3, P8). */
import { digestOf } from '../core/digest.ts'
import { type Fact, type FactOf, factsOf } from '../core/facts.ts'
import { acceptedCommands } from './attempts.ts'

type Red = FactOf<'ci.red'>

/** What was recorded about red CI since a plan was issued; the last one is what a repair works on. */
export function redsSince(facts: readonly Fact[], issuedSeq: number): Red[] {
  return factsOf(facts, 'ci.red').filter((fact) => fact.seq > issuedSeq)
}

/** seq of the last accepted `/agent retry`, or -1: what was tried before it does not count towards the cap. */
export function lastRetry(facts: readonly Fact[]): number {
  const retries = acceptedCommands(facts).filter((one) => one.verb === 'retry')
  return Math.max(-1, ...retries.map((one) => one.settledSeq))
}

/** Why no further repair is tried, or null: the cap of P3 over pushed repairs, or a failure that a repair left as it was. */
export function repairsEnd(facts: readonly Fact[], issuedSeq: number, cap: number): string | null {
  const since = Math.max(issuedSeq, lastRetry(facts))
  const reds = redsSince(facts, issuedSeq)
  const pushed = factsOf(facts, 'work.pushed').filter(
    ({ seq, body }) => body.phase === 'repair' && seq > since,
  )
  const last = reds.at(-1)
  const repaired = reds.filter((red) => red.seq > since && red.body.sha !== last?.body.sha)
  if (last && repaired.some((red) => failurePrint(red) === failurePrint(last)))
    return 'CI fails exactly as it did before the repair, so another one would not help'
  if (pushed.length >= cap)
    return `${pushed.length} of ${cap} repairs were pushed and CI is still red (pipeline.attempts)`
  return null
}

/** Numbers, hashes and white space differ between runs of the same failure. */
function failurePrint(red: Red): string {
  return digestOf(
    red.body.jobs
      .map(({ name, log }) => [
        name,
        log
          .replace(/[0-9a-f]{7,}|\d+/gi, '0')
          .replace(/\s+/g, ' ')
          .trim(),
      ])
      .sort(),
  )
}

/** What a repair session reads: each failing job with its cut log, and what became of the repairs before. */
export function failureText(facts: readonly Fact[], issuedSeq: number): string | null {
  const reds = redsSince(facts, issuedSeq)
  const last = reds.at(-1)
  if (!last) return null
  const earlier = reds.filter((red) => red.body.sha !== last.body.sha).slice(-3)
  return [
    ...earlier.flatMap((red) => [
      `Before the last repair, at ${red.body.sha.slice(0, 12)}, CI failed with:`,
      ...red.body.jobs.map((job) => `- ${job.name}: ${firstLines(job.log)}`),
      '',
    ]),
    `At ${last.body.sha.slice(0, 12)} these jobs of the repository's CI failed:`,
    ...last.body.jobs.flatMap((job) => [
      '',
      `Job ${job.name}${job.workflowPath === null ? '' : ` of ${job.workflowPath}`}, ${job.conclusion ?? 'no conclusion'}; ${onBase[job.onBase]}`,
      job.log === '' ? '(no log could be read)' : job.log,
    ]),
  ].join('\n')
}

const onBase = {
  passes: 'it passes on the base commit.',
  fails: 'it fails on the base commit too, so leave it alone.',
  unknown: 'how it ends on the base commit is not known.',
}

function firstLines(log: string): string {
  return log.split('\n').slice(0, 8).join(' / ').slice(0, 600)
}
