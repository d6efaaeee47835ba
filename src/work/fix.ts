/** Work item `fix`: one accepted request, group by group, proven, pushed by compare-and-swap, and put on record (F1 to F4). */
import { Terminal } from '../core/errors.ts'
import type { ReworkCause } from '../core/facts/fix.ts'
import { type Fact, type FactBody, factsOf } from '../core/facts.ts'
import { parseKey, type RepositoryName, type Sha } from '../core/ids.ts'
import { outgoingText } from '../core/outgoingText.ts'
import type { Log, Queue } from '../core/ports.ts'
import type { WorkItem } from '../core/work.ts'
import type { LineRange } from '../fix/lineMap.ts'
import { groupRegions } from '../fix/region.ts'
import { type FixState, openFixes } from '../fix/state.ts'
import { endSentence } from '../fix/texts.ts'
import { agentOfFix } from './fixAgent.ts'
import { proveCommit } from './fixChecks.ts'
import { type Ending, refusedAll, repliesOf } from './fixEnding.ts'
import { type GroupEnd, runGroup } from './fixGroup.ts'
import { type CitedThread, type Look, type LookPorts, lookAt } from './fixLook.ts'
import type { GroupPorts } from './fixSession.ts'
import { fixTicket } from './release.ts'
import { pushSigned, type SignPorts, sign } from './sign.ts'
import { isStopped } from './stopped.ts'
import { type StopWatch, watchForStop } from './stopWatch.ts'

export interface FixPorts extends GroupPorts, Omit<LookPorts, 'git'> {
  forge: SignPorts['forge']
  queue: Pick<Queue, 'reconcile'>
  log: Log
}

type FixItem = Extract<WorkItem, { kind: 'fix' }>
/** What a run came to; `moved` asks for another one on what now stands. */
type Outcome = { kind: 'ended'; ending: Ending } | { kind: 'moved'; why: string }

/** A second run on the new head, and no third: then a person looks first. */
const mostRuns = 2

/**
 * Work on a request. Whether it is still due is asked of the facts; its end is one fact, and the replies follow from
 * that in the pull request's rounds. A run after a crash finds its own push again (S7).
 */
export async function runFix(item: FixItem, ports: FixPorts, signal: AbortSignal): Promise<void> {
  const subject = parseKey(item.subject)
  const facts = await ports.ledger.facts(item.subject)
  const [fix] = openFixes(facts)
  if (subject?.kind !== 'pull' || fix?.accepted.body.request !== item.request)
    return ports.queue.reconcile(item.subject)
  const watch = watchForStop(ports, item.subject, fix.accepted.seq, signal)
  try {
    const ending = await endingOf(item, fix, facts, subject, ports, watch, signal)
    await finish(item, ending, ports)
  } finally {
    await watch.end()
  }
  await ports.queue.reconcile(item.subject)
}

async function endingOf(
  item: FixItem,
  fix: FixState,
  facts: readonly Fact[],
  { repository, number }: { repository: RepositoryName; number: number },
  ports: FixPorts,
  watch: StopWatch,
  host: AbortSignal,
): Promise<Ending> {
  let before = fix.accepted.body.head
  try {
    let why = ''
    for (let run = 0; run < mostRuns; run++) {
      const look = await lookAt(repository, number, fix, run > 0, ports)
      before = look.observed.pull.head.sha
      const pushed = await alreadyPushed(facts, item.request, repository, look, ports)
      if (pushed) return pushed
      if (isStopped(facts.filter((fact) => fact.seq > fix.accepted.seq)) || (await watch.look()))
        return refusedAll(fix, before, 'It was stopped by `/agent stop` before anything was pushed.')
      const outcome = await runOnce({ item, fix, repository, number, look, watch, host }, ports)
      if (outcome.kind === 'ended') return outcome.ending
      why = outcome.why
    }
    return refusedAll(
      fix,
      before,
      `${why} That happened twice, so nothing was pushed. Ask again when the branch rests.`,
    )
  } catch (error) {
    if (!(error instanceof Terminal)) throw error
    ports.log.warn({ subject: item.subject, reason: error.message }, 'fix refused')
    return refusedAll(fix, before, error.forUser)
  }
}

interface Run {
  item: FixItem
  fix: FixState
  repository: RepositoryName
  number: number
  look: Look
  watch: StopWatch
  host: AbortSignal
}

