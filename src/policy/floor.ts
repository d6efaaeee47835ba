/** The organisation's floor: what its repositories may tighten and never loosen (T44). */
import { z } from 'zod'
import { PeopleSettings, profiles } from '../approvals/settings.ts'
import type { Policy } from './schema.ts'

const ways = z.enum(['button', 'review', 'comment'])

export const FloorSettings = z
  .strictObject({
    enforce: z.literal(true).optional().describe('No repository may switch enforcement off.'),
    profile: z.enum(profiles).optional().describe('No repository has a weaker profile: solo, team, strict.'),
    people: PeopleSettings.optional().describe(
      "A person's own pull request needs at least this: pass, gates, full.",
    ),
    by: z.array(ways).min(1).optional().describe('No other way of approving counts anywhere.'),
    mode: z.literal('merge').optional().describe('Every repository is merged by Countersign alone.'),
    auto: z.literal(false).optional().describe('Nothing is merged without being asked for.'),
    seniors: z
      .array(z.string().trim().min(1).max(140))
      .min(1)
      .max(100)
      .optional()
      .describe('Only these are seniors, whoever a repository names.'),
    protected: z
      .array(z.string().min(1).max(300))
      .max(200)
      .default([])
      .describe('Globs that are protected everywhere, beside those that a repository adds.'),
  })
  .describe(
    "Only in the organisation's `.github` repository: each key can be tightened by a repository, not loosened (T44).",
  )
export type FloorSettings = z.infer<typeof FloorSettings>

const stricter = <T>(order: readonly T[], written: T, least: T | undefined): T =>
  least !== undefined && order.indexOf(least) > order.indexOf(written) ? least : written

/**
 * Raise a policy to the floor. Only the organisation's own floor counts, never what a repository writes under it.
 *
 * @param floor as read from the organisation's policy; undefined when it sets none.
 */
export function raiseToFloor(policy: Policy, floor: FloorSettings | undefined): Policy {
  if (!floor) return { ...policy, floor: undefined }
  const { approvals, merge } = policy
  const profile = stricter(profilesByStrictness, approvals.profile, floor.profile)
  // Without a word a person's pull request passes, and needs the gates under the strict profile (A6).
  const people = policy.people ?? (profile === 'strict' ? 'gates' : 'pass')
  const by = floor.by ? approvals.by.filter((way) => floor.by?.includes(way)) : approvals.by
  const paths = Array.isArray(policy.protected)
    ? [...policy.protected, ...floor.protected]
    : { ...policy.protected, paths: [...policy.protected.paths, ...floor.protected] }
  return {
    ...policy,
    floor,
    enforce: floor.enforce ?? policy.enforce,
    seniors: floor.seniors ?? policy.seniors,
    protected: paths,
    people: stricter(peopleByStrictness, people, floor.people),
    approvals: { ...approvals, profile, by: by.length > 0 ? by : (floor.by ?? approvals.by) },
    merge: { ...merge, mode: floor.mode ?? merge.mode, auto: floor.auto ?? merge.auto },
  }
}

const profilesByStrictness = ['solo', 'team', 'strict'] as const
const peopleByStrictness = ['pass', 'gates', 'full'] as const
