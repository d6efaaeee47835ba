/** The instructions that people give to agents, read from the base branch only: the repository's and the profile's (S14, T27). */
import type { RepositoryName, Sha } from '../core/ids.ts'
import type { Git, Ledger } from '../core/ports.ts'
import { code } from '../core/sentences.ts'
import type { Agent } from '../policy/profiles.ts'
import type { SessionItem } from './sessionDue.ts'

/** Characters of each file that a session gets. */
const longest = 20_000

export interface Instructions {
  /** The first of policy's `pipeline.instructions` that is there. */
  repository: string | null
  /** Those of the agent profile. */
  own: string | null
}

export type InstructionsReading = ({ ok: true } & Instructions) | { ok: false; reason: string }

/**
 * Read the files at the base commit.
 *
 * @returns a reason when the profile's own file is not there: a specialist does not work without its instructions.
 */
export async function readInstructions(
  git: Pick<Git, 'read'>,
  name: RepositoryName,
  base: Sha,
  agent: Agent,
): Promise<InstructionsReading> {
  let repository: string | null = null
  for (const path of agent.policy.pipeline.instructions) {
    repository = await git.read(name, base, path)
    if (repository !== null) break
  }
  const path = agent.profile?.instructions
  const own = path === undefined ? null : await git.read(name, base, path)
  if (path !== undefined && own === null)
    return {
      ok: false,
      reason: `The profile ${agent.name} names ${code(path)} as its instructions, and the base branch has no such text file (${code(`profiles.${agent.name}.instructions`)}). A maintainer adds it there or corrects the policy.`,
    }
  return { ok: true, repository: cut(repository), own: cut(own) }
}

function cut(text: string | null): string | null {
  if (text === null || text.length <= longest) return text
  return `${text.slice(0, longest)}\n(cut at ${longest} characters)`
}

/** Put on record that a session could not begin, once: the round shows it and waits for a retry. */
export async function recordFailure(
  ledger: Pick<Ledger, 'facts' | 'append'>,
  { subject, phase }: SessionItem,
  reason: string,
): Promise<void> {
  const what = `The ${phase} session`
  const last = (await ledger.facts(subject)).findLast(({ body }) => body.kind !== 'settled')?.body
  if (last?.kind === 'work.failed' && last.what === what && last.reason === reason) return
  await ledger.append(subject, [{ actor: null, body: { kind: 'work.failed', what, reason } }])
}
