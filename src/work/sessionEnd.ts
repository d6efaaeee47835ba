/** How a session's attempt is put on record: the host's commit of what it left, and the fact of its end (P7, P9). */
import type { AllowedPaths } from '../core/agentProfile.ts'
import { digestOf } from '../core/digest.ts'
import type { FactBody } from '../core/facts.ts'
import type { Sha } from '../core/ids.ts'
import { commitSubject, outgoingCommitText } from '../core/outgoingText.ts'
import type { Clock, CommitIdentity, SessionResult, Worktree } from '../core/ports.ts'
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
  if (phase.writes !== 'none' && plan) {
    const commit = await worktree.commit(
      {
        parent: before,
        message: commitMessage(item, due, result),
        author: ports.author,
        timeSeconds: Math.floor(ports.clock.nowMs() / 1000),
      },
      (path) => mayWrite(phase.writes, plan, allowed, path),
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
    const named = refused.slice(0, 10).join(', ')
    return {
      ...common,
      outcome: {
        kind: 'failed',
        reason:
          `Files were changed that this phase may not touch: ${named}. Put them back; nothing was committed.`.slice(
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
