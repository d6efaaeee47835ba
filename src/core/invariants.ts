/** The safety invariants as predicates over a snapshot and what is about to be done: a second, simpler derivation (threats: Invariants). */

import { type Account, hasRole } from './account.ts'
import type { Action } from './action.ts'
import type { DesiredCheckRun } from './checkRun.ts'
import { factsOf, lastFact } from './facts.ts'
import type { PullSnapshot } from './snapshot/pull.ts'

/** What policy says that the predicates must know; everything else they read from the snapshot themselves. */
export interface InvariantSettings {
  /** The `solo` profile: the one engineer approves own commits too. */
  ownCommits: boolean
  /** A person's pull request passes without approvals (A6); never true with any evidence of an agent. */
  peoplePass: boolean
}

/**
 * Check a round of a pull request before anything is done.
 *
 * @returns one sentence for each broken promise, each beginning with the invariant's name; empty when all hold. The
 *   caller treats any sentence as a Bug and does nothing.
 */
export function checkPullActions(
  snapshot: PullSnapshot,
  actions: readonly Action[],
  settings: InvariantSettings,
): string[] {
  const broken: string[] = []
  const say = (name: string, sentence: string) => broken.push(`${name}: ${sentence}`)
  for (const [index, action] of actions.entries()) {
    switch (action.kind) {
      case 'checkRun':
        for (const [name, sentence] of checkRunBreaks(snapshot, action.run, settings)) say(name, sentence)
        break
      case 'merge':
        for (const [name, sentence] of mergeBreaks(snapshot, action, actions.slice(0, index), settings))
          say(name, sentence)
        break
      case 'record':
        if (action.body.kind === 'decision' && action.subject === snapshot.key)
          for (const [name, sentence] of decisionBreaks(snapshot, action.body, settings)) say(name, sentence)
        break
      default:
        break
    }
  }
  return broken
}

type Break = readonly [string, string]

/** S3, S5, S9, S14: what must hold of the observation before anything turns green. */
function observationBreaks(snapshot: PullSnapshot, sha: string): Break[] {
  const found: Break[] = []
  if (sha !== snapshot.pull.head.sha)
    found.push(['S3 GreenMeansNow', `green for ${sha}, and ${snapshot.pull.head.sha} was observed`])
  if (snapshot.missing.length > 0)
    found.push(['S9 LessNeverPasses', `green although ${snapshot.missing[0]} could not be read`])
  for (const part of ['commits', 'pushers', 'runs'] as const)
    if (snapshot[part] === 'unknown') found.push(['S9 LessNeverPasses', `green although ${part} is unknown`])
  if (snapshot.enforcement === 'unknown')
    found.push(['S9 LessNeverPasses', 'green although the rules in force are unknown'])
  if (snapshot.siblings === 'unknown')
    found.push(['S5 NoSibling', 'green although it is not known who shares the commit'])
  else if (snapshot.siblings.some((sibling) => sibling.missing.length > 0))
    found.push(['S5 NoSibling', 'green although a pull request with the same commit could not be read'])
  if (!snapshot.policy.ok)
    found.push(['S14 PolicyFromBase', 'green although the policy of the base branch cannot be used'])
  return found
}

function checkRunBreaks(snapshot: PullSnapshot, run: DesiredCheckRun, settings: InvariantSettings): Break[] {
  const found: Break[] = []
  const shares = snapshot.siblings !== 'unknown' && snapshot.siblings.length > 0
  if (shares && run.buttons.length > 0)
    found.push(['S5 NoSibling', `${run.name} has buttons on a commit that several pull requests share`])
  if (run.state !== 'success') return found
  found.push(...observationBreaks(snapshot, run.sha))
  const members = snapshot.siblings === 'unknown' ? [snapshot] : [snapshot, ...snapshot.siblings]
  for (const member of members) {
    if (run.name === 'countersign/review') found.push(...reviewBreaks(member, settings))
    if (run.name === 'countersign/plan') found.push(...planBreaks(member, settings))
  }
  return found
}

/** S1, and everything a green review needs, once more. */
function mergeBreaks(
  snapshot: PullSnapshot,
  action: Extract<Action, { kind: 'merge' }>,
  before: readonly Action[],
  settings: InvariantSettings,
): Break[] {
  const found = observationBreaks(snapshot, action.sha)
  const { pull } = snapshot
  if (pull.state !== 'open' || pull.draft)
    found.push(['S1 MergedApproved', 'merging what is not an open, finished pull request'])
  if (action.number !== pull.number || action.baseRef !== pull.base.ref || action.base !== pull.base.tip)
    found.push([
      'S1 MergedApproved',
      `merging #${action.number} into ${action.baseRef}, and #${pull.number} into ${pull.base.ref} was observed`,
    ])
  const announced = before.some(
    (one) => one.kind === 'record' && one.body.kind === 'merge.intended' && one.body.sha === action.sha,
  )
  if (!announced) found.push(['S7 Once', 'merging without an intent on record'])
  return [...found, ...reviewBreaks(snapshot, settings), ...planBreaks(snapshot, settings)].map(
    ([name, sentence]) => [name, `${sentence} (merge)`],
  )
}

/** True when nothing marks it as an agent's: no recorded evidence, no issued plan, opened by a person with write. */
function passesAsPerson(snapshot: PullSnapshot, settings: InvariantSettings): boolean {
  const { pull, facts, task, people } = snapshot
  return (
    settings.peoplePass &&
    pull.author.type === 'User' &&
    pull.viaApp === null &&
    !factsOf(facts, 'origin.evidence').length &&
    !(task && lastFact(task.facts, 'plan.issued')?.body.branch === pull.head.ref) &&
    hasRole(people.get(pull.author.id), 'write')
  )
}

