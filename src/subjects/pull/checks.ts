/** The check runs as they should be, and which of them must be written (design: Check runs, T39). */
import type { Action } from '../../core/action.ts'
import {
  type Button,
  type ButtonIntent,
  type CheckName,
  type DesiredCheckRun,
  formatExternalId,
  type ObservedCheckRun,
  parseExternalId,
} from '../../core/checkRun.ts'
import { digestOf } from '../../core/digest.ts'
import { factsOf } from '../../core/facts.ts'
import { formatKey } from '../../core/ids.ts'
import { headline, listed, short } from '../../core/sentences.ts'
import type { PullSnapshot } from '../../core/snapshot/pull.ts'
import type { Verdict } from '../../core/verdict.ts'
import type { Policy } from '../../policy/schema.ts'
import { planLines } from './planText.ts'
import type { CheckVerdict, GateResult, PullVerdicts } from './verdicts.ts'

const names = ['plan', 'gates', 'review'] as const
type Name = (typeof names)[number]

/** Title of runs on a commit that several pull requests share; found again when one of them closes. */
export const sharedTitle = 'Several pull requests share this commit'

const buttons: Record<ButtonIntent, Omit<Button, 'intent'>> = {
  approve: { label: 'Approve', description: 'I looked at exactly this and approve it' },
  reject: { label: 'Request changes', description: 'This must change before it goes on' },
  accept: { label: 'Accept', description: 'I looked at what is flagged, accept it' },
  merge: { label: 'Merge', description: 'Merge this commit now' },
  fix: { label: 'Fix', description: 'Let the agent fix what is commented' },
}
/** GitHub shows about as much in one line of a check's page. */
export const longestTitle = 100
const cut = (text: string, most: number) => (text.length > most ? `${text.slice(0, most - 1)}…` : text)
const plain = (text: string) => text.replace(/[*`]/g, '')

/** Every run of a pull request as it should be now. */
export function desiredRuns(snapshot: PullSnapshot<Policy>, verdicts: PullVerdicts): DesiredCheckRun[] {
  const runs = names.map((name) =>
    verdicts.shared ? sharedRun(snapshot, verdicts.shared, name) : ownRun(snapshot, verdicts, name),
  )
  return snapshot.policy.ok && !snapshot.policy.policy.enforce ? runs.map(inShadow) : runs
}

const wouldBe = {
  success: 'green',
  failure: 'red',
  action_required: 'waiting for a person',
  in_progress: 'waiting',
  neutral: 'neutral',
  kept: 'as it was',
} as const

/** Shadow mode: what would have happened, without a button to press and without holding anything up. */
export function inShadow(run: DesiredCheckRun): DesiredCheckRun {
  const note = `Shadow mode (\`enforce: false\`): this check would be ${wouldBe[run.state]}. Nothing is held up.`
  return {
    ...run,
    state: 'neutral',
    title: headline(`Not enforced: ${run.title}`, longestTitle),
    summary: cut(`${note}\n\n${run.summary}`, 60_000),
    buttons: [],
  }
}

function ownRun(snapshot: PullSnapshot<Policy>, verdicts: PullVerdicts, name: Name): DesiredCheckRun {
  const check = verdicts[name]
  const { verdict } = check
  const shown = check.shown ?? digestOf({ nothing: snapshot.key, head: snapshot.pull.head.sha, name })
  // As of the last decision on this very check: one on another check does not make this page old.
  const generation =
    factsOf(snapshot.facts, 'decision').findLastIndex((fact) => fact.body.check === `countersign/${name}`) + 1
  return {
    name: `countersign/${name}`,
    sha: snapshot.pull.head.sha,
    externalId: formatExternalId(snapshot.key, generation, shown),
    state: stateOf(name, check),
    title: headline(plain(verdict.sentence), longestTitle),
    summary: cut(summaryOf(verdicts, name, check), 60_000),
    buttons: check.buttons.map((intent) => ({ intent, ...buttons[intent] })),
    shown,
    annotations: verdict.annotations ?? [],
  }
}

/**
 * A wait that asks a person something is completed with `action_required`, since buttons show on completed runs only;
 * any other wait is in progress. A flag asks for an acceptance, as `failure` until somebody gives it.
 */
function stateOf(name: Name, check: CheckVerdict): DesiredCheckRun['state'] {
  switch (check.verdict.state) {
    case 'pass':
      return 'success'
    case 'fail':
    case 'flag':
      return 'failure'
    case 'wait':
      return name !== 'gates' && check.buttons.includes('approve') ? 'action_required' : 'in_progress'
    default:
      return check.verdict.state satisfies never
  }
}

/** What stands below the title: what it leaves out, the decisions so far, what there is to look at, and what is next. */
function summaryOf(verdicts: PullVerdicts, name: Name, check: CheckVerdict): string {
  const { sentence, state } = check.verdict
  const lines = plain(sentence).length > longestTitle ? ['', sentence] : []
  if (name === 'gates' && check.needed.length > 0 && state !== 'pass')
    lines.push('', `Accepting it takes ${listed(check.needed)}.`)
  if (check.lines.length > 0) lines.push('', ...check.lines.map((line) => `- ${line}`))
  if (name === 'gates') lines.push(...gateLines(verdicts.gates.results))
  if (name === 'plan' && verdicts.plan.plan) lines.push(...planLines(verdicts.plan.plan, state === 'pass'))
  if (name === 'review' && state !== 'fail') lines.push('', `Next: ${verdicts.next}`)
  if (check.shown && check.buttons.length > 0)
    lines.push('', `The buttons count for exactly what is shown here: \`${short(check.shown)}\`.`)
  return lines.length === 0 ? sentence : lines.join('\n').trim()
}

const marks: Record<Verdict['state'], string> = {
  pass: '✅\u00a0passed',
  flag: '🚩\u00a0flagged',
  wait: '⏳\u00a0waiting',
  fail: '❌\u00a0failed',
}
/** What stops comes first. */
const ranks: readonly Verdict['state'][] = ['fail', 'flag', 'wait', 'pass']

/** A table with one row a gate; those that policy does not switch on follow in one line. */
export function gateLines(results: readonly GateResult[]): string[] {
  const row = ({ verdict, title, requirement, accepted }: GateResult) =>
    `| ${accepted ? '☑️\u00a0accepted' : marks[verdict.state]} | **${title}** (${requirement}) | ${cell(`${verdict.sentence}${accepted ? ` ${accepted}.` : ''}`)} |`
  const rank = (result: GateResult) => (result.accepted ? ranks.length : ranks.indexOf(result.verdict.state))
  const on = results.filter(({ configured }) => configured).sort((a, b) => rank(a) - rank(b))
  const off = results.filter(({ configured }) => !configured)
  return [
    ...(on.length > 0 ? ['', '| | gate | what was found |', '| --- | --- | --- |', ...on.map(row)] : []),
    ...(off.length > 0 ? ['', ...off.map(({ title, verdict }) => `- ${title}: ${verdict.sentence}`)] : []),
  ]
}

/** A sentence as one cell of a table. */
const cell = (sentence: string) => sentence.replace(/\s*\n\s*/g, ' ').replace(/(?<!\\)\|/g, '\\|')

/** The same bytes from every pull request that shares the commit, so that their rounds do not overwrite one another. */
function sharedRun(
  snapshot: PullSnapshot<Policy>,
  shared: NonNullable<PullVerdicts['shared']>,
  name: Name,
): DesiredCheckRun {
  const verdict = shared[name]
  const shown = digestOf({ shared: shared.numbers, head: snapshot.pull.head.sha, name })
  const number = shared.numbers[0] ?? snapshot.pull.number
  return {
    name: `countersign/${name}`,
    sha: snapshot.pull.head.sha,
    externalId: formatExternalId(
      formatKey({ kind: 'pull', repository: snapshot.repository.name, number }),
      0,
      shown,
    ),
    state: verdict.state === 'pass' ? 'success' : verdict.state === 'wait' ? 'in_progress' : 'failure',
    title: sharedTitle,
    summary: cut(verdict.sentence, 60_000),
    buttons: [],
    shown,
    annotations: [],
  }
}

const subjectOf = (externalId: string) => parseExternalId(externalId)?.subject

/** True when the run on GitHub is not what it should be. Buttons and annotations follow from what is compared. */
export function runDiffers(run: DesiredCheckRun, observed: ObservedCheckRun | undefined): boolean {
  if (!observed) return true
  const status = run.state === 'in_progress' ? 'in_progress' : 'completed'
  const conclusion = run.state === 'in_progress' ? null : run.state
  // While it waits for machines it has no buttons, so only its subject must be right; its title says what it waits for,
  // and the table under it follows when the title changes.
  if (status === 'in_progress' && observed.status === 'in_progress')
    return subjectOf(observed.externalId) !== subjectOf(run.externalId) || observed.title !== run.title
  return (
    observed.status !== status ||
    observed.conclusion !== conclusion ||
    observed.externalId !== run.externalId ||
    observed.title !== run.title ||
    observed.summary !== run.summary
  )
}

/**
 * True when the write only informs: machines are at work and were before, or only the details below an unchanged state
 * are new. A missing run holds a merge back as one in progress does. What asks a person for something, turns green or red,
 * or takes a green back never waits; a changed external id is what a person is asked for, or the answer to a press.
 */
function mayWait(run: DesiredCheckRun, observed: ObservedCheckRun | undefined): boolean {
  if (run.state === 'in_progress') return observed?.status !== 'completed'
  return observed?.conclusion === run.state && observed.externalId === run.externalId
}

/** The writes: only runs that changed. What could not be observed is not written over, except to take back a green. */
export function checkActions(
  snapshot: PullSnapshot<Policy>,
  verdicts: PullVerdicts,
): Extract<Action, { kind: 'checkRun' }>[] {
  const { runs, pull, repository } = snapshot
  if (pull.state !== 'open' || runs === 'unknown') return []
  const writes = desiredRuns(snapshot, verdicts).flatMap((run) => {
    const observed = newest(runs, run.name, run.sha)
    if (!runDiffers(run, observed)) return []
    if (verdicts.missing.length > 0 && observed && observed.conclusion !== 'success') return []
    const runId = observed?.id ?? null
    return [
      { kind: 'checkRun' as const, repository: repository.name, run, runId, mayWait: mayWait(run, observed) },
    ]
  })
  return greensLast(writes)
}

/**
 * A green is taken back before another is written: GitHub merges by itself on what it sees, and would see in between the
 * new green beside one that no longer stands.
 */
// guard: greensLast
export function greensLast<Write extends { run: DesiredCheckRun }>(writes: readonly Write[]): Write[] {
  const greens = writes.filter(({ run }) => run.state === 'success')
  return [...writes.filter((write) => !greens.includes(write)), ...greens]
}

/** The newest run of each name on a commit. */
export function newestRuns(runs: readonly ObservedCheckRun[], sha: string): ObservedCheckRun[] {
  return names.flatMap((name) => newest(runs, `countersign/${name}`, sha) ?? [])
}

/** The newest run of a name at a commit. */
export function newest(
  runs: readonly ObservedCheckRun[],
  name: CheckName,
  sha: string,
): ObservedCheckRun | undefined {
  return runs.filter((run) => run.name === name && run.sha === sha).sort((a, b) => b.id - a.id)[0]
}
