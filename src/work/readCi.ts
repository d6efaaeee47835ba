/** Work item `readCi`: the logs of failed CI jobs, cut to what failed, and how the same jobs end on the base (P8). */
import { Terminal } from '../core/errors.ts'
import type { RedJob } from '../core/facts/repair.ts'
import { factsOf } from '../core/facts.ts'
import { parseKey, type RepositoryName, type Sha } from '../core/ids.ts'
import type { ForgeReads, Ledger, Log, Queue } from '../core/ports.ts'
import type { CiCheck } from '../core/snapshot/pull.ts'
import type { WorkItem } from '../core/work.ts'
import { cutLog } from '../pipeline/ciLog.ts'

export interface ReadCiPorts {
  forge: Pick<ForgeReads, 'checks' | 'jobLog'>
  ledger: Pick<Ledger, 'facts' | 'append'>
  queue: Pick<Queue, 'reconcile'>
  log: Log
}

/**
 * Record what failed, once: a second run finds the fact. A log that GitHub does not give is recorded as empty; limits
 * and outages are left to the queue (RetryLater).
 */
export async function runReadCi(
  item: Extract<WorkItem, { kind: 'readCi' }>,
  { forge, ledger, queue, log }: ReadCiPorts,
): Promise<void> {
  const subject = parseKey(item.subject)
  if (subject?.kind !== 'task') return
  const { repository } = subject
  const facts = await ledger.facts(item.subject)
  if (!factsOf(facts, 'ci.red').some((fact) => fact.seq > item.after && covers(fact.body, item))) {
    const base = await forge.checks(repository, item.base)
    const jobs: RedJob[] = []
    for (const check of item.checks) {
      jobs.push({
        checkRunId: check.checkRunId,
        name: check.name.slice(0, 300),
        workflowPath: check.workflowPath?.slice(0, 300) ?? null,
        conclusion: check.conclusion?.slice(0, 40) ?? null,
        log: check.runId === null ? '' : await logOf(repository, check, forge, log),
        onBase: onBase(check, base.ci),
      })
    }
    const { sha } = item
    // Lost when someone recorded something meanwhile: the round that follows asks again.
    await ledger.append(
      item.subject,
      [{ actor: null, body: { kind: 'ci.red', sha, base: item.base, jobs } }],
      { ifLength: facts.length },
    )
  }
  await queue.reconcile(item.subject)
}

function covers(body: { sha: Sha; jobs: RedJob[] }, item: { sha: Sha; checks: CiCheck[] }): boolean {
  const ids = new Set(body.jobs.map((job) => job.checkRunId))
  return body.sha === item.sha && item.checks.every((check) => ids.has(check.checkRunId))
}

async function logOf(
  repository: RepositoryName,
  check: CiCheck,
  forge: ReadCiPorts['forge'],
  log: Log,
): Promise<string> {
  try {
    const found = await forge.jobLog(repository, check.checkRunId)
    return found.found ? cutLog(found.value) : ''
  } catch (error) {
    if (!(error instanceof Terminal)) throw error
    log.warn({ repository, job: check.checkRunId, reason: error.message }, 'a job log cannot be read')
    return ''
  }
}

/** The newest run of the same job of the same workflow on the base, whatever event started it there. */
function onBase(check: CiCheck, checks: readonly CiCheck[]): RedJob['onBase'] {
  const same = checks
    .filter(
      (one) =>
        one.appId === check.appId && one.workflowPath === check.workflowPath && one.name === check.name,
    )
    .sort((a, b) => a.checkRunId - b.checkRunId)
    .at(-1)
  if (same?.status !== 'completed') return 'unknown'
  if (same.conclusion === 'success') return 'passes'
  return same.conclusion === 'failure' || same.conclusion === 'timed_out' ? 'fails' : 'unknown'
}
