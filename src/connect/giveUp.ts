/** Telling a person why something stopped: a job that is given up leaves a fact on its task, or a comment where it stands. */
import type { GivenUp } from '../adapters/queue/common.ts'
import { Terminal } from '../core/errors.ts'
import { parseKey, type SubjectKey } from '../core/ids.ts'
import type { Forge, Ledger, Log, Metrics, Queue } from '../core/ports.ts'

export interface GiveUpPorts {
  ledger: Pick<Ledger, 'append'>
  forge: Pick<Forge, 'upsertComment'>
  /** Handed in late: the queue is made with this very function. */
  queue: () => Pick<Queue, 'reconcile'>
  metrics: Metrics
  log: Log
}

/** What the queue calls once for each job that it drops. Never throws: what cannot be told stays in log and metric. */
export function giveUpHandler(ports: GiveUpPorts): (given: GivenUp) => void {
  return (given) => {
    const { lane, key, reason } = given
    ports.metrics.count('jobs_given_up_total', { lane })
    tell(given, ports).catch((error: unknown) =>
      ports.log.error({ lane, key, reason, error }, 'nobody could be told that a job was given up'),
    )
  }
}

async function tell({ lane, key, item, error }: GivenUp, ports: GiveUpPorts): Promise<void> {
  if (lane === 'acknowledge') return
  const work = item && 'kind' in item ? item : null
  const subject = work ? work.subject : key
  const sentence = sentenceOf(error)
  if (work && parseKey(subject)?.kind === 'task') {
    // The task's next round shows it, and asks for `/agent retry`.
    const what = work.kind === 'session' ? `${work.phase}, attempt ${work.attempt},` : work.kind
    const body = { kind: 'work.failed', what, reason: sentence } as const
    await ports.ledger.append(subject, [{ actor: null, body }])
    await ports.queue().reconcile(subject)
    return
  }
  // A round that cannot be done can show nothing itself, and a fact would only ask for one more.
  await comment(subject, `Countersign stopped here: ${sentence}`, ports)
}

async function comment(subject: SubjectKey, body: string, ports: GiveUpPorts): Promise<void> {
  const parsed = parseKey(subject)
  if (parsed?.kind !== 'task' && parsed?.kind !== 'pull') return
  const number = parsed.kind === 'task' ? parsed.issue : parsed.number
  await ports.forge.upsertComment(parsed.repository, number, 'given-up', body, null)
}

/** The text for people, of a Terminal; anything else is our fault, and its text is for the operator's log only (T28). */
function sentenceOf(error: unknown): string {
  if (error instanceof Terminal && error.forUser !== '') return error.forUser.slice(0, 3000)
  return 'an error inside Countersign kept coming back. Its operator finds the reason in the log ("job given up"); comment `/agent retry` when it is mended.'
}
