/** The verdicts on a merge queue's group: every entry by itself, and CI on the very commit that would land (T10). */

import { groupSteps } from '../../core/mergeGroup.ts'
import { code, listed, short } from '../../core/sentences.ts'
import type { GroupEntry, GroupSnapshot } from '../../core/snapshot/group.ts'
import type { PullSnapshot } from '../../core/snapshot/pull.ts'
import { fail, pass, type Verdict, wait } from '../../core/verdict.ts'
import { judgeCi } from '../../gates/ci.ts'
import type { Policy } from '../../policy/schema.ts'
import { openRequests } from '../pull/answers.ts'
import { judge as judgePull } from '../pull/judge.ts'
import { landingOf, mergeOf } from './needs.ts'

export const groupChecks = ['plan', 'gates', 'review'] as const
type Name = (typeof groupChecks)[number]

export interface GroupVerdict {
  verdict: Verdict
  /** One line an entry. */
  lines: string[]
}

export interface GroupVerdicts extends Record<Name, GroupVerdict> {
  missing: string[]
}

type Entries = { number: number; verdicts: Record<Name, Verdict> }[]

/** Judge a group. Without an entry that was found and judged, nothing is green. */
export function judge(snapshot: GroupSnapshot<Policy>): GroupVerdicts {
  const missing = missingFrom(snapshot)
  const stopped = stoppedBy(snapshot, missing)
  const entries = stopped ? [] : entriesOf(snapshot)
  const of = (name: Name): GroupVerdict => {
    if (stopped) return { verdict: stopped, lines: [] }
    const lines = entries.map(({ number, verdicts }) => `#${number}: ${verdicts[name].sentence}`)
    const worst = worstOf(entries, name)
    if (name !== 'gates' || worst.state === 'fail') return { verdict: worst, lines }
    const ci = judgeGroupCi(snapshot)
    return { verdict: ci.state === 'pass' ? worst : ci, lines: [...lines, `CI on the group: ${ci.sentence}`] }
  }
  return { missing, plan: of('plan'), gates: of('gates'), review: of('review') }
}

// guard: groupReadWhole
function missingFrom({ missing, entries, runs, ci }: GroupSnapshot<Policy>): string[] {
  if (missing.length > 0) return missing
  const unknown = Object.entries({ entries, runs, ci }).filter(([, part]) => part === 'unknown')
  if (unknown.length > 0) return unknown.map(([part]) => `the group's ${part}`)
  return entries === 'unknown' ? [] : entries.flatMap(({ pulls }) => pulls.flatMap((pull) => pull.missing))
}

/** What stops the whole group before its entries are looked at, or null. */
function stoppedBy(snapshot: GroupSnapshot<Policy>, missing: string[]): Verdict | null {
  const { policy, base, entries } = snapshot
  if (!policy.ok) return fail(policy.sentence)
  // guard: queueOfChecksMode
  if (policy.policy.merge.mode === 'merge')
    return fail(
      'Policy lets only Countersign merge (`merge.mode: merge`), and a queue would merge past it: switch the merge queue off, or set `merge.mode: checks`.',
    )
  if (missing.length > 0) return wait(`Could not be read: ${listed(missing, 3)}. It is asked for again.`)
  const commits = snapshot.evidence.get(landingOf(snapshot))
  if (!commits) return wait('The group is being read from git; nothing to do.')
  if (!commits.ok) return fail(`The group could not be read: ${commits.reason}`)
  const walked = groupSteps(commits.body.commits, base.tip, snapshot.head)
  if (!walked.ok)
    return walked.moved
      ? wait(`${walked.sentence} GitHub builds it anew when ${code(base.ref)} moves.`)
      : fail(walked.sentence)
  if (walked.steps.length === 0) return wait(`Everything in this group is on ${code(base.ref)} already.`)
  // Entries are read along these very steps; fewer of them mean that something was not looked at.
  // guard: everyStep
  if (entries === 'unknown' || entries.length !== walked.steps.length)
    return wait("The group's pull requests are being read; nothing to do.")
  const verdicts = entries.map((entry) => foundIn(snapshot, entry))
  return verdicts.find((one) => one?.state === 'fail') ?? verdicts.find((one) => one !== null) ?? null
}

