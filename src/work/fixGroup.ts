/** One group of threads: sessions on its region until code has nothing to object, or the cap is reached (F2, F3, P3). */
import type { Sha } from '../core/ids.ts'
import { outgoingText } from '../core/outgoingText.ts'
import type { SessionResult } from '../core/ports.ts'
import { code } from '../core/sentences.ts'
import { FixDeliverable, objectionsTo } from '../fix/deliverable.ts'
import { bytesAsText, cut, lineCount } from '../fix/proof.ts'
import { fixMessage } from '../fix/texts.ts'
import { checkCommit, proveCommit } from './fixChecks.ts'
import { converse, endSession, type GroupPorts, type GroupRun, record, startSession } from './fixSession.ts'
import { decoded, type Region } from './fixTools.ts'

export type GroupEnd =
  | { kind: 'fixed'; sha: Sha; lines: number; text: string; deliverable: FixDeliverable }
  | { kind: 'unchanged'; deliverable: FixDeliverable }
  | { kind: 'refused'; sentence: string }
  | { kind: 'stopped' }

/** Run one group to its end. Every session is on record with its cost, before and after. */
export async function runGroup(run: GroupRun, ports: GroupPorts): Promise<GroupEnd> {
  const { repository, group, tip, policy, worktree } = run
  const bytes = await ports.git.bytes(repository, tip, group.path)
  if (!bytes) return { kind: 'refused', sentence: `${code(group.path)} cannot be read.` }
  const before = bytesAsText(bytes)
  const size = group.range.to - group.range.from
  if (size > policy.fix.max_region_lines)
    return {
      kind: 'refused',
      sentence: `The region has ${size} lines and at most ${policy.fix.max_region_lines} are given to one session (policy fix.max_region_lines). Ask for fewer lines.`,
    }
  const inside = cut(before, [group.range]).inside[0] ?? ''
  if (decoded(inside) === null)
    return { kind: 'refused', sentence: 'The cited lines are not UTF-8 text, and a fix edits text only.' }
  const region: Region = { directory: worktree.directory, path: group.path, before, range: group.range }
  await worktree.reset(tip)
  const objections: string[] = []
  let last = null as { session: string; objections: string } | null
  for (let attempt = 1; attempt <= policy.pipeline.attempts; attempt++) {
    const session = await startSession(run, attempt, ports)
    const result = await converse(run, region, session, attempt, objections, last?.session ?? null, ports)
    if (result.kind === 'stopped') {
      if (!run.watch.stopped()) run.host.throwIfAborted()
      await endSession(run, attempt, session, result, null, ports)
      return { kind: 'stopped' }
    }
    const judged = await judge(run, result, session, ports)
    await endSession(run, attempt, session, result, judged.sha, ports)
    if (judged.end) return judged.end
    const said = judged.objections.join('\n')
    await record(run, ports, {
      kind: 'attempt.judged',
      phase: 'fix',
      attempt,
      by: 'code',
      verdict: 'objections',
      objections: judged.objections.map((one) => one.slice(0, 4000)).slice(0, 50),
    })
    if (said === last?.objections)
      return {
        kind: 'refused',
        sentence: `The same objection came twice, so no further attempt was made: ${shown(said)}`,
      }
    last = { session, objections: said }
    objections.push(...judged.objections.map((one) => `attempt ${attempt}: ${one}`))
    // Whatever reached outside is put back as a whole; nothing is trimmed out of it.
    if (judged.reset) await worktree.reset(tip)
  }
  return {
    kind: 'refused',
    sentence: `After ${policy.pipeline.attempts} attempts it was still not right: ${shown(objections.at(-1) ?? 'no reason is on record')}`,
  }
}

/** What sessions, commands and endpoints said, on its way into a reply: it is text of others, on one line (T28). */
const shown = (said: string) => outgoingText(said, { inline: true, most: 1500 })

interface Judged {
  end: GroupEnd | null
  objections: string[]
  sha: Sha | null
  reset: boolean
}

/** Commit what the session left, prove it, run the commands; the end of the group, or objections. */
async function judge(
  run: GroupRun,
  result: SessionResult,
  session: string,
  ports: GroupPorts,
): Promise<Judged> {
  const { repository, group, tip } = run
  const over = (end: GroupEnd, sha: Sha | null = null): Judged => ({ end, objections: [], sha, reset: false })
  const objected = (objections: string[], reset: boolean): Judged => ({
    end: null,
    objections,
    sha: null,
    reset,
  })
  if (result.kind !== 'deliverable')
    return over({
      kind: 'refused',
      sentence:
        result.kind === 'failed' ? shown(result.reason) : 'The session asked questions, which a fix cannot.',
    })
  const deliverable = FixDeliverable.parse(result.deliverable)
  const commit = await run.worktree.commit(
    {
      parent: tip,
      message: fixMessage({
        pull: run.pull,
        roots: group.members.map(({ thread }) => thread.comments[0]?.id ?? 0),
        summary: deliverable.summary,
        by: run.fix.by,
        session,
      }),
      author: ports.author,
      timeSeconds: Math.floor(ports.clock.nowMs() / 1000),
    },
    (path) => path === group.path,
  )
  if (commit.refused.length > 0)
    return objected(
      [`Files were touched that no comment cites: ${commit.refused.slice(0, 10).join(', ')}.`],
      true,
    )
  const own = objectionsTo(deliverable, group.members.length, commit.sha !== null)
  if (commit.sha === null)
    return own.length > 0 ? objected(own, false) : over({ kind: 'unchanged', deliverable })
  const proven = await proveCommit(
    ports.git,
    repository,
    tip,
    commit.sha,
    new Map([[group.path, [group.range]]]),
  )
  if (proven.violations.length > 0)
    return objected(
      proven.violations.map((one) => `Outside the region, ${one}.`),
      true,
    )
  if (own.length > 0) return objected(own, false)
  const checked = await checkCommit(
    ports,
    repository,
    run.policy,
    { before: tip, sha: commit.sha },
    run.watch.signal,
  )
  if (!checked.ok)
    return checked.kind === 'objection'
      ? objected([checked.sentence], false)
      : over({ kind: 'refused', sentence: checked.sentence })
  const now = await ports.git.bytes(repository, commit.sha, group.path)
  const proof = cut(bytesAsText(now ?? new Uint8Array()), [
    { from: group.range.from, to: group.range.from + (proven.lines.get(group.path)?.[0] ?? 0) },
  ])
  const text = decoded(proof.inside[0] ?? '') ?? ''
  return over(
    { kind: 'fixed', sha: commit.sha, lines: lineCount(proof.inside[0] ?? ''), text, deliverable },
    commit.sha,
  )
}
