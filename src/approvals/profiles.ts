/** Profiles: what a set of standing approvals must hold, as conditions on the set (A3). */
import { type Account, hasRole, type Standing } from '../core/account.ts'
import { count, listed, person } from '../core/sentences.ts'
import { isSenior } from './eligible.ts'
import type { Profile } from './settings.ts'
import type { ApprovalCheck, Voice } from './standing.ts'

export interface Quorum {
  profile: Profile
  check: ApprovalCheck
  /** Who delegated the work; null for another agent's or a person's pull request. */
  delegator: Account | null
  writers: ReadonlyMap<number, string> | null
  seniors: readonly string[]
  people: ReadonlyMap<number, Standing>
}

export interface QuorumResult {
  met: boolean
  /** Who counts now. */
  counting: Account[]
  /** Who is still needed, by name where there is one, as noun phrases. */
  needed: string[]
  /** True when a look-up that failed could change the answer. */
  waiting: boolean
}

/** The profile in force: high risk takes the strongest, whatever policy says (D2). */
export function effectiveProfile(profile: Profile, riskClass: 'low' | 'medium' | 'high' | null): Profile {
  return riskClass === 'high' ? 'strict' : profile
}

/** Weigh the voices. A rejection that stands is the caller's business; here it only counts approvals, once a person. */
export function quorum(input: Quorum, voices: readonly Voice[]): QuorumResult {
  const counting = distinct(
    voices
      .filter((voice) => voice.verdict === 'approve' && voice.state === 'counts')
      .map((voice) => voice.by),
  )
  const waiting = voices.some((voice) => voice.state === 'wait')
  const needed =
    input.check === 'countersign/plan' ? planNeeds(input, counting) : reviewNeeds(input, counting)
  return { met: needed.length === 0, counting, needed, waiting }
}

function planNeeds(input: Quorum, counting: Account[]): string[] {
  if (input.profile === 'strict')
    return seniorAmong(input, counting) ? [] : ['one senior who did not ask for the change']
  return counting.length >= 1 ? [] : ['one person who may approve']
}

function reviewNeeds(input: Quorum, counting: Account[]): string[] {
  switch (input.profile) {
    case 'solo':
      return counting.length >= 1 ? [] : ['one person who may approve']
    case 'strict': {
      const senior = seniorAmong(input, counting)
      const missing = Math.max(0, 2 - counting.length)
      if (missing === 0) return senior ? [] : ['one senior']
      const people =
        missing === 1 && !senior
          ? []
          : [
              `${count(senior ? missing : missing - 1, 'more person', 'more people')} who did not ask for the change`,
            ]
      return senior ? people : [...people, 'one senior']
    }
    case 'team':
      return teamNeeds(input, counting)
    default:
      return input.profile satisfies never
  }
}

/** Two engineers and the delegator; a delegator who cannot approve is replaced by one more engineer. */
function teamNeeds(input: Quorum, counting: Account[]): string[] {
  const { delegator } = input
  const replaced =
    delegator === null || input.writers?.has(delegator.id) === true || hasLeft(input, delegator)
  const engineers = replaced ? counting : counting.filter((account) => account.id !== delegator.id)
  const missing = Math.max(0, (replaced ? 3 : 2) - engineers.length)
  const needed = missing === 0 ? [] : [count(missing, engineers.length > 0 ? 'more engineer' : 'engineer')]
  if (!replaced && !counting.some((account) => account.id === delegator.id))
    needed.push(`${person(delegator)}, who delegated it`)
  return needed
}

function hasLeft(input: Quorum, delegator: Account): boolean {
  if (delegator.type !== 'User') return true
  const standing = input.people.get(delegator.id)
  return standing !== undefined && standing.role !== 'unknown' && !hasRole(standing, 'write')
}

function seniorAmong(input: Quorum, counting: Account[]): boolean {
  return counting.some((account) => isSenior(account, input.people, input.seniors).kind === 'yes')
}

function distinct(accounts: Account[]): Account[] {
  return [...new Map(accounts.map((account) => [account.id, account])).values()]
}

/** One sentence on where the approvals stand. */
export function quorumSentence(result: QuorumResult): string {
  const have =
    result.counting.length === 0 ? 'No approval yet' : `Approved by ${listed(result.counting.map(person))}`
  if (result.met) return `${have}.`
  return `${have}; needed: ${listed(result.needed)}.`
}
