/** Loads what the page of an environment shows beside its verdicts: past windows, judged again from what was measured then. */
import { evidenceKey, viewOf } from '../core/evidence.ts'
import type { Fact } from '../core/facts.ts'
import { formatKey, parseKey, type RepositoryName } from '../core/ids.ts'
import type { Ledger } from '../core/ports.ts'
import type { RolloutSnapshot } from '../core/snapshot/rollout.ts'
import type { Policy } from '../policy/schema.ts'
import { type RolloutState, rolloutState } from '../rollout/state.ts'
import { judgePast, type RolloutVerdicts, windowRequests } from '../subjects/rollout.ts'
import type { EnvironmentData, Past } from './pages/environment.ts'

/** Deployments that the history tells of. */
const mostPast = 20
/** Of these the windows are looked up: each may have taken 2,000 samples. */
const mostWindows = 10

/** @param snapshot as observed now, with the verdicts on it: the page reads what `countersign/deploy` is written from. */
export async function loadEnvironment(
  { ledger }: { ledger: Pick<Ledger, 'evidence'> },
  snapshot: RolloutSnapshot<Policy>,
  verdicts: RolloutVerdicts,
): Promise<EnvironmentData> {
  const { facts, nowMs, environment } = snapshot
  const repository = parseKey(snapshot.key)?.repository ?? snapshot.repository.name
  const past = { repository, facts, state: verdicts.state, nowMs, current: verdicts.watched?.seen.id ?? null }
  return {
    repository,
    environment,
    nowMs,
    facts,
    now: { snapshot, verdicts },
    history: await loadPast(ledger, past),
  }
}

/**
 * The same where the environment cannot be observed: its history, by the facts alone.
 *
 * @param why a sentence that says what could not be read.
 */
export async function loadEnvironmentPast(
  { ledger }: { ledger: Pick<Ledger, 'facts' | 'evidence'> },
  {
    repository,
    environment,
    nowMs,
    why,
  }: { repository: RepositoryName; environment: string; nowMs: number; why: string },
): Promise<EnvironmentData> {
  const facts = await ledger.facts(formatKey({ kind: 'rollout', repository, environment }))
  const past = { repository, facts, state: rolloutState(facts, []), nowMs, current: null }
  return { repository, environment, nowMs, facts, now: { why }, history: await loadPast(ledger, past) }
}

interface PastInput {
  repository: RepositoryName
  facts: Fact[]
  state: RolloutState
  nowMs: number
  /** The deployment whose window the page draws at its top while it goes on. */
  current: number | null
}

async function loadPast(
  ledger: Pick<Ledger, 'evidence'>,
  { repository, facts, state, nowMs, current }: PastInput,
): Promise<Past[]> {
  const history: Past[] = []
  let windows = 0
  for (const seen of state.seen.slice(0, mostPast)) {
    if (!seen.window || seen.intent?.body.purpose === 'rollback') history.push({ seen, window: 'none' })
    else if (seen.id === current && !seen.ended) history.push({ seen, window: 'above' })
    else if (windows++ >= mostWindows) history.push({ seen, window: 'older' })
    else {
      const { baseline, samples } = windowRequests(seen, seen.window.body, seen.ended?.atMs ?? nowMs)
      const keys = [baseline, ...samples].map((request) => evidenceKey(repository, request))
      const evidence = viewOf(repository, await ledger.evidence(keys))
      history.push({ seen, window: judgePast(facts, evidence, seen, nowMs) ?? 'gone' })
    }
  }
  return history
}
