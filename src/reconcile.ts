/** The system on one screen: observe, judge, decide, check the invariants, act; for one subject at a time. */
import { type ActPorts, act } from './act/act.ts'
import type { Action } from './core/action.ts'
import { Bug } from './core/errors.ts'
import type { Fact } from './core/facts.ts'
import { parseKey, type SubjectKey } from './core/ids.ts'
import type { ForgeReads, Reading, Readings } from './core/ports.ts'

/** One kind of subject, as the loop sees it. `judge` and `decide` are pure; `observe` and `extend` are the only readers. */
export interface SubjectLoop<Snapshot extends Observed, Verdicts> {
  /** Null when the subject does not exist (any more) or is not one we may see. */
  observe(key: SubjectKey, forge: ForgeReads): Promise<Snapshot | null>
  /** The same reading of GitHub with facts that were just recorded; null when they ask for more than was read. */
  extend(snapshot: Snapshot, recorded: Fact[]): Promise<Snapshot | null>
  judge(snapshot: Snapshot): Verdicts
  decide(snapshot: Snapshot, verdicts: Verdicts): Action[]
  /** Sentences for each invariant that the actions would break; empty when all hold. */
  check(snapshot: Snapshot, actions: Action[]): string[]
  /** True when nothing can happen to the subject any more, short of a new fact. */
  isOver(snapshot: Snapshot): boolean
}

interface Observed {
  facts: Fact[]
  missing: string[]
}

export interface RoundPorts extends ActPorts {
  readings: Readings
}

/** What one round did; `again` asks for another round because the facts have changed. */
export interface Round {
  actions: Action['kind'][]
  again: boolean
}

/** A snapshot and how it came about. */
interface Look<Snapshot> {
  snapshot: Snapshot
  reading: Reading
  /** Facts were recorded since GitHub was read. */
  extended: boolean
}

/** Decisions of one round; what is then still to do waits for the next, which follows at once. */
const maximumTurns = 8
/** States that each round works out anew: while facts are being recorded, writing them would only be undone. */
const restated = new Set<Action['kind']>(['comment', 'label', 'checkRun'])
/** What changes nothing on GitHub by itself, so that a reading from before still holds. */
const internal = new Set<Action['kind']>([
  'record',
  'queue',
  'wake',
  'collect',
  'session',
  'issuePlan',
  'openChildren',
  'push',
  'fix',
  'readCi',
  'alert',
])

/**
 * Run one round of a subject: decide until nothing more is to be recorded, then act on GitHub.
 *
 * Facts of its own that a turn records are added to the same reading of GitHub, and it is decided again. What lets
 * something pass (`grants`) is decided only on what this round itself has read, and a merge on a reading that is made
 * for it (S1, S3, A3).
 *
 * @throws Bug when an action would break an invariant: then nothing at all is done.
 * @throws RetryLater when GitHub or the ledger asks to come back; nothing is lost, every action is idempotent (S7).
 */
export async function reconcile<Snapshot extends Observed, Verdicts>(
  key: SubjectKey,
  loop: SubjectLoop<Snapshot, Verdicts>,
  ports: RoundPorts,
): Promise<Round> {
  const log = ports.log.child({ subject: key })
  if (!parseKey(key)) throw new Bug(`not a subject key: ${key}`)
  const look = async (reading: Reading): Promise<Look<Snapshot> | null> => {
    const snapshot = await loop.observe(key, reading.forge)
    if (snapshot && snapshot.missing.length > 0)
      log.warn({ missing: snapshot.missing }, 'incomplete observation')
    return snapshot && { snapshot, reading, extended: false }
  }

  const done: Action['kind'][] = []
  let again = false
  let seen = await look(ports.readings.open({ fresh: false }))
  for (let turn = 1; seen; turn++) {
    const actions = decided(key, loop, seen.snapshot, ports)
    const better = betterReading(seen, actions, ports.readings)
    if (better) {
      seen = await look(better)
      continue
    }
    const goesOn = turn < maximumTurns && recordsHereOnly(key, actions)
    const now = goesOn ? actions.filter(({ kind }) => !restated.has(kind)) : actions
    const acted = await act(
      key,
      {
        length: seen.snapshot.facts.length,
        fresh: !seen.reading.reused(),
        showsOwn: seen.reading.showsOwn(),
      },
      now,
      ports,
    )
    if (!acted.raced) done.push(...now.map(({ kind }) => kind))
    if (!goesOn || acted.raced) {
      again = acted.raced || acted.again
      if (!again && now.length === 0 && loop.isOver(seen.snapshot)) await close(key, ports)
      break
    }
    const snapshot: Snapshot | null = await loop.extend(seen.snapshot, acted.recorded)
    seen = snapshot ? { ...seen, snapshot, extended: true } : await look(seen.reading.again({ fresh: false }))
  }
  if (!seen) {
    await close(key, ports)
    log.info({}, 'subject is gone')
  }
  if (again) await ports.queue.reconcile(key)
  else await lookAgain(key, seen?.reading.endsMs() ?? null, ports)
  const outcome = again ? 'again' : 'settled'
  ports.metrics.count('rounds_total', { subject: parseKey(key)?.kind ?? 'unknown', outcome })
  return { actions: done, again }
}

