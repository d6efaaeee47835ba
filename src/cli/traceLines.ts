/** The story of a change as lines for a terminal: who asked, the plan, the sessions, who approved what bytes, the merge. */
import { type Fact, factsOf, lastFact } from '../core/facts.ts'
import type { SubjectKey } from '../core/ids.ts'
import { count, headline, short } from '../core/sentences.ts'
import { rolloutLines } from './traceRollout.ts'

interface Chain {
  key: SubjectKey
  facts: readonly Fact[]
}

/** Lines for one task with the epic above it, and its pull request; each may be missing. Text of others loses its control characters. */
export function traceLines(
  task: Chain | null,
  pull: Chain | null,
  epic: Chain | null = null,
  rollouts: readonly Chain[] = [],
): string[] {
  return [
    ...(epic ? [...taskLines(epic), ''] : []),
    ...(task ? taskLines(task) : []),
    ...(pull ? [...(task ? [''] : []), ...pullLines(pull)] : []),
    ...rollouts.flatMap((rollout) => [
      '',
      ...rolloutLines(rollout, lastFact(pull?.facts ?? [], 'merged')?.body.merge),
    ]),
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
    ...familyLines(facts),
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

/** The epic above, the children below, and what a person took over from a session. */
function familyLines(facts: readonly Fact[]): string[] {
  const child = lastFact(facts, 'child.delegated')
  const issues = factsOf(facts, 'child.opened')
  return [
    ...(child
      ? [`  part of    ${child.body.parent}, as ${child.body.child} of the split ${short(child.body.split)}`]
      : []),
    ...factsOf(facts, 'draft.accepted').map(
      (fact) =>
        `  text       taken over from the proposal ${short(fact.body.digest)} by ${fact.body.by.login}, ${when(fact)}`,
    ),
    ...factsOf(facts, 'split.approved').map(
      (fact) =>
        `  split      ${short(fact.body.digest)} started by ${fact.body.by.login}, ${when(fact)}: ${issues
          .filter((one) => one.body.split === fact.body.digest)
          .map((one) => `#${one.body.issue}`)
          .join(' ')}`,
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

/** What the gates said of the merged head, or of the head that was ready last. */
function verdictLines(facts: readonly Fact[]): string[] {
  const head = lastFact(facts, 'merged')?.body.head
  const fact = factsOf(facts, 'verdicts.told').findLast(({ body }) => head === undefined || body.sha === head)
  if (!fact) return []
  const { sha, baseRef, sentence, gates, approvals } = fact.body
  const ran = gates.filter(({ state }) => state !== 'off')
  const off = gates.filter(({ state }) => state === 'off').map(({ gate }) => gate)
  return [
    ...titled(`  gates at ${short(sha)} for ${baseRef}, ${when(fact)}: ${headline(sentence, 120)}`, [
      ...ran.map(({ gate, state, sentence: said, accepted }) => {
        const word = accepted ? 'accepted' : state
        return `    ${gate.padEnd(20)} ${word.padEnd(9)} ${headline(accepted ? `${said} ${accepted}.` : said, 140)}`
      }),
      ...(off.length > 0 ? [`    not configured       ${off.join(', ')}`] : []),
    ]),
    ...titled(
      '  approvals that stood',
      approvals.map(({ check, by }) => `    ${by.login.padEnd(20)} ${check.replace('countersign/', '')}`),
    ),
  ]
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
    ...verdictLines(facts),
    ...titled('  merge queue', queued),
    ...titled('  merged', merges),
    ...titled(
      '  incidents',
      factsOf(facts, 'incident').map((fact) => `    ${headline(fact.body.sentence, 200)}`),
    ),
  ]
}
