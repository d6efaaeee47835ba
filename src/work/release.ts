/** Work item `release`, and the same for every worktree at start and nightly: what is over needs no worktree (P7). */
import { type Fact, factsOf } from '../core/facts.ts'
import { formatKey, parseKey, type SubjectKey } from '../core/ids.ts'
import type { Ledger, Log, Ticket, Workspace } from '../core/ports.ts'

export interface ReleasePorts {
  ledger: Pick<Ledger, 'facts' | 'isOpen'>
  workspace: Pick<Workspace, 'tickets' | 'close'>
  log: Log
}

/** Sessions of a task and fixes of a pull request each work in one worktree. */
export const taskTicket = (issue: number): string => `task-${issue}`
export const fixTicket = (number: number): string => `fix-${number}`

function ticketOf(subject: SubjectKey): Ticket | null {
  const parsed = parseKey(subject)
  switch (parsed?.kind) {
    case 'task':
      return { repository: parsed.repository, ticket: taskTicket(parsed.issue) }
    case 'pull':
      return { repository: parsed.repository, ticket: fixTicket(parsed.number) }
    default:
      return null
  }
}

/** The subject whose ticket this is, or null for a name that is not ours. */
function subjectOf({ repository, ticket }: Ticket): SubjectKey | null {
  const [, kind, digits] = /^(task|fix)-([1-9]\d{0,9})$/.exec(ticket) ?? []
  if (!kind) return null
  const number = Number(digits)
  return formatKey(
    kind === 'task' ? { kind: 'task', repository, issue: number } : { kind: 'pull', repository, number },
  )
}

/** Remove the worktree of a subject that is over. While a session is at work its end asks again. */
export async function runRelease(subject: SubjectKey, ports: ReleasePorts): Promise<void> {
  const mine = ticketOf(subject)
  const tickets = mine ? await ports.workspace.tickets() : []
  for (const one of tickets)
    if (one.ticket === mine?.ticket && sameName(one.repository, mine.repository)) await release(one, ports)
}

/**
 * Remove every worktree whose subject is over, also those that a crash or a lost queue left behind.
 *
 * @param atStart nothing runs yet: a session without an end is one that a crash cut off.
 */
export async function releaseAll(ports: ReleasePorts, { atStart = false } = {}): Promise<void> {
  for (const ticket of await ports.workspace.tickets()) await release(ticket, ports, atStart)
}

async function release(ticket: Ticket, { ledger, workspace, log }: ReleasePorts, atStart = false) {
  const subject = subjectOf(ticket)
  if (subject && (await ledger.isOpen(subject))) return
  if (subject && !atStart && isAtWork(await ledger.facts(subject))) return
  await workspace.close(ticket.repository, ticket.ticket)
  log.info({ ...ticket }, 'worktree removed')
}

function isAtWork(facts: readonly Fact[]): boolean {
  const ended = new Set(factsOf(facts, 'attempt.ended').map(({ body }) => body.session))
  return factsOf(facts, 'attempt.started').some(({ body }) => !ended.has(body.session))
}

const sameName = (a: string, b: string) => a.toLowerCase() === b.toLowerCase()