/** What was reused has changed meanwhile: the look that is due at the change may have been this very round. */
async function lookAgain(key: SubjectKey, atMs: number | null, { queue, clock }: RoundPorts): Promise<void> {
  if (atMs !== null) await queue.reconcile(key, { delayMs: Math.max(0, atMs - clock.nowMs()) })
}

/** Nothing can happen to the subject any more: it is no longer swept, and what it holds on disk is released. */
async function close(key: SubjectKey, { ledger, queue }: RoundPorts): Promise<void> {
  await ledger.setOpen(key, false)
  await queue.work(`release:${key}`, { kind: 'release', subject: key })
}

/** The actions for a snapshot, none of which breaks an invariant. */
function decided<Snapshot extends Observed, Verdicts>(
  key: SubjectKey,
  loop: SubjectLoop<Snapshot, Verdicts>,
  snapshot: Snapshot,
  ports: RoundPorts,
): Action[] {
  const actions = loop.decide(snapshot, loop.judge(snapshot))
  const broken = loop.check(snapshot, actions)
  if (broken.length === 0) return actions
  for (const sentence of broken)
    ports.metrics.count('invariant_violations_total', { invariant: sentence.split(' ')[0] ?? '' })
  throw new Bug(`round of ${key} refused: ${broken.join('; ')}`)
}

/** True when facts of this subject are recorded, and nothing else changes that a later turn of the round would read. */
function recordsHereOnly(key: SubjectKey, actions: readonly Action[]): boolean {
  const records = actions.filter((action) => action.kind === 'record')
  return (
    records.length > 0 &&
    records.every(({ subject }) => subject === key) &&
    actions.every(({ kind }) => internal.has(kind) || restated.has(kind))
  )
}

/**
 * The look on which the decision must be made again, or null when it stands: a merge takes one that is made for it, and
 * whatever else lets something pass takes one that is this round's own.
 */
function betterReading(
  { reading, extended }: Look<unknown>,
  actions: readonly Action[],
  readings: Readings,
): Reading | null {
  const merges = actions.some(({ kind }) => kind === 'merge')
  if (merges && (extended || reading.reused())) return readings.open({ fresh: true })
  return reading.reused() && actions.some(grants) ? reading.again({ fresh: true }) : null
}

/** Whether an action lets something pass or begin on somebody's authority: never on what was read before this round. */
function grants(action: Action): boolean {
  switch (action.kind) {
    case 'checkRun':
      return action.run.state === 'success'
    case 'record':
      return (
        action.body.kind === 'decision' ||
        action.body.kind === 'bundle.frozen' ||
        action.body.kind === 'split.approved' ||
        action.body.kind === 'child.released' ||
        action.body.kind === 'draft.accepted' ||
        action.body.kind === 'deploy.decided' ||
        action.body.kind === 'deploy.intended' ||
        action.body.kind === 'settled'
      )
    case 'answerRule':
      return action.state === 'approved'
    case 'merge':
    case 'markReady':
    case 'deploy':
      return true
    default:
      return false
  }
}
