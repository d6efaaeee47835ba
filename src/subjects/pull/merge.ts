/** The merge: only what one complete snapshot shows green, at the SHA and base it shows, and its reading back (A5, T1, T42). */
import type { Action } from '../../core/action.ts'
import { type Fact, type FactOf, factsOf, lastFact } from '../../core/facts.ts'
import { listed } from '../../core/sentences.ts'
import type { PullSnapshot } from '../../core/snapshot/pull.ts'
import { requiredNames } from '../../enforcement/weaknesses.ts'
import { isProtectedBranch } from '../../policy/branches.ts'
import type { Policy } from '../../policy/schema.ts'
import type { Answers } from './answers.ts'
import { standingApprovals, told } from './told.ts'
import type { PullVerdicts } from './verdicts.ts'

/**
 * The merge of this round, with its intent and what it rests on recorded before it: a crash in between is finished by the next round, if
 * everything is still green then. Every try records its own intent, since records are appended only onto the facts
 * that were observed: whatever came in since holds the merge back. GitHub's refusal ends the intent; asking again
 * starts a new one.
 */
export function mergeActions(
  snapshot: PullSnapshot<Policy>,
  verdicts: PullVerdicts,
  answers: Answers,
): { records: RecordAction[]; merge: Action[] } {
  const none = { records: [], merge: [] }
  const { policy, pull, repository, key } = snapshot
  if (!policy.ok || !verdicts.merge.ready || answers.pending) return none
  const intended = isIntended(snapshot)
  const refusedBefore = factsOf(snapshot.facts, 'work.failed').some(
    (fact) => fact.body.what === `merge:${pull.head.sha}`,
  )
  const wanted = answers.mergeWanted || intended || (policy.policy.merge.auto && !refusedBefore)
  if (!wanted) return none
  const { head, base } = pull
  // guard: expectedLength
  const intent = { kind: 'merge.intended', sha: head.sha, baseRef: base.ref, base: base.tip } as const
  // guard: expectedSha
  const merge: Action = {
    kind: 'merge',
    subject: key,
    repository: repository.name,
    number: pull.number,
    sha: head.sha,
    baseRef: base.ref,
    base: base.tip,
    method: policy.policy.merge.method,
    title: `${oneLine(pull.title)} (#${pull.number})`,
    message: mergeMessage(snapshot, verdicts),
  }
  return {
    records: [{ kind: 'record', subject: key, actor: null, body: intent }, told(snapshot, verdicts)],
    merge: [merge],
  }
}

/** True when the latest intent is for this very head and base, and GitHub has not refused it since. */
function isIntended({ facts, pull }: PullSnapshot<Policy>): boolean {
  const intended = lastFact(facts, 'merge.intended')
  if (!intended || intended.body.sha !== pull.head.sha || intended.body.baseRef !== pull.base.ref)
    return false
  return !factsOf(facts, 'work.failed').some(
    (fact) => fact.seq > intended.seq && fact.body.what === `merge:${pull.head.sha}`,
  )
}

/** A title as one line without words that close issues, mention people or skip CI; titles are anyone's text (T28). */
function oneLine(title: string): string {
  return title
    .replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(/\[(skip ci|ci skip|no ci|skip actions|actions skip)\]/gi, '')
    .replace(/@(?=\w)/g, '@ ')
    .trim()
    .slice(0, 200)
}

/** Plan digest and countersigners as trailers, so that `git log` tells who answered for the change (A5). */
function mergeMessage(snapshot: PullSnapshot<Policy>, verdicts: PullVerdicts): string {
  const { pull, task } = snapshot
  const trailers: string[] = []
  if (task) trailers.push(`Countersign-task: ${task.key}`)
  if (verdicts.treatment === 'full' && verdicts.plan.digest)
    trailers.push(`Countersign-plan: ${verdicts.plan.digest}`)
  for (const { check, by } of standingApprovals(snapshot, verdicts))
    trailers.push(signature(by, check === 'countersign/plan' ? 'plan' : 'review'))
  return [
    `Head ${pull.head.sha}, merged by Countersign after reading everything again.`,
    '',
    ...new Set(trailers),
  ].join('\n')
}

