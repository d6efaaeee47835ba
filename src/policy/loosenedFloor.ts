/** What a change to the organisation's floor lets its repositories loosen, in words (T14, T44). */
import type { FloorSettings } from './floor.ts'
import type { Policy } from './schema.ts'
import { more, order, type Words, when } from './words.ts'

/** One sentence for each thing that a repository may loosen from then on. */
export function loosenedFloor(
  { floor: before }: Policy,
  { floor: after = { protected: [] } }: Policy,
): Words[] {
  if (!before) return []
  const gone = (key: keyof FloorSettings) => before[key] !== undefined && after[key] === undefined
  return [
    when(gone('enforce'), 'Any repository may switch on shadow mode: `floor.enforce` is gone.'),
    order(
      'The floor of approval profiles',
      [none, 'solo', 'team', 'strict'],
      before.profile ?? none,
      after.profile ?? none,
    ),
    order(
      "The floor of people's own pull requests",
      [none, 'pass', 'gates', 'full'],
      before.people ?? none,
      after.people ?? none,
    ),
    when(gone('by'), 'Any repository may choose the ways of approving: `floor.by` is gone.'),
    when(gone('mode'), 'Any repository may be merged past Countersign: `floor.mode` is gone.'),
    when(gone('auto'), 'Any repository may have what is green merged unasked: `floor.auto` is gone.'),
    when(gone('seniors'), 'Any repository may name its own seniors: `floor.seniors` is gone.'),
    more(
      'Further ways count as approving under the floor',
      before.by ?? [],
      before.by ? (after.by ?? []) : [],
    ),
    more(
      'More people are seniors under the floor',
      before.seniors ?? [],
      before.seniors ? (after.seniors ?? []) : [],
    ),
    more('No longer protected by the floor', after.protected, before.protected),
  ]
}

const none = 'none'
