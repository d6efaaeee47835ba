/** What a repository's page shows: its tasks, the pull requests of other agents, its environments; open ones judged anew. */
import { RetryLater, Terminal } from '../core/errors.ts'
import { type Fact, factsOf, lastFact } from '../core/facts.ts'
import { formatKey, parseKey, type RepositoryName, type SubjectKey } from '../core/ids.ts'
import type { LatestSubject, Ledger } from '../core/ports.ts'
import { judge as judgePull, type PullVerdicts } from '../subjects/pull.ts'
import { type TaskView, titleOf, view } from '../subjects/task.ts'
import type { Looks, PullLook, RolloutLook, TaskLook } from './looks.ts'

/** Subjects that are looked for, and open ones that are judged for one page. */
const mostListed = 500
const mostOpen = 60
const mostEnded = 30
/** Judged at the same time: each reads the ledger, and GitHub where something has changed. */
const atOnce = 6

/** A subject as it is, or the sentence why it cannot be told. */
export type Told<T> = { ok: true; look: T } | { ok: false; sentence: string }

export interface OpenTask {
  issue: number
  atMs: number
  told: Told<{ look: TaskLook; view: TaskView; pull: PullVerdicts | null }>
}
/** A task that is over, by its facts alone. */
export interface EndedTask {
  issue: number
  atMs: number
  title: string
  /** Login of who delegated it, or empty. */
  by: string
  costUsd: number
  pull: number | null
  merged: boolean
}
export interface OpenPull {
  number: number
  atMs: number
  told: Told<PullLook>
}
export interface EnvironmentRow {
  environment: string
  atMs: number
  told: Told<RolloutLook>
}

export interface RepositoryData {
  name: RepositoryName
  tasks: OpenTask[]
  ended: EndedTask[]
  /** Held by the checks, and not one of the tasks'. */
  pulls: OpenPull[]
  /** Open pull requests of people, which policy lets pass. */
  passing: number
  environments: EnvironmentRow[]
  /** Open subjects beyond the bound, which are not shown. */
  more: number
}

export interface BoardPorts {
  ledger: Pick<Ledger, 'facts' | 'latest'>
  looks: Looks
}

/** Read and judge what is open in a repository, newest first. */
export async function loadRepository(ports: BoardPorts, name: RepositoryName): Promise<RepositoryData> {
  const all = (await ports.ledger.latest({ repository: name, limit: mostListed })).flatMap((one) => {
    const subject = parseKey(one.key)
    return subject ? [{ ...one, subject }] : []
  })
  const open = all.filter((one) => one.open && one.subject.kind !== 'group')
  const shown = open.slice(0, mostOpen)
  const rollouts = all.filter(({ subject }) => subject.kind === 'rollout')
  const tasks = await inTurns(
    shown.filter(({ subject }) => subject.kind === 'task'),
    (one) => openTask(ports, one),
  )
  const ofTasks = new Set(tasks.flatMap(pullsOf))
  const pulls = await inTurns(
    shown.filter(({ key, subject }) => subject.kind === 'pull' && !ofTasks.has(key)),
    (one) => openPull(ports, one),
  )
  // A task that a round is about to close, or that was never taken on, is over too.
  const isOver = (one: OpenTask | null) => one?.told.ok === true && one.told.look.look.verdicts.step.over
  const over = new Set(tasks.flatMap((one) => (one && isOver(one) ? [one.issue] : [])))
  const ended = await inTurns(
    all
      .filter(({ open: is, subject }) => subject.kind === 'task' && (!is || over.has(subject.issue)))
      .slice(0, mostEnded),
    (one) => endedTask(ports, one),
  )
  const passes = ({ told }: OpenPull) => told.ok && told.look.verdicts.treatment === 'pass'
  // A round closes what is merged or closed a moment later.
  const isOpen = ({ told }: OpenPull) => !told.ok || told.look.snapshot.pull.state === 'open'
  return {
    name,
    tasks: tasks.flatMap((one) => (one && !isOver(one) ? [one] : [])),
    ended: ended.flatMap((one) => one ?? []),
    pulls: pulls.flatMap((one) => (one && isOpen(one) && !passes(one) ? [one] : [])),
    passing: pulls.filter((one) => one && isOpen(one) && passes(one)).length,
    environments: await inTurns(rollouts.slice(0, mostOpen), (one) => environment(ports, one)).then(present),
    more: open.length - shown.length,
  }
}

