/** Eligibility: whether an account may approve, as looked up in this round (A3). Unknown is never enough and says so. */
import { type Account, hasRole, type Role, roles, type Standing } from '../core/account.ts'
import { code, listed, person } from '../core/sentences.ts'

export type Eligibility = { kind: 'yes' } | { kind: 'no' | 'wait'; sentence: string }

const names = (entry: string, standing: Standing) =>
  entry.replace(/^@/, '').toLowerCase() === standing.account.login.toLowerCase()

/**
 * True, false, or unknown, for one entry of policy: a permission, a team, or a login. A login counts only while it may
 * write: in a public repository everyone may review, also who was let go, and whoever took a name that was given up.
 */
function fits(entry: string, standing: Standing): boolean | 'unknown' {
  if (entry.includes('/'))
    return standing.teams === 'unknown'
      ? 'unknown'
      : standing.teams.some((team) => team.toLowerCase() === entry.toLowerCase())
  if ((roles as readonly string[]).includes(entry))
    return standing.role === 'unknown' ? 'unknown' : hasRole(standing, entry as Role)
  if (!names(entry, standing)) return false
  return standing.role === 'unknown' ? 'unknown' : hasRole(standing, 'write')
}

/** Whether the account is a person among `entries`. `what` names the right for the sentence: `approve the review`. */
export function eligible(
  account: Account,
  people: ReadonlyMap<number, Standing>,
  entries: readonly string[],
  what: string,
): Eligibility {
  const who = person(account)
  // guard: peopleOnly
  if (account.type !== 'User')
    return { kind: 'no', sentence: `${who} is not a person, and only people may ${what}.` }
  const standing = people.get(account.id)
  if (!standing) return { kind: 'wait', sentence: `The access of ${who} has not been looked up yet.` }
  // Identity is the id: a renamed login must not inherit what policy gives to a name (github-facts).
  if (standing.account.type !== 'User')
    return { kind: 'no', sentence: `${who} is not a person, and only people may ${what}.` }
  // guard: accessNow
  const answers = entries.map((entry) => fits(entry, standing))
  if (answers.includes(true)) return { kind: 'yes' }
  if (answers.includes('unknown'))
    return { kind: 'wait', sentence: `The access of ${who} could not be read; it is asked for again.` }
  if (entries.some((entry) => names(entry, standing)))
    return {
      kind: 'no',
      sentence: `${who} may not ${what}: policy names ${who}, who has no write access to this repository now. Somebody who has it decides.`,
    }
  return {
    kind: 'no',
    sentence: `${who} may not ${what}: policy asks for ${listed(
      entries.map((entry) => code(entry)),
      5,
      'or',
    )}. Somebody who has it decides.`,
  }
}

/** Whether the account is one of policy's seniors (D3). */
export function isSenior(
  account: Account,
  people: ReadonlyMap<number, Standing>,
  seniors: readonly string[],
): Eligibility {
  if (seniors.length === 0)
    return {
      kind: 'no',
      sentence:
        'policy names no seniors; add `seniors:` with logins or teams to the policy file on the base branch.',
    }
  const standing = people.get(account.id)
  if (standing && standing.role !== 'unknown' && !hasRole(standing, 'write'))
    return { kind: 'no', sentence: `${person(account)} has no write access.` }
  if (standing?.role === 'unknown')
    return {
      kind: 'wait',
      sentence: `The access of ${person(account)} could not be read; it is asked for again.`,
    }
  return eligible(account, people, seniors, 'act as a senior')
}
