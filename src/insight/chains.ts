/** A repository's facts by their subjects, as all figures read them: in each chain's own order, whatever order they came in. */
import { type Fact, factsOf, lastFact } from '../core/facts.ts'
import { parseKey, type RepositoryName, type Subject, type SubjectKey } from '../core/ids.ts'
import type { Period } from './period.ts'

type Of<K extends Subject['kind']> = Extract<Subject, { kind: K }>

export interface Chain<K extends Subject['kind']> {
  key: SubjectKey
  subject: Of<K>
  /** Only those that were read: a figure must not conclude anything from a kind of fact that it has not asked for. */
  facts: readonly Fact[]
}

export interface Chains {
  period: Period
  tasks: readonly Chain<'task'>[]
  pulls: readonly Chain<'pull'>[]
  rollouts: readonly Chain<'rollout'>[]
  /** The task that opened a pull request, by its number. */
  taskOf: ReadonlyMap<number, Chain<'task'>>
}

/** Sort facts into chains. Facts of other repositories and repeated ones are left out. */
export function chainsOf(facts: readonly Fact[], repository: RepositoryName, period: Period): Chains {
  const tasks: Chain<'task'>[] = []
  const pulls: Chain<'pull'>[] = []
  const rollouts: Chain<'rollout'>[] = []
  const subjects = [...Map.groupBy(facts, ({ subject }) => subject)]
  for (const [key, its] of subjects.sort(([a], [b]) => Number(a > b) - Number(a < b))) {
    const subject = parseKey(key)
    if (subject?.repository !== repository) continue
    const bySeq = new Map(its.map((fact) => [fact.seq, fact]))
    const inOrder = [...bySeq.values()].sort((a, b) => a.seq - b.seq)
    if (subject.kind === 'task') tasks.push({ key, subject, facts: inOrder })
    if (subject.kind === 'pull') pulls.push({ key, subject, facts: inOrder })
    if (subject.kind === 'rollout') rollouts.push({ key, subject, facts: inOrder })
  }
  const opened = tasks.flatMap((task) =>
    factsOf(task.facts, 'pull.opened').map(({ body }) => [body.number, task] as const),
  )
  return { period, tasks, pulls, rollouts, taskOf: new Map(opened) }
}

/** Whether an agent wrote it: Countersign's own, or one with evidence of another agent (A6). */
export const isAgents = ({ facts, subject }: Chain<'pull'>, { taskOf }: Chains): boolean =>
  taskOf.has(subject.number) || lastFact(facts, 'origin.evidence') !== undefined