/** Why a step is not the plain merge of open pull requests, or null. */
function foundIn(snapshot: GroupSnapshot<Policy>, entry: GroupEntry<Policy>): Verdict | null {
  const { step, pulls, landed } = entry
  // guard: nobodysStep
  if (pulls.length === 0) {
    if (landed) return wait('Something in this group has just been merged; the group is read again.')
    return fail(
      `Commit ${code(short(step.commit))} of this group brings in ${
        step.merges === null
          ? 'what no open pull request holds. Countersign follows queues that merge or squash, not those that rebase'
          : `${code(short(step.merges))}, which is the head of no open pull request`
      }. Take the group's pull requests out of the queue and put them in again.`,
    )
  }
  // guard: plainMerge
  const trees = pulls.map((pull) => snapshot.evidence.get(mergeOf(entry, pull)))
  if (trees.some((tree) => tree?.ok && tree.body.tree === step.tree)) return null
  if (trees.some((tree) => tree === undefined))
    return wait('The group is being read from git; nothing to do.')
  return fail(
    `Commit ${code(short(step.commit))} of this group holds something else than the merge of ${listed(pulls.map(({ pull }) => `#${pull.number}`))}. Take it out of the queue and put it in again.`,
  )
}

/** Each pull request of the group, judged from the beginning; of several that a step may mean, all. */
function entriesOf(snapshot: GroupSnapshot<Policy>): Entries {
  const entries = snapshot.entries === 'unknown' ? [] : snapshot.entries
  return entries
    .flatMap(({ pulls }) => pulls)
    .map((pull) => ({
      number: pull.pull.number,
      verdicts: ownVerdicts(pull),
    }))
}

function ownVerdicts(pull: PullSnapshot<Policy>): Record<Name, Verdict> {
  const judged = judgePull(pull)
  // guard: answeredFirst
  const asked = isAsked(pull)
  const of = (name: Name): Verdict => {
    // guard: noDraft
    if (pull.pull.draft) return fail('It was made a draft again.')
    const verdict = judged.shared?.[name] ?? judged[name].verdict
    if (verdict.state === 'pass' && asked)
      return wait('A press or a command on it is being answered; nothing to do.')
    // A person must act, and the queue would only stand still: it is put in again when that is done.
    // guard: asksFail
    const asks =
      verdict.state === 'flag' || (verdict.state === 'wait' && judged[name].buttons.includes('approve'))
    return asks ? fail(`${verdict.sentence} Put it into the queue again when that is done.`) : verdict
  }
  return { plan: of('plan'), gates: of('gates'), review: of('review') }
}

/** Its own round answers what was asked on it and queues the group: until then it may be somebody's no. */
function isAsked(pull: PullSnapshot<Policy>): boolean {
  const siblings = pull.siblings === 'unknown' ? [] : pull.siblings
  return [pull, ...siblings].some(({ facts }) => openRequests(facts).length > 0)
}

// guard: everyEntry
function worstOf(entries: Entries, name: Name): Verdict {
  const numbers = listed(entries.map(({ number }) => `#${number}`))
  const bad =
    entries.find(({ verdicts }) => verdicts[name].state === 'fail') ??
    entries.find(({ verdicts }) => verdicts[name].state !== 'pass')
  if (entries.length === 0) return wait('No pull request was found in this group.')
  if (!bad) return pass(`Passed for each entry of the group: ${numbers}.`)
  const { state, sentence } = bad.verdicts[name]
  return { state, sentence: `#${bad.number}: ${sentence}` }
}

/** The workflows that policy names must have run for this very commit, started by the queue (T15). */
// guard: queuesOwnCi
function judgeGroupCi(snapshot: GroupSnapshot<Policy>): Verdict {
  if (!snapshot.policy.ok) return fail(snapshot.policy.sentence)
  const { gates } = snapshot.policy.policy
  if (!gates.ci.enabled) return pass('Switched off in the policy file (`gates.ci.enabled`).')
  const { app, ci, head, nowMs, requested } = snapshot
  const workflows = gates.ci.workflows.map((workflow) => ({ ...workflow, event: 'merge_group' }))
  return judgeCi({
    ci,
    head,
    // A group's CI is its own.
    retargeted: false,
    nowMs,
    headSinceMs: requested.atMs,
    ownAppIds: app.drafterAppId === null ? [app.appId] : [app.appId, app.drafterAppId],
    settings: { ...gates, ci: { ...gates.ci, workflows } },
  })
}
