/** The texts of `/agent status`, `why` and `help` on pull requests, from the same verdicts as the check runs (O4). */

import { code, short } from '../../core/sentences.ts'
import type { PullSnapshot } from '../../core/snapshot/pull.ts'
import type { Policy } from '../../policy/schema.ts'
import { progressOf } from '../../rollout/progress.ts'
import { gateLines } from './checks.ts'
import type { PullVerdicts } from './verdicts.ts'

const names = ['plan', 'gates', 'review'] as const
const words = { pass: 'green', flag: 'flagged', wait: 'waiting', fail: 'blocked' } as const

const deployHint = `${code('countersign/deploy')} on the newest commit that waits says what is missing, and of whom.`

/** Where the pull request stands, one line a check and an environment, and the next thing to do. */
export function statusText(snapshot: PullSnapshot<Policy>, verdicts: PullVerdicts): string {
  const lines = names.map((name) => {
    const verdict = verdicts.shared?.[name] ?? verdicts[name].verdict
    return `- countersign/${name}: ${words[verdict.state]}. ${verdict.sentence}`
  })
  const { environments, pull } = snapshot
  const way = environments.map(
    ({ name, facts }) => `- ${code(name)}: ${progressOf(facts, pull.mergeCommit ?? pull.head.sha)}`,
  )
  return [
    `At commit ${code(short(snapshot.pull.head.sha))} on ${code(snapshot.pull.base.ref)}:`,
    '',
    ...lines,
    ...(way.length > 0 ? ['', 'On its way, each environment:', '', ...way, '', deployHint] : []),
    '',
    `Next: ${verdicts.next}`,
  ].join('\n')
}

/** Why it is not merged: origin, every gate, every voice. Bounded by what a fact keeps. */
export function whyText(snapshot: PullSnapshot<Policy>, verdicts: PullVerdicts): string {
  const heard = [...verdicts.plan.lines, ...verdicts.gates.lines, ...verdicts.review.lines].map(
    (line) => `- ${line}`,
  )
  const parts = [
    statusText(snapshot, verdicts),
    verdicts.origin ? `\n${verdicts.origin.sentence}` : '',
    ...gateLines(verdicts.gates.results),
    ...(heard.length > 0 ? ['', 'Decisions:', ...heard] : []),
    '',
    `Merge: ${verdicts.merge.sentence}`,
  ]
  return parts.join('\n').slice(0, 3900)
}

/** The commands that do something on a pull request. */
export function helpText(): string {
  return [
    'Commands are the first line of a new comment:',
    '',
    '- `/agent status`: where this stands and what is next. `/agent why`: every gate and decision behind it.',
    '- `/agent reject plan|review <reason>`: ask for changes. The Approve and Request changes buttons are on the checks.',
    '- `/agent approve plan|review <shown>` and `/agent accept <gate> <shown> <reason>`: only where policy counts comments (`approvals.by`).',
    '- `/agent fix` in a review thread, or here for every unresolved one: change the cited lines and nothing else. Wider: `/agent fix lines 10-24`, `/agent fix file`; narrower: `/agent fix @reviewer`.',
    '- `/agent rework <cause>`: note why this had to be reworked.',
    '- `/agent merge`: merge now, when everything is green (`merge.mode: merge`).',
    '- `/agent stop`, `/agent resume`, `/agent retry`: the work of the task behind this pull request; once it is merged, its way to the environments.',
    '- `/agent reject deploy <reason>`, `/agent accept freeze <reason>`: once it is merged, what keeps it from production, or lets it through a freeze.',
  ].join('\n')
}
