/** Act: carries a round's actions out in one place, records first, each effect idempotent under its key (S7). */
import { type Action, actionKey } from '../core/action.ts'
import { Terminal } from '../core/errors.ts'
import type { Fact } from '../core/facts.ts'
import type { SubjectKey } from '../core/ids.ts'
import type { Clock, ForgeActs, Ledger, Log, Metrics, NewFact, Queue } from '../core/ports.ts'
import type { WorkItem } from '../core/work.ts'
import { answerRule, startDeployment, startSmoke } from './deploy.ts'
import { mergePull } from './merge.ts'
import type { Patience } from './patience.ts'
import { writeBody } from './writeBody.ts'

export interface ActPorts {
  forge: ForgeActs
  ledger: Ledger
  queue: Queue
  patience: Patience
  clock: Clock
  metrics: Metrics
  log: Log
}

/** What came of a turn's actions. */
export interface Acted {
  /** The facts were no longer those of the snapshot: nothing was done. */
  raced: boolean
  /** Facts that were appended to the round's own subject. */
  recorded: Fact[]
  /** The subject should be visited again at once. */
  again: boolean
}

interface Observed {
  length: number
  fresh: boolean
  showsOwn: boolean
}

/** No round needs more; a decision that wants more is a loop, and is cut here with an error. */
const maximumActions = 500

/**
 * Carry out the actions of one turn of a round.
 *
 * Facts of the round's own subject are appended together, and only when its chain is as long as observed: otherwise
 * someone recorded something meanwhile, nothing is done, and the round runs again on what is known now. What may wait
 * is left to a later round, which states it anew.
 *
 * @param observed how many facts the snapshot had, whether all of it was read in this round, and whether it shows every
 *   comment and review of ours.
 */
export async function act(
  key: SubjectKey,
  observed: Observed,
  actions: Action[],
  ports: ActPorts,
): Promise<Acted> {
  if (actions.length > maximumActions)
    throw new Terminal(`${actions.length} actions in one round of ${key}`, '')
  const records = actions.filter((action) => action.kind === 'record')
  const own: NewFact[] = records.filter((r) => r.subject === key).map(({ actor, body }) => ({ actor, body }))
  const recorded = own.length > 0 ? await ports.ledger.append(key, own, { ifLength: observed.length }) : []
  if (recorded === null) return { raced: true, recorded: [], again: true }
  for (const record of records) {
    if (record.subject !== key)
      await ports.ledger.append(record.subject, [{ actor: record.actor, body: record.body }])
  }

  let again = own.length > 0
  let refused = false
  for (const action of wakesFirst(actions)) {
    if (action.kind === 'record') continue
    // What was refused may be the taking back of a green: another beside it would let something through (S3).
    // guard: refusedStops
    if (refused && action.kind === 'checkRun' && action.run.state === 'success') continue
    const waitMs = ports.patience.waitMs(action)
    if (waitMs > 0) {
      ports.metrics.count('actions_held_total', { kind: action.kind })
      await ports.queue.reconcile(key, { delayMs: waitMs })
      continue
    }
    ports.metrics.count('actions_total', { kind: action.kind })
    try {
      again = (await effect(action, observed, ports)) || again
    } catch (error) {
      // A terminal answer to one effect (a comment that GitHub refuses, say) must not hold up the others. It stays
      // visible in the log and the metric; the next round decides on what GitHub shows.
      if (!(error instanceof Terminal)) throw error
      refused ||= action.kind === 'checkRun'
      ports.metrics.count('actions_refused_total', { kind: action.kind })
      ports.log.error(
        { subject: key, action: action.kind, error: error.message, forUser: error.forUser },
        'action refused',
      )
    }
  }
  return { raced: false, recorded, again }
}

/**
 * Whatever GitHub puts off ends the round: its wish to be woken is then on the queue already, so that a window is sampled
 * and a deadline kept while a comment waits for its turn (R3, L2).
 */
function wakesFirst(actions: readonly Action[]): Action[] {
  const wakes = actions.filter(({ kind }) => kind === 'wake')
  return [...wakes, ...actions.filter((action) => !wakes.includes(action))]
}

/** One effect. Returns true when it changed what the round was decided on. */
async function effect(
  action: Exclude<Action, { kind: 'record' }>,
  { fresh, showsOwn }: Observed,
  ports: ActPorts,
): Promise<boolean> {
  const { forge, queue } = ports
  // What a round has just seen to be absent needs no second look before it is made; an old one may not show it.
  const seen = (id: number | null, isShown = showsOwn) => id ?? (isShown ? 'none' : null)
  switch (action.kind) {
    case 'comment':
      await forge.upsertComment(
        action.repository,
        action.number,
        action.marker,
        action.body,
        seen(action.commentId),
      )
      return false
    case 'label':
      await forge.setLabels(action.repository, action.number, action.add, action.remove)
      return false
    case 'checkRun':
      await forge.writeCheckRun(action.repository, action.run, seen(action.runId, fresh))
      return false
    case 'markReady':
      await forge.markReady(action.repository, action)
      return true
    case 'rerunCi':
      for (const runId of action.runIds) await forge.rerunFailedJobs(action.repository, runId)
      return false
    case 'reply':
      await forge.replyInThread(action.repository, action.number, action)
      return false
    case 'resolveThread':
      await forge.resolveThread(action.repository, action.threadId)
      return false
    case 'postReview':
      await forge.postReview(action.repository, action.number, action, seen(null))
      return false
    case 'merge':
      await mergePull(action, ports)
      return true
    case 'writeBody':
      await writeBody(action, ports)
      return true
    case 'reportIncident': {
      const { subject, repository, of, sentence } = action
      const issue = await forge.reportIncident(repository, `${subject}:${of}`, sentence)
      await ports.ledger.append(subject, [{ actor: null, body: { kind: 'incident.reported', of, issue } }])
      ports.metrics.count('incidents_total', { kind: 'subject' })
      return true
    }
    case 'deploy':
      await startDeployment(action, ports)
      return true
    case 'smoke':
      await startSmoke(action, ports)
      return true
    case 'answerRule':
      await answerRule(action, ports)
      return true
    case 'markDeployment':
      await forge.markDeployment(action.repository, action.deployment, { ...action, state: 'failure' })
      return false
    case 'wake':
      await queue.reconcile(action.subject, { delayMs: Math.max(0, action.atMs - ports.clock.nowMs()) })
      return false
    case 'queue':
      await queue.reconcile(action.subject)
      return false
    case 'collect':
    case 'session':
    case 'issuePlan':
    case 'openChildren':
    case 'push':
    case 'fix':
    case 'readCi':
    case 'alert':
      await queue.work(actionKey(action), workItem(action))
      return false
    default:
      return action satisfies never
  }
}

/** The work item of an action that is done outside the round. The two unions share their fields by construction. */
function workItem(action: Extract<Action, { kind: WorkItem['kind'] }>): WorkItem {
  return action
}
