/** Work item `collect`: gathers one piece of evidence, keeps it under its key, and queues the subject that asked. */
import { Bug, Terminal } from '../core/errors.ts'
import { type EvidenceRequest, type EvidenceResult, evidenceBodies, evidenceKey } from '../core/evidence.ts'
import type { RepositoryName, Sha } from '../core/ids.ts'
import type { ForgeReads, Git, GitRequest, Ledger, Log, Queue, Workspace } from '../core/ports.ts'
import type { WorkItem } from '../core/work.ts'
import { isMeasure, type MeasurePorts, measure } from './measure.ts'

export interface CollectPorts extends MeasurePorts {
  forge: Pick<ForgeReads, 'artifact'>
  git: Git
  workspace: Workspace
  ledger: Pick<Ledger, 'evidence' | 'putEvidence'>
  queue: Pick<Queue, 'reconcile'>
  log: Log
}

type CollectItem = Extract<WorkItem, { kind: 'collect' }>

/**
 * Collect once: evidence that is already there is not collected again (S7). What cannot be collected for good is kept
 * as failed, with its sentence; RetryLater is left to the queue. A run that was cancelled leaves no evidence behind.
 */
export async function runCollect(item: CollectItem, ports: CollectPorts, signal: AbortSignal): Promise<void> {
  const key = evidenceKey(item.repository, item.request)
  if (!(await ports.ledger.evidence([key])).has(key)) {
    const result = checked(item.request, await gather(item.repository, item.request, ports, signal))
    signal.throwIfAborted()
    if (wasStopped(result))
      throw new Error('the command was stopped from outside, which says nothing about it')
    if (!result.ok)
      ports.log.warn(
        { subject: item.subject, kind: item.request.kind, reason: result.reason },
        'evidence failed',
      )
    await ports.ledger.putEvidence(key, result)
  }
  await ports.queue.reconcile(item.subject)
}

async function gather(
  repository: RepositoryName,
  request: EvidenceRequest,
  ports: CollectPorts,
  signal: AbortSignal,
): Promise<EvidenceResult> {
  try {
    if (isMeasure(request)) return await measure(request, ports, signal)
    if (request.kind === 'command') return await ports.workspace.runAt(repository, request, signal)
    if (request.kind === 'reports') {
      const artifact = await ports.forge.artifact(repository, request)
      return artifact.ok ? await ports.workspace.readArtifact(repository, request, artifact.zip) : artifact
    }
    await ports.git.ensure(repository, commitsOf(request))
    return await ports.git.collect(repository, request)
  } catch (error) {
    if (error instanceof Terminal) return { ok: false, reason: error.forUser }
    throw error
  }
}

/** The commits that git must have to answer. */
export function commitsOf(request: GitRequest): Sha[] {
  switch (request.kind) {
    case 'diff':
    case 'commits':
    case 'references':
      return [request.base, request.head]
    case 'citations':
      return [request.base]
    case 'mergeTree':
      return [request.first, request.second]
    case 'revert':
      return [request.commit, ...(request.onto ? [request.onto] : []), ...request.of]
    case 'lineMap':
      return [request.from, request.to, ...(request.base ? [request.base] : [])]
    default:
      return request satisfies never
  }
}

/** Evidence crosses a border here: what does not fit its schema is a defect of ours and is not kept. */
function checked(request: EvidenceRequest, result: EvidenceResult): EvidenceResult {
  if (!result.ok) return { ok: false, reason: result.reason.slice(0, 4000) }
  const parsed = evidenceBodies[request.kind].safeParse(result.body)
  if (!parsed.success)
    throw new Bug(`${request.kind} evidence does not fit its schema: ${parsed.error.message.slice(0, 500)}`)
  return { ok: true, body: parsed.data }
}

function wasStopped(result: EvidenceResult): boolean {
  return result.ok && 'stoppedBy' in result.body && result.body.stoppedBy === 'stop'
}