async function runOnce(run: Run, ports: FixPorts): Promise<Outcome> {
  const { item, fix, repository, number, look, watch, host } = run
  const { pull } = look.observed
  const before = pull.head.sha
  if (look.refusal !== null) return { kind: 'ended', ending: refusedAll(fix, before, look.refusal) }
  if (!look.policy.ok) return { kind: 'ended', ending: refusedAll(fix, before, look.policy.sentence) }
  const agent = await agentOfFix(repository, pull.head.ref, look.policy, look.threads, ports)
  if (!agent.ok) return { kind: 'ended', ending: refusedAll(fix, before, agent.sentence) }
  const { policy, conventions } = agent
  const groups = groupRegions(look.threads)
  const worktree = await ports.workspace.open(repository, fixTicket(number), before)
  const done: { group: (typeof groups)[number]; range: LineRange; end: GroupEnd }[] = []
  let tip = before
  for (const [index, group] of groups.entries()) {
    // Regions below an earlier fix of the same file have moved by what it added or took away.
    const shift = done
      .filter((one) => one.group.path === group.path && one.end.kind === 'fixed')
      .reduce(
        (sum, one) => sum + (one.end.kind === 'fixed' ? one.end.lines - (one.range.to - one.range.from) : 0),
        0,
      )
    const moved = { ...group, range: { from: group.range.from + shift, to: group.range.to + shift } }
    const end = await runGroup(
      {
        repository,
        branch: pull.head.ref,
        pull: `${repository}#${number}`,
        subject: item.subject,
        fix,
        policy,
        conventions,
        worktree,
        tip,
        group: moved,
        number: index + 1,
        watch,
        host,
      },
      ports,
    )
    if (end.kind === 'stopped')
      return {
        kind: 'ended',
        ending: refusedAll(fix, before, 'It was stopped by `/agent stop` before anything was pushed.'),
      }
    done.push({ group, range: group.range, end })
    if (end.kind === 'fixed') tip = end.sha
  }
  const fixed = done.filter((one) => one.end.kind === 'fixed')
  const cause = fixed.map(({ end }) => (end.kind === 'fixed' ? end.deliverable.cause : null))[0] ?? null
  /** @param sha the commit as it comes to stand on the branch. */
  const endingAt = <S extends Sha | null>(sha: S): Ending & { sha: S } => {
    const threads = [
      ...look.ended,
      ...done.flatMap((one) => repliesOf(one, { repository, before, sha, fork: pull.head.fork, policy })),
    ]
    const sentence = endSentence(threads.map((one) => one.outcome))
    return { request: item.request, before, sha, threads, cause, sentence }
  }
  if (tip === before) return { kind: 'ended', ending: endingAt(null) }
  const cited = new Map<string, LineRange[]>()
  for (const { group } of fixed) cited.set(group.path, [...(cited.get(group.path) ?? []), group.range])
  const proven = await proveCommit(ports.git, repository, before, tip, cited)
  if (proven.violations.length > 0)
    return {
      kind: 'ended',
      ending: refusedAll(
        fix,
        before,
        `The whole change does not prove: ${outgoingText(proven.violations[0] ?? '', { inline: true, most: 1500 })}. Nothing was pushed.`,
      ),
    }
  if (pull.head.fork) return { kind: 'ended', ending: endingAt(null) }
  const members = fixed.flatMap(({ group }) => group.members)
  return push({ before, tip, endingAt, members }, run, ports)
}

/** Look once more, announce the push, push. What changed meanwhile asks for a new run; nothing is overwritten. */
async function push(
  fix: { before: Sha; tip: Sha; endingAt: (sha: Sha) => Ending & { sha: Sha }; members: CitedThread[] },
  { item, repository, number, look, watch }: Run,
  ports: FixPorts,
): Promise<Outcome> {
  const { before, tip, endingAt, members } = fix
  const again = await ports.readings.open({ fresh: true }).forge.pull(repository, number)
  if (!again.found || again.value.pull.state !== 'open')
    return { kind: 'moved', why: 'The pull request was closed during the fix.' }
  if (again.value.pull.head.sha !== before)
    return { kind: 'moved', why: 'Somebody pushed to the branch during the fix.' }
  const standing = new Map(again.value.threads.map((thread) => [thread.id, thread]))
  if (members.some(({ thread }) => standing.get(thread.id)?.resolved !== false))
    return { kind: 'moved', why: 'A thread was resolved or deleted during the fix.' }
  if (await watch.look()) return { kind: 'moved', why: 'The work was stopped.' }
  const branch = look.observed.pull.head.ref
  const signed = again.value.pull.signaturesRequired
    ? await sign(repository, { onto: before, tip }, ports)
    : null
  const ending = endingAt(signed?.at(-1)?.sha ?? tip)
  await ports.ledger.append(item.subject, [{ actor: null, body: { kind: 'fix.pushing', ...ending } }])
  const pushed = signed
    ? await pushSigned(
        repository,
        { branch, from: before, force: false, onto: before, commits: signed },
        ports,
      )
    : await ports.git.pushFix(repository, { branch, sha: tip, expected: before })
  return pushed === 'done'
    ? { kind: 'ended', ending }
    : { kind: 'moved', why: 'Somebody pushed to the branch during the fix.' }
}

/** The ending of an earlier run of this item that pushed and was cut off before it could say so. */
async function alreadyPushed(
  facts: readonly Fact[],
  request: number,
  repository: RepositoryName,
  look: Look,
  { git }: FixPorts,
): Promise<Ending | null> {
  const head = look.observed.pull.head.sha
  for (const { body } of factsOf(facts, 'fix.pushing').filter((fact) => fact.body.request === request)) {
    const { kind: _kind, ...ending } = body
    if (body.sha === head) return ending
    const known = await git.ensure(repository, [body.sha, head]).then(
      () => true,
      (error: unknown) => {
        if (error instanceof Terminal) return false
        throw error
      },
    )
    const merge = known
      ? await git.collect(repository, { kind: 'mergeTree', first: body.sha, second: head })
      : null
    if (merge?.ok && 'tree' in merge.body && merge.body.mergeBase === body.sha) return ending
  }
  return null
}

async function finish(item: FixItem, ending: Ending, { ledger }: FixPorts): Promise<void> {
  const facts = await ledger.facts(item.subject)
  if (factsOf(facts, 'fix.ended').some(({ body }) => body.request === item.request)) return
  const bodies: FactBody[] = [{ kind: 'fix.ended', ...ending }]
  const cause: ReworkCause | null = ending.cause
  if (cause !== null) bodies.push({ kind: 'rework.classified', cause, by: 'session', request: item.request })
  await ledger.append(
    item.subject,
    bodies.map((body) => ({ actor: null, body })),
  )
}
