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

/** The steps of a range, oldest first, as far as they tell what came in together. */
type Steps = readonly { sha: Sha; pulls: readonly { number: number }[] }[]

/** What the commits of a range say that they take back: questions for git, since a message proves nothing. */
export function revertRequests(commits: readonly CommitBody[], steps: Steps): RevertRequest[] {
  return [...ownRequests(commits), ...new Set(landings(commits, steps).values())]
}

function ownRequests(commits: readonly CommitBody[]): RevertRequest[] {
  const there = new Set(commits.map(({ sha }) => sha))
  return commits.flatMap(({ sha, message }) => {
    const named = [...message.matchAll(/^This reverts commit ([0-9a-f]{40}(?:[0-9a-f]{24})?)\b/gm)]
    const of = [...new Set(named.map((match) => match[1] ?? ''))].filter((one) => there.has(one))
    return of.length > 0 ? [{ kind: 'revert' as const, commit: sha, of: of.slice(0, mostNamed) }] : []
  })
}

/**
 * A revert among other commits of a pull request is looked at once more, by what came in as a whole: a later commit of the
 * same pull request may have put back what it took away, and those who approved saw neither.
 *
 * @returns by the commit that says so; what came in last needs no second look.
 */
function landings(commits: readonly CommitBody[], steps: Steps): ReadonlyMap<Sha, RevertRequest> {
  const parents = new Map(commits.map((commit) => [commit.sha, commit.parents]))
  const own = ownRequests(commits)
  const before = new Set<Sha>()
  const found = new Map<Sha, RevertRequest>()
  for (const { first, last } of broughtTogether(steps)) {
    const within = new Set<Sha>()
    const open = [last]
    for (let sha = open.pop(); sha !== undefined; sha = open.pop()) {
      if (within.has(sha) || before.has(sha) || !parents.has(sha)) continue
      within.add(sha)
      open.push(...(parents.get(sha) ?? []))
    }
    for (const sha of within) before.add(sha)
    const onto = parents.get(first)?.[0]
    const said = own.filter(({ commit }) => within.has(commit))
    if (onto === undefined || said.every(({ commit }) => commit === last)) continue
    const of = [...new Set(said.flatMap((one) => one.of))].slice(0, mostNamed)
    const whole: RevertRequest = { kind: 'revert', commit: last, onto, of }
    for (const { commit } of said) if (commit !== last) found.set(commit, whole)
  }
  return found
}

/** Steps in a row that one pull request brought. */
function broughtTogether(steps: Steps): { first: Sha; last: Sha }[] {
  const groups: { first: Sha; last: Sha; numbers: Set<number> }[] = []
  for (const { sha, pulls } of steps) {
    const group = groups.at(-1)
    if (group && pulls.some(({ number }) => group.numbers.has(number))) group.last = sha
    else groups.push({ first: sha, last: sha, numbers: new Set(pulls.map(({ number }) => number)) })
  }
  return groups
}

/**
 * Per commit that is said to be taken back, whether it is. A revert of which somebody says that it was taken back counts
 * for nothing until that word is shown to be taken back itself: what failed must not come in again by a few words.
 */
export function revertedIn(
  commits: readonly CommitBody[],
  steps: Steps,
  evidence: Pick<EvidenceView, 'get'>,
): ReadonlyMap<Sha, Reverted> {
  const requests = ownRequests(commits)
  const landed = landings(commits, steps)
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
    const all = standing.map((request) => proven(sha, request, landed.get(request.commit) ?? null, evidence))
    const best = all.find(({ state }) => state === 'yes') ?? all.find(({ state }) => state === 'reading')
    answers.set(sha, best ?? all.at(-1) ?? null)
    return answers.get(sha) ?? null
  }
  const found = [...naming.keys()].map((sha) => [sha, answer(sha)] as const)
  return new Map(found.flatMap(([sha, one]) => (one ? [[sha, one] as const] : [])))
}

/** By the commit itself, and by all that came in with it. */
function proven(
  sha: Sha,
  own: RevertRequest,
  landed: RevertRequest | null,
  evidence: Pick<EvidenceView, 'get'>,
): Reverted {
  const by = code(short(own.commit))
  const all = new Set<string>()
  for (const request of [own, ...(landed ? [landed] : [])]) {
    const result = evidence.get(request)
    if (!result) return { state: 'reading' }
    if (!result.ok) return { state: 'no', why: `${by} says that it takes it back: ${result.reason}` }
    const { strangers, settled, other } = result.body
    if (strangers.includes(sha) || !request.of.includes(sha))
      return { state: 'no', why: `${by} takes back what was not there before it.` }
    // guard: trueRevert
    if (other.length > 0)
      return {
        state: 'no',
        why:
          request === landed
            ? `${by} takes it back, but ${code(short(landed.commit))}, by which it came in, leaves something else in ${paths(other)}.`
            : `${by} says that it takes it back, but undoing it leaves something else in ${paths(other)}.`,
      }
    for (const path of settled) all.add(path)
  }
  const how = all.size > 0 ? `, with conflicts settled by hand in ${paths([...all])}` : ''
  return { state: 'yes', how: `taken back by ${by}${how}.` }
}

const paths = (all: readonly string[]) =>
  listed(
    all.map((path) => code(path)),
    3,
  )