const present = <T>(all: (T | null)[]): T[] => all.flatMap((one) => one ?? [])

type Listed = LatestSubject & { subject: NonNullable<ReturnType<typeof parseKey>> }

async function openTask({ looks }: BoardPorts, { key, subject, atMs }: Listed): Promise<OpenTask | null> {
  if (subject.kind !== 'task') return null
  const told = await tell(async () => {
    const look = await looks.task(key)
    const pull = look?.snapshot.pull ? judgePull(look.snapshot.pull) : null
    return look && { look, view: view(look.snapshot), pull }
  })
  return told && { issue: subject.issue, atMs, told }
}

/** The keys of the pull requests that a task has led to. */
function pullsOf(task: OpenTask | null): SubjectKey[] {
  if (!task?.told.ok) return []
  const { snapshot } = task.told.look.look
  const repository = parseKey(snapshot.key)?.repository
  if (repository === undefined) return []
  const numbers = [
    ...factsOf(snapshot.facts, 'pull.opened').map(({ body }) => body.number),
    ...(snapshot.pull ? [snapshot.pull.pull.number] : []),
  ]
  return numbers.map((number) => formatKey({ kind: 'pull', repository, number }))
}

async function openPull({ looks }: BoardPorts, { key, subject, atMs }: Listed): Promise<OpenPull | null> {
  if (subject.kind !== 'pull') return null
  const told = await tell(() => looks.pull(key))
  return told && { number: subject.number, atMs, told }
}

async function environment(
  { looks }: BoardPorts,
  { key, subject, atMs }: Listed,
): Promise<EnvironmentRow | null> {
  if (subject.kind !== 'rollout') return null
  const told = await tell(() => looks.rollout(key))
  return told && { environment: subject.environment, atMs, told }
}

async function endedTask({ ledger }: BoardPorts, { key, subject, atMs }: Listed): Promise<EndedTask | null> {
  if (subject.kind !== 'task') return null
  const facts = await ledger.facts(key)
  const pull = lastFact(facts, 'pull.opened')?.body.number ?? null
  const chain: Fact[] =
    pull === null
      ? []
      : await ledger.facts(formatKey({ kind: 'pull', repository: subject.repository, number: pull }))
  return {
    issue: subject.issue,
    atMs,
    title: titleOf(facts),
    by: lastFact(facts, 'bundle.frozen')?.body.delegator.login ?? '',
    costUsd: factsOf(facts, 'attempt.ended').reduce((sum, { body }) => sum + body.costUsd, 0),
    pull,
    merged: lastFact(chain, 'merged') !== undefined,
  }
}

/** Null when GitHub no longer has it; a failure becomes the row's sentence, so that one subject never hides the others. */
export async function tell<T>(look: () => Promise<T | null>): Promise<Told<T> | null> {
  try {
    const found = await look()
    return found && { ok: true, look: found }
  } catch (error) {
    if (error instanceof Terminal) return { ok: false, sentence: error.forUser }
    if (error instanceof RetryLater)
      return { ok: false, sentence: 'It could not be read just now, and nothing is said of it.' }
    throw error
  }
}

/** The results in their order, so many under way at a time. */
async function inTurns<T, R>(all: readonly T[], one: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  const waiting = [...all.entries()]
  const worker = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) results[next[0]] = await one(next[1])
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, all.length) }, worker))
  return results
}
