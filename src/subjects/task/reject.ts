/** `/agent reject plan <reason>` on the issue: the plan, or an epic's split, goes back to its session with the reason (A4). */
import { routeOf, stateOf } from '../../pipeline/taskState.ts'
import type { TaskContext } from './context.ts'
import { accepted, type Command, type Judged, refused } from './judged.ts'
import type { Answer } from './verdicts.ts'

export function reject(context: TaskContext, command: Command): Judged {
  const match = /^plan(?:\s+(.+))?$/.exec(command.body.rest)
  if (!match) return refused('On the issue only the plan can be rejected: `/agent reject plan <reason>`.')
  const reason = match[1]?.trim()
  if (context.split)
    return refused('The split was started, and its issues exist. Stop, change or close them one by one.')
  if (!reason) return refused('Say what must change: `/agent reject plan <reason>`.')
  const { planning } = routeOf(context)
  const by = command.actor?.login ?? 'Someone'
  const records = rejection(context, `${by} rejected the ${planning}: ${reason}`)
  return records.length > 0
    ? accepted(`The ${planning} goes back to its session with the reason.`, records)
    : refused(`There is no ${planning} to reject now.`)
}

/** The judgement with which the accepted plan goes back to its session, or nothing when there is none. */
export function rejection(context: TaskContext, sentence: string): Answer['records'] {
  const { planning } = routeOf(context)
  const { progress } = stateOf(context, planning)
  if (progress.state !== 'accepted') return []
  return [
    {
      kind: 'attempt.judged',
      phase: planning,
      attempt: progress.attempt.attempt,
      by: 'person',
      verdict: 'objections',
      objections: [sentence.slice(0, 4000)],
    },
  ]
}