function signature(account: { id: number; login: string }, what: 'plan' | 'review'): string {
  const login = account.login.replace(/[^A-Za-z0-9_-]/g, '')
  return `Countersigned-by: ${login} <${account.id}+${login}@users.noreply.github.com> (${what})`
}

type RecordAction = Extract<Action, { kind: 'record' }>

/** After a merge: the branch it landed on is read back, and a merge that nobody decided here is reported (A5, T42). */
export function mergedActions(snapshot: PullSnapshot<Policy>): RecordAction[] {
  const { pull, facts, key } = snapshot
  // guard: mergedOnce
  if (pull.state !== 'merged' || pull.mergeCommit === null || lastFact(facts, 'merged')) return []
  // What was green at the merge must be known before the merge is judged, once.
  if (snapshot.runs === 'unknown' || snapshot.enforcement === 'unknown') return []
  const intended = lastFact(facts, 'merge.intended')
  const expected = intended?.body.baseRef ?? pull.base.ref
  const record = (body: RecordAction['body']): RecordAction => ({
    kind: 'record',
    subject: key,
    actor: null,
    body,
  })
  const actions = [
    record({
      kind: 'merged',
      head: pull.head.sha,
      merge: pull.mergeCommit,
      landedOn: pull.base.ref,
      expected,
    }),
  ]
  if (intended && intended.body.sha === pull.head.sha) {
    // guard: landedWhere
    if (pull.base.ref !== expected)
      actions.push(
        record({
          kind: 'incident',
          sentence: `#${pull.number} was decided for ${expected} and landed on ${pull.base.ref}: its base was changed between the last look and the merge (T42). Check that branch and revert the merge if it does not belong there.`,
        }),
      )
  } else {
    const bypass = bypassed(snapshot)
    if (bypass) actions.push(record({ kind: 'incident', sentence: bypass }))
  }
  return actions
}

/** Why a merge that was not decided here got past the gates, or null when it did not (A5, T20). */
function bypassed(snapshot: PullSnapshot<Policy>): string | null {
  const { pull, repository, policy, facts, enforcement } = snapshot
  // Merges into branches that policy does not protect reach nobody yet; they are judged when they come further.
  if (policy.ok && !isProtectedBranch(policy.policy, repository.defaultBranch, pull.base.ref)) return null
  const merged = `#${pull.number} was merged into ${pull.base.ref} at ${pull.head.sha}`
  const look = `Look at it, revert it if it does not belong there, and run \`npm run countersign -- doctor ${repository.name}\` to see who may bypass the rules (A5, T20).`
  // In shadow mode nothing was promised.
  if (policy.ok && !policy.policy.enforce) return null
  if (policy.ok && policy.policy.merge.mode === 'merge')
    return `${merged} although Countersign had not decided to merge it. ${look}`
  const proven = enforcement !== 'unknown' && enforcement.proof !== null
  const agent = factsOf(facts, 'origin.evidence').length > 0 || pull.author.type !== 'User'
  if (!proven && !agent) return null
  const open = requiredNames.filter((name) => !isGreen(snapshot, name))
  if (open.length === 0) return null
  return `${merged} although ${listed(open)} ${open.length === 1 ? 'was' : 'were'} not green there. ${look}`
}

function isGreen({ runs, pull }: PullSnapshot<Policy>, name: string): boolean {
  if (runs === 'unknown') return false
  const own = runs.filter((run) => run.name === name && run.sha === pull.head.sha)
  return own.sort((a, b) => b.id - a.id)[0]?.conclusion === 'success'
}

/** Incidents that are not on the incident issue yet. */
export function openIncidents(facts: readonly Fact[]): FactOf<'incident'>[] {
  const reported = new Set(factsOf(facts, 'incident.reported').map((fact) => fact.body.of))
  return factsOf(facts, 'incident').filter((fact) => !reported.has(fact.seq))
}

export function incidentActions({ facts, key, repository }: PullSnapshot<Policy>): Action[] {
  return openIncidents(facts).map((fact) => ({
    kind: 'reportIncident',
    subject: key,
    repository: repository.name,
    of: fact.seq,
    sentence: fact.body.sentence,
  }))
}
