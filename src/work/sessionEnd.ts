/** How a session's attempt is put on record: the host's commit of what it left, and the fact of its end (P7, P9). */
import type { AllowedPaths } from '../core/agentProfile.ts'
import { digestOf } from '../core/digest.ts'
import type { FactBody } from '../core/facts.ts'
import type { Sha } from '../core/ids.ts'
import { commitSubject, outgoingCommitText } from '../core/outgoingText.ts'
import type { ChangedModes, Clock, CommitIdentity, SessionResult, Worktree } from '../core/ports.ts'
import { code } from '../core/sentences.ts'
import { mayWrite } from '../pipeline/checks/scope.ts'
import type { Due, SessionItem } from './sessionDue.ts'

/** The host's commit of what the session left, and how the attempt ended. Nothing is trimmed: a stray path fails it. */
export async function endedFact(
  item: SessionItem,
  ports: { clock: Clock; author: CommitIdentity },
  due: Due,
  worktree: Worktree,
  result: SessionResult,
  allowed: AllowedPaths | null,
): Promise<FactBody> {
  const { phase, before } = due.position
  const plan = due.state.issued?.body.record.plan
  let candidate: Sha | null = null
  let refused: string[] = []
  const turned: string[] = []
  if (phase.writes !== 'none' && plan) {
    const commit = await worktree.commit(
      {
        parent: before,
        message: commitMessage(item, due, result),
        author: ports.author,
        timeSeconds: Math.floor(ports.clock.nowMs() / 1000),
      },
      (path, modes) => {
        if (!mayWrite(phase.writes, plan, allowed, path)) return false
        const into = turnedInto(modes)
        if (into) turned.push(`${code(path)} was turned into ${into}`)
        return into === null
      },
    )
    candidate = commit.sha
    refused = commit.refused
  }
  const { usage, costUsd, durationMs } = result
  const common = {
    kind: 'attempt.ended' as const,
    phase: item.phase,
    attempt: item.attempt,
    session: due.session,
    candidate,
    usage,
    costUsd,
    durationMs,
    model: result.by?.model ?? item.model,
    endpoint: result.by?.endpoint ?? item.endpoint,
  }
  if (refused.length > 0 && result.kind === 'deliverable') {
    const named = refused
      .slice(0, 10)
      .map((path) => code(path))
      .join(', ')
    const why = turned.length > 0 ? ` ${turned.slice(0, 5).join('; ')}, which no plan can name.` : ''
    return {
      ...common,
      outcome: {
        kind: 'failed',
        reason:
          `Files were changed that this phase may not touch: ${named}.${why} Put them back; nothing was committed.`.slice(
            0,
            4000,
          ),
      },
    }
  }
  switch (result.kind) {
    case 'deliverable':
      return {
        ...common,
        outcome: {
          kind: 'deliverable',
          digest: digestOf(result.deliverable),
          deliverable: result.deliverable,
        },
      }
    case 'questions':
      return { ...common, outcome: { kind: 'questions', questions: result.questions } }
    case 'failed':
    case 'stopped':
      return { ...common, outcome: { kind: result.kind, reason: result.reason.slice(0, 4000) } }
    default:
      return result satisfies never
  }
}

/** What a file was turned into beside other text: a plan names texts only, and a program can make links and modes. */
function turnedInto({ before, after }: ChangedModes): string | null {
  if (after === '120000' && before !== after) return 'a symbolic link'
  if (before === null || after === null || before === after) return null
  return `a file of mode ${after}`
}

/** Subject, summary, and trailers that say which task, plan, session and profile the commit came from (P9, P13). */
function commitMessage(item: SessionItem, due: Due, result: SessionResult): string {
  const deliverable = result.kind === 'deliverable' ? result.deliverable : null
  const summary =
    deliverable !== null && typeof deliverable === 'object' && 'summary' in deliverable
      ? String(deliverable.summary)
      : `work in progress (${result.kind})`
  const profile = due.state.frozen?.body.profile
  return [
    commitSubject(item.phase, summary),
    '',
    outgoingCommitText(summary, { most: 1500 }),
    '',
    `Countersign-Task: ${item.subject.replace(/^task:/, '')}`,
    `Countersign-Plan: ${due.state.issued?.body.digest ?? ''}`,
    `Countersign-Session: ${due.session}`,
    ...(profile === undefined ? [] : [`Countersign-Profile: ${profile}`]),
    '',
  ].join('\n')
}
