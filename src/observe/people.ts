/** Whose standing a round looks up: everyone whose word or push may count in it, with the teams that policy names. */
import type { Account, Standing } from '../core/account.ts'
import { type Fact, type FactKind, settledBySeq } from '../core/facts.ts'
import type { RepositoryName } from '../core/ids.ts'
import type { ForgeReads } from '../core/ports.ts'
import type { PolicyReading } from '../core/snapshot/common.ts'
import type { CommitPeople } from '../core/snapshot/pull.ts'
import type { Policy } from '../policy/schema.ts'

/** Look-ups a round: people whose word counts first, then those who wrote or pushed. */
const maximumActing = 200
/** A person's own pull request has few authors; beyond this they stay unresolved, which counts as an agent's (A6). */
export const maximumWriting = 50

const requests = new Set<FactKind>(['issue.delegated', 'issue.edited', 'comment.command', 'button.pressed'])

/** Who asked for something that was not refused, who decided, who delegated, whose text a proposal was written into. */
export function actingIn(facts: readonly Fact[]): Account[] {
  const settled = settledBySeq(facts)
  return facts.flatMap(({ seq, actor, body }) => {
    if (body.kind === 'decision' || body.kind === 'deploy.decided') return [body.by]
    if (body.kind === 'bundle.frozen') return [body.delegator]
    if (body.kind === 'draft.accepted') return body.over ? [body.over] : []
    const refused = settled.get(seq)?.body.outcome === 'refused'
    return requests.has(body.kind) && actor && !refused ? [actor] : []
  })
}

/** Who wrote or pushed. */
export function writingIn(commits: readonly CommitPeople[], pushers: readonly { by: Account }[]): Account[] {
  const people = [
    ...commits.flatMap((commit) => [...commit.authors, commit.committer]),
    ...pushers.map(({ by }) => by),
  ]
  return distinct(people.filter((one) => one !== null))
}

export function distinct(accounts: readonly Account[]): Account[] {
  return [...new Map(accounts.map((account) => [account.id, account])).values()]
}

/** The teams (`org/slug`) that policy names as approvers or seniors; none while policy cannot be read. */
export function teamsIn(policy: PolicyReading<Policy>): string[] {
  if (!policy.ok) return []
  const { approvals, seniors } = policy.policy
  const named = [
    ...approvals.approvers.plan,
    ...approvals.approvers.review,
    ...approvals.approvers.deploy,
    ...seniors,
  ]
  return [...new Set(named.filter((one) => one.includes('/')))]
}

/**
 * Look everyone up. Teams are asked for those who act only: who merely wrote a commit has no say in it.
 *
 * @param missing gets a sentence for each look-up that failed; such a standing never counts (S9).
 */
export async function lookUp(
  forge: Pick<ForgeReads, 'standing'>,
  name: RepositoryName,
  people: { acting: Account[]; writing: Account[] },
  teams: string[],
  missing: string[],
): Promise<ReadonlyMap<number, Standing>> {
  const acting = distinct(people.acting).slice(0, maximumActing)
  const known = new Set(acting.map((account) => account.id))
  const others = distinct(people.writing).filter((account) => !known.has(account.id))
  const writing = others.length <= maximumWriting ? others : []
  const standings = await Promise.all([
    ...acting.map((account) => forge.standing(name, account, teams)),
    ...writing.map((account) => forge.standing(name, account, [])),
  ])
  for (const { account, role, teams: held } of standings) {
    if (role === 'unknown')
      missing.push(`The permission of @${account.login} could not be read now. It is read again.`)
    else if (held === 'unknown')
      missing.push(`The teams of @${account.login} could not be read now. They are read again.`)
  }
  return new Map(standings.map((standing) => [standing.account.id, standing]))
}
