/** What a fix is checked with before it may be pushed: the proof over git's objects, and policy's commands (F2, P6, S10). */
import { commandRequest } from '../core/commandSettings.ts'
import { Bug } from '../core/errors.ts'
import { type CommandName, type EvidenceResult, evidenceKey } from '../core/evidence.ts'
import type { RepositoryName, Sha } from '../core/ids.ts'
import { outgoingText } from '../core/outgoingText.ts'
import type { Git, Ledger, Workspace } from '../core/ports.ts'
import type { LineRange } from '../fix/lineMap.ts'
import { bytesAsText, lineCount, prove, strayChanges } from '../fix/proof.ts'
import type { Policy } from '../policy/schema.ts'

export interface CheckPorts {
  git: Git
  workspace: Workspace
  ledger: Pick<Ledger, 'evidence' | 'putEvidence'>
}

/** Regions of the older commit, by file. */
export type Cited = ReadonlyMap<string, readonly LineRange[]>

export interface Proven {
  violations: string[]
  /** How many lines each region of a file has now, in their order. */
  lines: Map<string, number[]>
}

/**
 * Prove from git's own objects that `sha` is `before` with nothing but the regions' text replaced: every path, mode and
 * type of the whole tree, and every byte of the cited files.
 */
export async function proveCommit(
  git: Git,
  repository: RepositoryName,
  before: Sha,
  sha: Sha,
  cited: Cited,
): Promise<Proven> {
  const diff = await git.collect(repository, { kind: 'diff', base: before, head: sha })
  if (!diff.ok || !('mergeBase' in diff.body) || !('files' in diff.body))
    return {
      violations: [`the change could not be read from git: ${diff.ok ? 'no diff' : diff.reason}`],
      lines: new Map(),
    }
  if (diff.body.mergeBase !== before)
    return { violations: ['the commit does not sit on the commit that was fixed'], lines: new Map() }
  const violations = strayChanges(diff.body.files, new Set(cited.keys()))
  const lines = new Map<string, number[]>()
  for (const [path, regions] of cited) {
    const [old, now] = [await git.bytes(repository, before, path), await git.bytes(repository, sha, path)]
    if (!old || !now) {
      violations.push(`${path} is not there any more, or too large to be proven`)
      continue
    }
    const proof = prove(bytesAsText(old), bytesAsText(now), regions)
    if (proof.ok) lines.set(path, proof.inside.map(lineCount))
    else violations.push(`in ${path}, ${proof.sentence}`)
  }
  return { violations, lines }
}

const commands: readonly CommandName[] = ['typecheck', 'lint', 'test', 'integration']
const outputShown = 6000

export type Checked =
  | { ok: true }
  /** Something that the session can mend. */
  | { ok: false; kind: 'objection'; sentence: string }
  /** Nothing that the session could do about it. */
  | { ok: false; kind: 'refusal'; sentence: string }

/**
 * Run policy's commands on the candidate. A command that fails at the head before as well is no fault of the fix: the
 * gates on the new head say so.
 */
export async function checkCommit(
  ports: CheckPorts,
  repository: RepositoryName,
  policy: Policy,
  { before, sha }: { before: Sha; sha: Sha },
  signal: AbortSignal,
): Promise<Checked> {
  for (const name of commands) {
    const result = await commandAt(ports, repository, policy, name, sha, signal)
    if (result === null) continue
    if (!result.ok)
      return {
        ok: false,
        kind: 'refusal',
        sentence: `The command ${name} could not be run before the push: ${outgoingText(result.reason, { inline: true, most: 1500 })}`,
      }
    if (result.body.exitCode === 0 && result.body.stoppedBy === null) continue
    const earlier = await commandAt(ports, repository, policy, name, before, signal)
    if (earlier?.ok && earlier.body.exitCode !== 0) continue
    const how = result.body.stoppedBy
      ? `was stopped by its limit on ${result.body.stoppedBy}`
      : `ended with exit code ${result.body.exitCode}`
    return {
      ok: false,
      kind: 'objection',
      sentence: `The command ${name} ${how}. The end of its output:\n${result.body.outputTail.slice(-outputShown)}`,
    }
  }
  return { ok: true }
}

/** The result of a command at a commit: from the ledger, where the gates find it again, or run now. */
async function commandAt(
  { workspace, ledger }: CheckPorts,
  repository: RepositoryName,
  policy: Policy,
  name: CommandName,
  sha: Sha,
  signal: AbortSignal,
): Promise<EvidenceResult<'command'> | null> {
  const request = commandRequest(policy.commands, name, sha)
  if (!request) return null
  const key = evidenceKey(repository, request)
  const known = (await ledger.evidence([key])).get(key)
  if (known && (!known.ok || 'outputTail' in known.body)) return known as EvidenceResult<'command'>
  if (known) throw new Bug(`evidence ${key} is no command's`)
  const result = await workspace.runAt(repository, request, signal)
  signal.throwIfAborted()
  await ledger.putEvidence(key, result)
  return result
}
