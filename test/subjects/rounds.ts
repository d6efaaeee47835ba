/** Plays rounds of a pull request in memory: facts grow by what rounds record, runs are what rounds write. */

import type { Account } from '../../src/core/account.ts'
import type { Action } from '../../src/core/action.ts'
import type { ObservedCheckRun } from '../../src/core/checkRun.ts'
import type { FactBody } from '../../src/core/facts.ts'
import { check, decide, judge, type PullVerdicts } from '../../src/subjects/pull.ts'
import { pressed, pullSnapshot, type SnapshotParts } from '../support/snapshots.ts'

export interface Play {
  parts: SnapshotParts
  actions: Action[]
  verdicts: PullVerdicts
  runs: ObservedCheckRun[]
}

/** Run rounds until one records nothing, at most 6. Throws when an invariant breaks or a round never rests. */
export function play(parts: SnapshotParts): Play {
  const facts = [...(parts.facts ?? [])]
  let runs = [...((parts.runs as ObservedCheckRun[] | undefined) ?? [])]
  const all: Action[] = []
  for (let round = 0; round < 6; round++) {
    const snapshot = pullSnapshot({ ...parts, facts, runs })
    const verdicts = judge(snapshot)
    const actions = decide(snapshot, verdicts)
    const broken = check(snapshot, actions)
    if (broken.length > 0) throw new Error(broken.join('; '))
    all.push(...actions)
    const records = actions.filter((action) => action.kind === 'record')
    facts.push(...records.map(({ actor, body }) => ({ actor, body })))
    for (const action of actions) if (action.kind === 'checkRun') runs = written(runs, action)
    const merged = actions.some((action) => action.kind === 'merge')
    if (records.length === 0 || merged)
      return { parts: { ...parts, facts, runs }, actions: all, verdicts, runs }
  }
  throw new Error('the rounds never came to rest')
}

/** The runs after one was written; in no order. */
export function written(
  runs: readonly ObservedCheckRun[],
  { run, runId }: Extract<Action, { kind: 'checkRun' }>,
): ObservedCheckRun[] {
  const waits = run.state === 'in_progress'
  const { name, sha, externalId, title, summary, state } = run
  const id = runId ?? runs.length + 1
  const known = runs.find((one) => one.id === id)
  if (state === 'kept')
    return known ? [...runs.filter((one) => one.id !== id), { ...known, title, summary }] : [...runs]
  const observed: ObservedCheckRun = {
    id,
    name,
    sha,
    externalId,
    title,
    summary,
    status: waits ? 'in_progress' : 'completed',
    conclusion: waits ? null : state,
  }
  return [...runs.filter((one) => one.id !== id), observed]
}

/** The facts after a person presses a button on what the runs of a play show now. */
export function press(
  after: Play,
  by: Account,
  name: 'plan' | 'gates' | 'review',
  letter: 'a' | 'r' | 'f' | 'm',
): SnapshotParts {
  const run = after.runs.findLast((one) => one.name === `countersign/${name}`)
  if (!run) throw new Error(`no run countersign/${name}`)
  const shown = run.externalId.split('|')[2] ?? ''
  const fact = pressed(
    by,
    { name: `countersign/${name}`, externalId: run.externalId, sha: run.sha, shown },
    letter,
  )
  return { ...after.parts, facts: [...(after.parts.facts ?? []), fact] }
}

export function command(
  by: Account,
  verb: string,
  rest: string,
  commentId = 1,
  viaApp: number | null = null,
): { actor: Account; body: FactBody } {
  return {
    actor: by,
    body: {
      kind: 'comment.command',
      commentId,
      on: 'pull',
      verb: verb as 'help',
      rest,
      bodyDigest: 'a'.repeat(64),
      viaApp,
    },
  }
}

export const recorded = <K extends FactBody['kind']>(done: Play, kind: K) =>
  done.actions.flatMap((action) =>
    action.kind === 'record' && action.body.kind === kind
      ? [action.body as Extract<FactBody, { kind: K }>]
      : [],
  )
