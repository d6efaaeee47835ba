/** The policies of a backtest: the one in force, and one from a file, joined with the organisation's as in production. */
import { relative, resolve } from 'node:path'
import { Terminal } from '../core/errors.ts'
import type { Sha } from '../core/ids.ts'
import { misnamedPolicyPath, policyPath } from '../core/policyFiles.ts'
import type { PolicyReading, RepositoryReading } from '../core/snapshot/common.ts'
import { type PolicyPorts, readPolicy } from '../observe/policy.ts'
import type { Policy } from '../policy/schema.ts'
import { mistakeLine, mistakesSaid } from './check.ts'
import { readPolicyFile } from './gates.ts'

export interface NamedPolicy {
  policy: Policy
  /** Where it comes from, for the reader. */
  source: string
}

export interface Policies {
  /** The one that is asked about. */
  asked: NamedPolicy
  /** The one in force, to compare with; null when that is the one, or when it is broken. */
  inForce: NamedPolicy | null
}

type Reads = PolicyPorts['forge']
interface Base {
  ref: string
  tip: Sha
}

/** @throws Terminal with every mistake in the policy that is asked about, or because it cannot be read. */
export async function policiesOf(
  forge: Reads,
  repository: RepositoryReading,
  base: Base,
  { file, directory }: { file: string | null; directory: string },
): Promise<Policies> {
  if (file === null) return { asked: await policyInForce(forge, repository, base), inForce: null }
  const asked = await policyOfFile(forge, repository, base, { file, directory })
  try {
    return { asked, inForce: await policyInForce(forge, repository, base) }
  } catch (error) {
    if (!(error instanceof Terminal)) throw error
    return { asked, inForce: null }
  }
}

async function policyInForce(forge: Reads, repository: RepositoryReading, base: Base): Promise<NamedPolicy> {
  const reading = await read(forge, repository, base)
  if (!reading.ok)
    throw new Terminal(
      'broken policy in force',
      `${said(reading, policyPath)}Or judge by another one with --policy FILE.`,
    )
  const [owner] = repository.name.split('/')
  const sources = {
    repository: `${policyPath} at ${base.ref}`,
    organisation: `${owner}/.github:${policyPath}`,
    default: 'the built-in policy',
  }
  return { policy: reading.policy, source: sources[reading.source] }
}

/**
 * The same where a file stood in place of the repository's own.
 *
 * @param from.directory from which the file's path is read.
 */
async function policyOfFile(
  forge: Reads,
  repository: RepositoryReading,
  base: Base,
  from: { file: string; directory: string },
): Promise<NamedPolicy> {
  const path = resolve(from.directory, from.file)
  const shown = relative(from.directory, path) || from.file
  const text = await readPolicyFile(path)
  const instead: Reads = {
    ...forge,
    async file(name, sha, asked) {
      if (name.toLowerCase() !== repository.name.toLowerCase()) return forge.file(name, sha, asked)
      if (asked === misnamedPolicyPath) return { found: false }
      return asked === policyPath ? { found: true, value: text } : forge.file(name, sha, asked)
    },
  }
  const reading = await read(instead, repository, base)
  if (!reading.ok) throw new Terminal(`broken policy ${shown}`, said(reading, shown))
  return { policy: reading.policy, source: shown }
}

function read(forge: Reads, repository: RepositoryReading, base: Base): Promise<PolicyReading<Policy>> {
  const ledger = { setting: async () => null, putSetting: async () => undefined }
  return readPolicy({ forge, ledger }, repository, base)
}

/** The mistakes by line and column; those of the organisation's file have no place here, and are in the sentence. */
function said(reading: Extract<PolicyReading<Policy>, { ok: false }>, shown: string): string {
  const { mistakes, sentence } = reading
  if (mistakes.length === 0) return `${sentence}\n`
  const placed = mistakes.map((one) => (one.path === policyPath ? { ...one, path: shown } : one))
  return mistakesSaid(placed.map(mistakeLine))
}
