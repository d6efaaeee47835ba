/** The story of a change as lines for a terminal: who asked, the plan, the sessions, who approved what bytes, the merge. */
import { type Fact, factsOf, lastFact } from '../core/facts.ts'
import type { SubjectKey } from '../core/ids.ts'
import { count, headline, short } from '../core/sentences.ts'

interface Chain {
  key: SubjectKey
  facts: readonly Fact[]
}

/** Lines for one task and its pull request; either may be missing. Text of others loses its control characters. */
export function traceLines(task: Chain | null, pull: Chain | null): string[] {
  return [
    ...(task ? taskLines(task) : []),
    ...(pull ? [...(task ? [''] : []), ...pullLines(pull)] : []),
    '',
  ].map((line) => line.replace(/\p{C}/gu, '\u{fffd}').trimEnd())
}

const when = (fact: Fact) => new Date(fact.atMs).toISOString().slice(0, 16).replace('T', ' ')
const usd = (amount: number) => `$${amount.toFixed(2)}`
const titled = (title: string, lines: string[]) => (lines.length === 0 ? [] : ['', title, ...lines])

function taskLines({ key, facts }: Chain): string[] {
  const frozen = lastFact(facts, 'bundle.frozen')
  const route = lastFact(facts, 'route.chosen')
  return [
    `${key}${frozen ? `  ${headline(frozen.body.title, 80)}` : ''}`,
    ...(frozen
      ? [
          `  asked by   ${frozen.body.delegator.login} (${frozen.body.delegator.id}), ${when(frozen)}`,
          `  bundle     ${short(frozen.body.digest)}, risk ${frozen.body.bundle.riskClass}`,
          ...(frozen.body.profile === undefined ? [] : [`  profile    ${frozen.body.profile}`]),
        ]
      : []),
    ...(route ? [`  route      ${route.body.route}, because ${headline(route.body.why, 100)}`] : []),
    ...titled(
      '  plans',
      factsOf(facts, 'plan.issued').map(
        (fact) =>
          `    ${short(fact.body.digest)} in commit ${short(fact.body.commit)} on base ${short(fact.body.base)}, ${when(fact)}: ${headline(fact.body.record.plan.summary, 80)}`,
      ),
    ),
    ...sessionLines(facts),
    ...titled(
      '  pushed',
      factsOf(facts, 'work.pushed').map(
        (fact) => `    ${short(fact.body.sha)} after ${fact.body.phase}, ${when(fact)}`,
      ),
    ),
  ]
}

function sessionLines(facts: readonly Fact[]): string[] {
  const ended = factsOf(facts, 'attempt.ended')
  const total = ended.reduce((sum, { body }) => sum + body.costUsd, 0)
  const rows = ended.map(({ body }) => {
    const back = factsOf(facts, 'attempt.judged').some(
      (fact) =>
        fact.body.phase === body.phase &&
        fact.body.attempt === body.attempt &&
        fact.body.verdict === 'objections',
    )
    const outcome = back
      ? 'went back with objections'
      : body.outcome.kind === 'deliverable'
        ? 'handed in'
        : body.outcome.kind
    return `    ${`${body.phase} ${body.attempt}`.padEnd(26)} ${body.model.padEnd(18)} ${usd(body.costUsd).padStart(7)}  ${outcome}`
  })
  return titled(`  ${count(ended.length, 'session')}, ${usd(total)}`, rows)
}

function pullLines({ key, facts }: Chain): string[] {
  const decisions = factsOf(facts, 'decision').map(
    (fact) =>
      `    ${fact.body.by.login.padEnd(20)} ${`${fact.body.verdict} ${fact.body.check.replace('countersign/', '')}`.padEnd(16)} at ${short(fact.body.sha)}, bound to ${short(fact.body.bound)}, by ${fact.body.source}, ${when(fact)}${fact.body.reason ? `: ${headline(fact.body.reason, 80)}` : ''}`,
  )
  const queued = factsOf(facts, 'group.joined').map(
    (fact) => `    ${short(fact.body.head)} in ${fact.body.group}, ${when(fact)}`,
  )
  const merges = factsOf(facts, 'merged').map(
    (fact) =>
      `    ${short(fact.body.head)} into ${fact.body.landedOn} as ${short(fact.body.merge)}, ${when(fact)}`,
  )
  return [
    key,
    ...titled('  decisions', decisions),
    ...titled('  merge queue', queued),
    ...titled('  merged', merges),
    ...titled(
      '  incidents',
      factsOf(facts, 'incident').map((fact) => `    ${headline(fact.body.sentence, 200)}`),
    ),
    ...(merges.length > 0
      ? [
          '',
          '  Verdicts of gates are not kept: they stand in the check countersign/gates of the merged head on GitHub.',
        ]
      : []),
  ]
}
