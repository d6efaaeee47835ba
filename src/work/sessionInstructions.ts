/** The instructions that people give to agents, read from the base branch only: the repository's and the profile's (S14, T27). */
import type { RepositoryName, Sha } from '../core/ids.ts'
import type { Git, Ledger } from '../core/ports.ts'
import { code } from '../core/sentences.ts'
import type { Agent } from '../policy/profiles.ts'
import type { SessionItem } from './sessionDue.ts'

/** Characters that a session gets of the repository's instructions, and of the profile's. */
const longest = 20_000
/** Folders of the planned files whose own instructions are looked for. */
const mostFolders = 15

export interface Instructions {
  /** The first of policy's `pipeline.instructions` that is there, and those of the folders that the work changes. */
  repository: string | null
  /** Those of the agent profile. */
  own: string | null
}

export type InstructionsReading = ({ ok: true } & Instructions) | { ok: false; reason: string }

/**
 * Read the files at the base commit.
 *
 * @param paths the files that the work changes, as far as they are known.
 * @returns a reason when the profile's own file is not there: a specialist does not work without its instructions.
 */
export async function readInstructions(
  git: Pick<Git, 'read'>,
  name: RepositoryName,
  base: Sha,
  agent: Agent,
  paths: readonly string[],
): Promise<InstructionsReading> {
  const files = agent.policy.pipeline.instructions
  const found: string[] = []
  // Folders use the same name as the root does.
  let inFolders = files.find((file) => !file.includes('/'))
  for (const file of files) {
    const text = await git.read(name, base, file)
    if (text === null) continue
    found.push(text)
    if (!file.includes('/')) inFolders = file
    break
  }
  for (const folder of inFolders === undefined ? [] : foldersOf(paths)) {
    const text = await git.read(name, base, `${folder}${inFolders}`)
    if (text !== null) found.push(`For ${folder} (${folder}${inFolders}):\n${text}`)
  }
  const path = agent.profile?.instructions
  const own = path === undefined ? null : await git.read(name, base, path)
  if (path !== undefined && own === null)
    return {
      ok: false,
      reason: `The profile ${agent.name} names ${code(path)} as its instructions, and the base branch has no such text file (${code(`profiles.${agent.name}.instructions`)}). A maintainer adds it there or corrects the policy.`,
    }
  return { ok: true, repository: found.length === 0 ? null : cut(found.join('\n\n')), own: own && cut(own) }
}

/** The folders above the files, with a slash at their end, the outer ones first: what is nearest has the last word. */
function foldersOf(paths: readonly string[]): string[] {
  const above = paths.flatMap((path) => {
    const parts = path.split('/').slice(0, -1)
    return parts.map((_, depth) => `${parts.slice(0, depth + 1).join('/')}/`)
  })
  return [...new Set(above)].sort((a, b) => a.length - b.length || (a < b ? -1 : 1)).slice(0, mostFolders)
}

function cut(text: string): string {
  return text.length <= longest ? text : `${text.slice(0, longest)}\n(cut at ${longest} characters)`
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
