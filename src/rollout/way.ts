/** Where a range begins: at the newest commit that was healthy here and is part of what comes (R1, T41). */
import type { CommitBody, EvidenceRequest, EvidenceView } from '../core/evidence.ts'
import { type Fact, factsOf } from '../core/facts.ts'
import type { Sha } from '../core/ids.ts'
import { code, short } from '../core/sentences.ts'
import { failuresOf } from './state.ts'

type CommitsRequest = Extract<EvidenceRequest, { kind: 'commits' }>

/** Commits at which a range is tried to begin; each but the first is one more look into git. */
const mostBegins = 4

export interface Way {
  /** Null where nothing is known to stand. */
  from: Sha | null
  /** Null while git is being read. */
  commits: readonly CommitBody[] | null
  /** Why there is no way; a sentence. */
  problem: string | null
  requests: CommitsRequest[]
}

/** What stood here and can be built on, newest first: commits that were healthy, then what Countersign found. */
export function beginsOf(facts: readonly Fact[]): Sha[] {
  const failed = new Set(failuresOf(facts).map(({ body }) => body.sha))
  const healthy = factsOf(facts, 'window.ended').flatMap(({ body }) =>
    body.outcome === 'healthy' ? [body.sha] : [],
  )
  const found = factsOf(facts, 'deploy.seen').flatMap(({ body }) => (body.adopted ? [body.sha] : []))
  const [newest, ...earlier] = [...new Set([...healthy.reverse(), ...found.reverse()])]
  if (newest === undefined) return []
  return [newest, ...earlier.filter((sha) => !failed.has(sha))].slice(0, mostBegins)
}

/**
 * The way to a commit. Where it does not hold what stands now (an older commit, another branch, a rewritten history),
 * the revert that took something back may not be part of it either: so the way begins at the newest healthy commit that is.
 */
export function wayTo(facts: readonly Fact[], to: Sha, evidence: Pick<EvidenceView, 'get'>): Way {
  const begins = beginsOf(facts)
  const [first, ...others] = begins
  if (first === undefined) return { from: null, commits: [], problem: null, requests: [] }
  if (begins.includes(to)) return { from: to, commits: [], problem: null, requests: [] }
  const requests = [commitsBetween(first, to)]
  const reading = { from: first, commits: null, problem: null, requests }
  let reason: string | null = null
  for (const from of begins) {
    const read = evidence.get(commitsBetween(from, to))
    if (!read) return reading
    if (read.ok && read.body.commits.some(({ parents }) => parents.includes(from)))
      return { from, commits: read.body.commits, problem: null, requests }
    if (!read.ok) reason ??= read.reason
    if (from === first) requests.push(...others.map((other) => commitsBetween(other, to)))
  }
  const problem =
    reason === null
      ? `Nothing that was healthy here is part of ${code(short(to))}, so what was taken back could come in again by it. Merge ${code(short(first))} into its branch, through a pull request.`
      : `The way could not be read from git: ${reason}`
  return { from: first, commits: [], problem, requests }
}

const commitsBetween = (base: Sha, head: Sha): CommitsRequest => ({ kind: 'commits', base, head })
