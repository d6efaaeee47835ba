/** Identifiers: repositories, commits, digests, and the keys of the kinds of subject. */
import { z } from 'zod'

/** A full git object id in lower-case hex: SHA-1 (40) or SHA-256 (64). */
export const Sha = z.string().regex(/^([0-9a-f]{40}|[0-9a-f]{64})$/, 'a full git SHA in lower-case hex')
export type Sha = z.infer<typeof Sha>

/** SHA-256 over canonical JSON or raw bytes, 64 lower-case hex digits. */
export const Digest = z.string().regex(/^[0-9a-f]{64}$/, 'a SHA-256 digest in lower-case hex')
export type Digest = z.infer<typeof Digest>

/**
 * `owner/name` as GitHub spells it. GitHub allows letters, digits, `-`, `_` and `.` in the name, and no name that is a step in
 * a path. An owner has letters, digits and `-`, and, where an enterprise manages its accounts, `_` before its short code.
 */
export const RepositoryName = z
  .string()
  .max(140)
  .regex(/^[A-Za-z0-9](?:[A-Za-z0-9_-]{0,38})\/(?!\.\.?$)[A-Za-z0-9._-]{1,100}$/, 'owner/name')
export type RepositoryName = z.infer<typeof RepositoryName>

/** What one round of the loop is about: a delegated issue, a pull request, a merge queue's group, or an environment. */
export type Subject =
  | { kind: 'task'; repository: RepositoryName; issue: number }
  | { kind: 'pull'; repository: RepositoryName; number: number }
  | { kind: 'group'; repository: RepositoryName; head: Sha }
  | { kind: 'rollout'; repository: RepositoryName; environment: string }

/** The written form of a subject: `task:o/r#12`, `pull:o/r#34`, `group:o/r@<sha>`, `rollout:o/r@production`. */
export type SubjectKey = string

const numbered = /^(task|pull):([^#@\s]+)#([1-9]\d{0,9})$/
const grouped = /^group:([^#@\s]+)@([0-9a-f]+)$/
/** Folding can lengthen a name of 255. */
const environmental = /^rollout:([^#@\s]+)@(.{1,510})$/

/** What an environment is told from others by: GitHub ignores the case of their names, and passes on every spelling. */
export function environmentId(name: string): string {
  return name.toLowerCase()
}

/** The key of a subject. */
export function formatKey(subject: Subject): SubjectKey {
  switch (subject.kind) {
    case 'task':
      return `task:${subject.repository}#${subject.issue}`
    case 'pull':
      return `pull:${subject.repository}#${subject.number}`
    case 'group':
      return `group:${subject.repository}@${subject.head}`
    case 'rollout':
      return `rollout:${subject.repository}@${environmentId(subject.environment)}`
    default:
      return subject satisfies never
  }
}

/** The subject a key names, or null when the text is not a key. */
export function parseKey(key: string): Subject | null {
  const match = numbered.exec(key)
  if (match) {
    const [, kind, repository, digits] = match
    if (!RepositoryName.safeParse(repository).success) return null
    const number = Number(digits)
    return kind === 'task'
      ? { kind: 'task', repository: repository as RepositoryName, issue: number }
      : { kind: 'pull', repository: repository as RepositoryName, number }
  }
  const group = grouped.exec(key)
  if (group) {
    const [, repository, head] = group
    if (!RepositoryName.safeParse(repository).success || !Sha.safeParse(head).success) return null
    return { kind: 'group', repository: repository as RepositoryName, head: head as Sha }
  }
  const place = environmental.exec(key)
  const [, repository = '', environment = ''] = place ?? []
  // A second key of the same environment would be a second ledger of it.
  if (environment !== environmentId(environment) || !RepositoryName.safeParse(repository).success) return null
  return { kind: 'rollout', repository, environment }
}
