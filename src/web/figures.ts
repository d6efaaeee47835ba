/** The team's figures of a repository, read from the ledger for one page (O2). */
import { formatKey, type RepositoryName, type SubjectKey } from '../core/ids.ts'
import type { Ledger } from '../core/ports.ts'
import { backgroundKinds, countedKinds, type Figures, figures, linkKinds } from '../insight/figures.ts'
import { weekMs } from '../insight/period.ts'

/** Weeks that a page may show. */
export const periods = [4, 12] as const
export type Weeks = (typeof periods)[number]

/** The period that an address asks for: the first where it asks for none that there is. */
export const weeksIn = (asked: string | undefined): Weeks =>
  periods.find((weeks) => String(weeks) === asked) ?? periods[0]

/** Facts that one look at the ledger reads; beyond it the period is cut, and the page says so. */
const mostFacts = 20_000
/** Short facts about what is counted: which task opened which pull request, who delegated it. */
const mostKnown = 50_000

/**
 * Read and compute.
 *
 * @param options `mostFacts` for tests. When the period holds more facts than that, it begins later than asked for.
 */
export async function loadFigures(
  ledger: Pick<Ledger, 'factsSince'>,
  repository: RepositoryName,
  options: { weeks: Weeks; nowMs: number; mostFacts?: number },
): Promise<Figures> {
  const { weeks, nowMs: toMs } = options
  const limit = options.mostFacts ?? mostFacts
  const sinceMs = toMs - weeks * weekMs
  const counted = await ledger.factsSince(repository, { kinds: countedKinds, sinceMs, limit })
  const links = await ledger.factsSince(repository, { kinds: linkKinds, sinceMs: 0, limit: mostKnown })
  const subjects = new Set<SubjectKey>(counted.facts.map(({ subject }) => subject))
  for (const { subject, body } of links.facts) {
    const opened = body.kind === 'pull.opened' ? body.number : 0
    if (subjects.has(formatKey({ kind: 'pull', repository, number: opened }))) subjects.add(subject)
  }
  const background = await ledger.factsSince(repository, {
    kinds: backgroundKinds,
    sinceMs: 0,
    limit: mostKnown,
    subjects: [...subjects],
  })
  // Of the oldest moment that was read, some facts may be missing.
  const fromMs = counted.more ? (counted.facts[0]?.atMs ?? toMs) + 1 : sinceMs
  return figures({
    repository,
    facts: [...counted.facts, ...links.facts, ...background.facts],
    period: { fromMs, toMs },
    complete: !counted.more && !links.more && !background.more,
  })
}