/** S1, S4, S6: at least one eligible person stands behind this commit, and nobody with write has asked for changes. */
function reviewBreaks(snapshot: PullSnapshot, settings: InvariantSettings): Break[] {
  if (passesAsPerson(snapshot, settings)) return []
  const { pull, facts, reviews } = snapshot
  const covered = coveredCommits(snapshot)
  const byButton = factsOf(facts, 'decision')
    .filter(
      ({ body }) =>
        body.check === 'countersign/review' &&
        body.verdict === 'approve' &&
        covered.has(body.sha) &&
        body.baseRef === pull.base.ref,
    )
    .map(({ body }) => body.by)
  const native = reviews === 'unknown' ? [] : reviews
  const latest = new Map(
    native
      .filter((one) => one.author && !['COMMENTED', 'PENDING'].includes(one.state))
      .sort((a, b) => a.id - b.id)
      .map((one) => [one.author?.id, one]),
  )
  const byReview = [...latest.values()].flatMap((one) =>
    one.author && one.state === 'APPROVED' && one.sha !== null && covered.has(one.sha) ? [one.author] : [],
  )
  const found: Break[] = []
  const approvers = [...byButton, ...byReview].filter((account) => mayStand(snapshot, account, settings))
  if (approvers.length === 0)
    found.push(['S4 PushRevokes', `no eligible person has approved ${pull.head.sha}`])
  for (const one of latest.values())
    if (
      one.author &&
      one.state === 'CHANGES_REQUESTED' &&
      one.author.type === 'User' &&
      hasRole(snapshot.people.get(one.author.id), 'write')
    )
      found.push(['S1 MergedApproved', `${one.author.login} requests changes`])
  return found
}

/** S2: our own task's plan was approved, by somebody eligible, for exactly the digest that was issued last. */
function planBreaks(snapshot: PullSnapshot, settings: InvariantSettings): Break[] {
  const issued = snapshot.task && lastFact(snapshot.task.facts, 'plan.issued')
  if (!issued || issued.body.branch !== snapshot.pull.head.ref || snapshot.pull.head.fork) return []
  const approved = factsOf(snapshot.facts, 'decision').some(
    ({ body }) =>
      body.check === 'countersign/plan' &&
      body.verdict === 'approve' &&
      body.bound === issued.body.digest &&
      mayStand(snapshot, body.by, settings),
  )
  return approved ? [] : [['S2 PhaseOrder', `nobody eligible has approved the plan ${issued.body.digest}`]]
}

/** S6: a person who wrote none of it. Update merges by the same person are left to the rules; here only git's authors. */
function mayStand(snapshot: PullSnapshot, account: Account, settings: InvariantSettings): boolean {
  if (account.type !== 'User') return false
  const standing = snapshot.people.get(account.id)
  if (!standing || standing.role === 'none') return false
  return settings.ownCommits || !wrote(snapshot, account)
}

function wrote(snapshot: PullSnapshot, account: Account): boolean {
  if (snapshot.pull.author.id === account.id) return true
  if (snapshot.commits === 'unknown') return true
  return snapshot.commits.some((commit) => {
    const merge = commitsInGit(snapshot).find((one) => one.sha === commit.sha)?.parents.length === 2
    return !merge && commit.authors.some((author) => author?.id === account.id)
  })
}

function commitsInGit(snapshot: PullSnapshot) {
  const result = snapshot.evidence.get({
    kind: 'commits',
    base: snapshot.pull.base.tip,
    head: snapshot.pull.head.sha,
  })
  return result?.ok ? result.body.commits : []
}

/** The head and, over two-parent commits only, what lies before it: an upper bound of where an approval may stand (T11). */
function coveredCommits(snapshot: PullSnapshot): Set<string> {
  const bySha = new Map(commitsInGit(snapshot).map((commit) => [commit.sha, commit]))
  const covered = new Set([snapshot.pull.head.sha])
  for (let at = bySha.get(snapshot.pull.head.sha); at && at.parents.length === 2 && covered.size < 12; ) {
    const first = at.parents[0] ?? ''
    covered.add(first)
    at = bySha.get(first)
  }
  return covered
}

/** S4, S6: what may be put on record as a decision. */
function decisionBreaks(
  snapshot: PullSnapshot,
  body: Extract<Extract<Action, { kind: 'record' }>['body'], { kind: 'decision' }>,
  settings: InvariantSettings,
): Break[] {
  const found: Break[] = []
  if (body.by.type !== 'User') found.push(['S6 NoSelf', `${body.by.login} is not a person`])
  // Asking for changes only ever blocks, whichever state the page showed.
  if (
    body.verdict !== 'reject' &&
    (body.sha !== snapshot.pull.head.sha || body.baseRef !== snapshot.pull.base.ref)
  )
    found.push(['S4 PushRevokes', `a decision on ${body.sha} while ${snapshot.pull.head.sha} was observed`])
  if (body.verdict !== 'reject' && !mayStand(snapshot, body.by, settings))
    found.push(['S6 NoSelf', `${body.by.login} wrote the change or has no access`])
  const asked = snapshot.facts.find((fact) => fact.seq === body.request)
  if (!asked || asked.actor?.id !== body.by.id) found.push(['S7 Once', 'a decision that nobody asked for'])
  if (factsOf(snapshot.facts, 'settled').some((fact) => fact.body.of === body.request))
    found.push(['S7 Once', 'a second decision for one request'])
  return found
}
