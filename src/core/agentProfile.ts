/** An agent profile as the glossary knows it: its name, and the paths that its work may change (P13). */
import { z } from 'zod'
import { RepositoryPath } from './citation.ts'
import { matchesExactly } from './glob.ts'
import { code, listed } from './sentences.ts'

/** The name of the profile that the plain label means; policy cannot give it to another. */
export const plainProfile = 'default'

export const ProfileName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{0,39}$/, 'lower-case letters, digits, - and _, at most 40')
  .refine((name) => name !== plainProfile, `${plainProfile} is the profile of the plain label`)
export type ProfileName = z.infer<typeof ProfileName>

/** A file with instructions for agents. It is protected by its name, so no character of it may mean another path. */
export const InstructionFile = RepositoryPath.refine(
  (path) => !/[*?{}]/.test(path),
  'a path without the characters * ? { }',
)

/** What the work of a profile may change. */
export interface AllowedPaths {
  profile: ProfileName
  /** Null when policy no longer has the profile: then nothing is allowed (S9). */
  globs: readonly string[] | null
}

/** Whether a path may be changed; without a limit every path may. */
export function isAllowedPath(allowed: AllowedPaths | null, path: string): boolean {
  return allowed === null || (allowed.globs ?? []).some((glob) => matchesExactly(glob, path))
}

/** The sentence about paths that a profile may not change, or null when all of them are allowed. */
export function disallowedSentence(allowed: AllowedPaths | null, paths: readonly string[]): string | null {
  const outside = [...new Set(paths)].filter((path) => !isAllowedPath(allowed, path))
  if (allowed === null || outside.length === 0) return null
  const { profile, globs } = allowed
  if (globs === null) return goneSentence(profile)
  const are = outside.length === 1 ? 'is' : 'are'
  return `${listed(outside.map((path) => code(path)))} ${are} outside the paths that the profile ${profile} may change, which are ${listed(globs.map((glob) => code(glob)))} (${code(`profiles.${profile}.paths`)}).`
}

/** Work goes on under the profile that it began with; without that profile it stops. */
export function goneSentence(profile: ProfileName): string {
  return `The policy no longer has the profile ${profile}, under which this work was delegated, so it goes no further. A maintainer puts it back on the base branch, or someone delegates the issue again with another label.`
}
