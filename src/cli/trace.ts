/** `countersign trace <sha>`: what the ledger knows about a commit, from who asked to where it was merged (O1). */

import { systemClock } from '../adapters/clock.ts'
import { openLedger } from '../adapters/ledger/open.ts'
import { silentLog } from '../adapters/log.ts'
import { type Fact, type FactBody, factsOf, lastFact } from '../core/facts.ts'
import { formatKey, parseKey, type SubjectKey } from '../core/ids.ts'
import type { Ledger } from '../core/ports.ts'
import { ledgerPlace } from './ledger.ts'
import { traceLines } from './traceLines.ts'

/** Shorter ones would match by chance. */
const sha = /^[0-9a-f]{7,40}$/

interface Output {
  out(text: string): void
  err(text: string): void
}

/**
 * Tell the story of a commit. Reads every chain of the ledger once: this is for people, not for requests.
 *
 * @param settings as in the environment; `DATABASE_URL` wins over `COUNTERSIGN_DATA_DIR`.
 * @param args the SHA, at least 7 hex digits.
 * @returns exit code: 0 when something is known, 1 when nothing is, 2 when it cannot be asked.
 */
export async function trace(
  settings: Record<string, string | undefined>,
  args: readonly string[],
  { out, err }: Output,
): Promise<number> {
  const [given = '', ...extra] = args
  if (!sha.test(given) || extra.length > 0) {
    err(`"trace ${args.join(' ')}" is not understood: give one commit, as at least 7 hex digits.\n`)
    return 2
  }
  let ledger: Ledger
  try {
    ledger = await openLedger(ledgerPlace(settings), { clock: systemClock, log: silentLog })
  } catch (error) {
    err(`The ledger cannot be opened: ${error instanceof Error ? error.message : error}\n`)
    return 2
  }
  try {
    const stories = await storiesOf(ledger, given)
    if (stories.length === 0) {
      err(
        `The ledger knows no commit ${given}. Commits of people that Countersign only looked at are not in it.\n`,
      )
      return 1
    }
    for (const { task, pull, epic, rollouts } of stories)
      out(`${traceLines(task, pull, epic, rollouts).join('\n')}\n`)
    return 0
  } finally {
    await ledger.close()
  }
}

interface Chain {
  key: SubjectKey
  facts: Fact[]
}

interface Story {
  /** The epic that the task is a child of. */
  epic: Chain | null
  task: Chain | null
  pull: Chain | null
  /** The environments that the merged commit came to. */
  rollouts: Chain[]
}

/** The task and the pull request that a commit belongs to; either may be missing. */
async function storiesOf(ledger: Ledger, commit: string): Promise<Story[]> {
  const tasks = await chains(ledger, 'task:')
  const pulls = await chains(ledger, 'pull:')
  const named = ({ facts }: Chain) =>
    facts.some(({ body }) => commitsOf(body).some((one) => one.startsWith(commit)))
  const pullsOf = (task: Chain) => {
    const keys = new Set(factsOf(task.facts, 'pull.opened').map(({ body }) => pullKey(task.key, body.number)))
    return pulls.filter(({ key }) => keys.has(key))
  }
  const rollouts = await chains(ledger, 'rollout:')
  const stories = tasks.flatMap((task): Omit<Story, 'rollouts'>[] => {
    const own = pullsOf(task)
    const parent = lastFact(task.facts, 'child.delegated')?.body.parent
    const epic = tasks.find(({ key }) => key === parent) ?? null
    return own.length === 0 ? [{ epic, task, pull: null }] : own.map((pull) => ({ epic, task, pull }))
  })
  const told = new Set(stories.map(({ pull }) => pull))
  const alone = pulls.filter((pull) => !told.has(pull)).map((pull) => ({ epic: null, task: null, pull }))
  return [...stories, ...alone]
    .filter(({ task, pull }) => (task && named(task)) || (pull && named(pull)))
    .map((story) => ({ ...story, rollouts: rollouts.filter((one) => cameTo(one, story.pull)) }))
}

/** Whether the commit that a pull request landed as was deployed to an environment, by itself or with others. */
function cameTo({ key, facts }: Chain, pull: Chain | null): boolean {
  const merge = lastFact(pull?.facts ?? [], 'merged')?.body.merge
  const here = parseKey(key)?.repository === parseKey(pull?.key ?? '')?.repository
  return (
    here && merge !== undefined && facts.some(({ body }) => 'steps' in body && body.steps.includes(merge))
  )
}

async function chains(ledger: Ledger, prefix: string): Promise<Chain[]> {
  const found: Chain[] = []
  for (const key of await ledger.subjects({ prefix })) found.push({ key, facts: await ledger.facts(key) })
  return found
}

function pullKey(task: SubjectKey, number: number): SubjectKey | null {
  const parsed = parseKey(task)
  return parsed?.kind === 'task' ? formatKey({ kind: 'pull', repository: parsed.repository, number }) : null
}

/** The commits that a fact names as its own. */
function commitsOf(body: FactBody): string[] {
  switch (body.kind) {
    case 'plan.issued':
      return [body.commit]
    case 'attempt.ended':
      return body.candidate ? [body.candidate] : []
    case 'merged':
      return [body.head, body.merge]
    case 'work.signed':
      return body.commits.flatMap(({ candidate, sha }) => [candidate, sha])
    case 'work.pushed':
    case 'head.pushed':
    case 'decision':
    case 'verdicts.told':
      return [body.sha]
    default:
      return []
  }
}
