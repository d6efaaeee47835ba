/** What is taken back within a range: a commit says so in git's own words, and git shows whether it is true (R1, T41). */
import type { CommitBody, EvidenceRequest, EvidenceView } from '../core/evidence.ts'
import type { Sha } from '../core/ids.ts'
import { code, listed, short } from '../core/sentences.ts'

type RevertRequest = Extract<EvidenceRequest, { kind: 'revert' }>

/** Commits that one commit may take back at once. */
const mostNamed = 20

export type Reverted =
  /** Taken back, and not brought in again; `how` completes a sentence. */
  | { state: 'yes'; how: string }
  | { state: 'reading' }
  /** Somebody says so, and it is not true; `why` is a sentence. */
  | { state: 'no'; why: string }

/** What the commits of a range say that they take back: questions for git, since a message proves nothing. */
export function revertRequests(commits: readonly CommitBody[]): RevertRequest[] {
  const there = new Set(commits.map(({ sha }) => sha))
  return commits.flatMap(({ sha, message }) => {
    const named = [...message.matchAll(/^This reverts commit ([0-9a-f]{40}(?:[0-9a-f]{24})?)\b/gm)]
    const of = [...new Set(named.map((match) => match[1] ?? ''))].filter((one) => there.has(one))
    return of.length > 0 ? [{ kind: 'revert' as const, commit: sha, of: of.slice(0, mostNamed) }] : []
  })
}

/**
 * Per commit that is said to be taken back, whether it is. A revert of which somebody says that it was taken back counts
 * for nothing until that word is shown to be taken back itself: what failed must not come in again by a few words.
 */
export function revertedIn(
  commits: readonly CommitBody[],
  evidence: Pick<EvidenceView, 'get'>,
): ReadonlyMap<Sha, Reverted> {
  const requests = revertRequests(commits)
  const naming = new Map<Sha, RevertRequest[]>()
  for (const request of requests)
    for (const sha of request.of) naming.set(sha, [...(naming.get(sha) ?? []), request])
  const answers = new Map<Sha, Reverted | null>()
  const answer = (sha: Sha): Reverted | null => {
    const known = answers.get(sha)
    if (known !== undefined) return known
    // No commit names a later one; evidence that goes round in a circle ends here.
    answers.set(sha, null)
    const standing = (naming.get(sha) ?? []).filter(
      ({ commit }) => !(naming.get(commit) ?? []).some((one) => answer(one.commit)?.state !== 'yes'),
    )
    const all = standing.map((request) => proven(request, sha, evidence))
    const best = all.find(({ state }) => state === 'yes') ?? all.find(({ state }) => state === 'reading')
    answers.set(sha, best ?? all.at(-1) ?? null)
    return answers.get(sha) ?? null
  }
  const found = [...naming.keys()].map((sha) => [sha, answer(sha)] as const)
  return new Map(found.flatMap(([sha, one]) => (one ? [[sha, one] as const] : [])))
}

function proven(request: RevertRequest, sha: Sha, evidence: Pick<EvidenceView, 'get'>): Reverted {
  const result = evidence.get(request)
  if (!result) return { state: 'reading' }
  const by = code(short(request.commit))
  if (!result.ok) return { state: 'no', why: `${by} says that it takes it back: ${result.reason}` }
  const { strangers, settled, other } = result.body
  if (strangers.includes(sha)) return { state: 'no', why: `${by} takes back what was not there before it.` }
  // guard: trueRevert
  if (other.length > 0)
    return {
      state: 'no',
      why: `${by} says that it takes it back, but undoing it leaves something else in ${paths(other)}.`,
    }
  const how = settled.length > 0 ? `, with conflicts settled by hand in ${paths(settled)}` : ''
  return { state: 'yes', how: `taken back by ${by}${how}.` }
}

const paths = (all: readonly string[]) =>
  listed(
    all.map((path) => code(path)),
    3,
  )
