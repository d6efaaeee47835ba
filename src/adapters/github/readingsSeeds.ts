/** What came with a reading: kept as if each part had been asked for by itself, just then. */
import type { Sha } from '../../core/ids.ts'
import type { Found, IssueObservation, PullObservation, ReadingPart } from '../../core/ports.ts'

export interface Seed {
  part: ReadingPart
  asked: readonly unknown[]
  value: unknown
}

/** Whether more comes with a reading than was asked for: `issue` also stands for types and references. */
export const carries = (part: ReadingPart, asked: readonly unknown[]) =>
  (part === 'pull' || part === 'issue') && asked.length === 1

/** In place of a branch's name: which ones moved is not known. */
export const everyBranch = '*'

/**
 * @param answer of a reading that carries more.
 * @param moved branches that moved while it was under way, and where to.
 */
export function seedsOf(answer: unknown, moved: ReadonlyMap<string, Sha>): Seed[] {
  const found = answer as Found<IssueObservation | PullObservation>
  if (!found.found) return []
  const { repository } = found.value
  const stands = (ref: string, tip: Sha) => !moved.has(everyBranch) && (moved.get(ref) ?? tip) === tip
  const seeds: Seed[] = [{ part: 'repository', asked: [], value: { found: true, value: repository } }]
  if ('pull' in found.value) {
    const { pull, checks, baseRules } = found.value
    if (checks) seeds.push({ part: 'checks', asked: [pull.head.sha], value: checks })
    if (baseRules && !moved.has(everyBranch))
      seeds.push({ part: 'branches', asked: ['rules', pull.base.ref], value: baseRules })
  } else if (found.value.tip !== null && stands(repository.defaultBranch, found.value.tip)) {
    const tip = { found: true, value: found.value.tip }
    seeds.push({ part: 'branches', asked: ['tip', repository.defaultBranch], value: tip })
  }
  return seeds
}
