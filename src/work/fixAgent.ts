/** Under which agent profile a fix runs, and the instructions that it gets: those of the task behind the branch (P13). */
import { goneSentence } from '../core/agentProfile.ts'
import { lastFact } from '../core/facts.ts'
import type { RepositoryName, Sha } from '../core/ids.ts'
import type { Git, Ledger } from '../core/ports.ts'
import { agentOf } from '../policy/profiles.ts'
import type { Policy } from '../policy/schema.ts'
import { readInstructions } from './sessionInstructions.ts'
import { factsBehind } from './sessionProviders.ts'

export type FixAgent = { ok: true; policy: Policy; conventions: string[] } | { ok: false; sentence: string }

/** @param read policy and the commit that it was read at: instructions come from no other (S14, T45). */
export async function agentOfFix(
  repository: RepositoryName,
  branch: string,
  read: { policy: Policy; sha: Sha },
  { git, ledger }: { git: Pick<Git, 'ensure' | 'read'>; ledger: Pick<Ledger, 'facts'> },
): Promise<FixAgent> {
  const frozen = lastFact(await factsBehind(repository, branch, ledger), 'bundle.frozen')
  const agent = agentOf(read.policy, frozen?.body.profile)
  if (agent.name !== undefined && agent.gone) return { ok: false, sentence: goneSentence(agent.name) }
  await git.ensure(repository, [read.sha])
  const found = await readInstructions(git, repository, read.sha, agent)
  if (!found.ok) return { ok: false, sentence: found.reason }
  const conventions = [found.repository, found.own].filter((text) => text !== null)
  return { ok: true, policy: agent.policy, conventions }
}
