/** Accounts on GitHub and what they may do in one repository at the moment of a round. */
import { z } from 'zod'

/** Identity is the numeric id; a login can be renamed and a `[bot]` ending is not identity (github-facts). */
export const Account = z.object({
  id: z.number().int().nonnegative(),
  login: z.string().max(255),
  type: z.enum(['User', 'Bot', 'Organization', 'Mannequin']),
})
export type Account = z.infer<typeof Account>

/** GitHub's role names, in order. `unknown` is a failed look-up: it never counts as enough (S9). */
export const roles = ['none', 'read', 'triage', 'write', 'maintain', 'admin'] as const
export type Role = (typeof roles)[number]

/** A person as looked up in this round: never stored, so lost access lapses an approval (A3). */
export interface Standing {
  account: Account
  role: Role | 'unknown'
  /** `org/slug` of each team named in policy of which the account is an active member, nested teams included. */
  teams: string[] | 'unknown'
}

/** True when the role is known and at least `least`. */
export function hasRole(standing: Standing | undefined, least: Role): boolean {
  if (!standing || standing.role === 'unknown') return false
  return roles.indexOf(standing.role) >= roles.indexOf(least)
}
