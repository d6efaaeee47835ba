/** What must hold when no round has anything left to do: nothing stale is green, and a merge is on record where it landed. */
import { lastOf } from '../facts.ts'
import { justified } from '../ghosts.ts'
import { bases, type State, shaOf, tables } from '../world.ts'

/** The sentence of a broken promise at rest, or null. */
export function restBreak(state: State): string | null {
  return staleGreen(state) ?? unreadMerge(state)
}

/** S3: green means now. A press may have been taken back, a base moved, a policy changed: rounds must have noticed. */
function staleGreen(state: State): string | null {
  const open = [0, 1].filter((pull) => state.open[pull] === 1).map((pull) => justified(state, pull))
  if (open.length === 0) return null
  const sha = shaOf(state.head)
  for (const check of ['plan', 'review'] as const) {
    const run = tables.runs
      .get(state.runs)
      .filter((one) => one.name === `countersign/${check}` && one.sha === sha)
      .sort((a, b) => b.id - a.id)[0]
    if (run?.conclusion === 'success' && !open.every((one) => one[check]))
      return `S3: countersign/${check} stays green although its approvals no longer stand`
  }
  return null
}

/** T42: the branch that a merge landed on is read back; another one than was decided is an incident. */
function unreadMerge(state: State): string | null {
  if (state.open[0] !== 3) return null
  const facts = tables.facts.get(state.facts[0])
  const merged = lastOf(facts, 'merged')
  if (!merged) return 'S7: #34 is merged, and that is not on record'
  const elsewhere = lastOf(facts, 'merge.intended')?.baseRef !== bases[state.base[0]]
  return elsewhere && !lastOf(facts, 'incident')
    ? 'S1: #34 landed on another branch than was decided, and nobody is told (T42)'
    : null
}
