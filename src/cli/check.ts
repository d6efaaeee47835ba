/** `countersign check [file]`: the policy that a file makes, each value with where it comes from, or every mistake in it. */
import { existsSync, readFileSync } from 'node:fs'
import { relative, resolve } from 'node:path'
import { RepositoryName } from '../core/ids.ts'
import { misnamedPolicyPath, policyPath } from '../core/policyFiles.ts'
import type { Annotation } from '../core/verdict.ts'
import { misnamedPolicy, parsePolicy } from '../policy/parse.ts'
import { originsIn, withOrigins } from './policyOrigins.ts'

export interface Output {
  out(text: string): void
  err(text: string): void
}

/**
 * Check a local policy file without network or App.
 *
 * @param args the file, or nothing for `.github/countersign.yml`.
 * @param directory from which the file's path is read.
 * @returns exit code: 0 with the effective policy on standard output, 1 when the file is broken, 2 when it cannot be read.
 */
export function check(args: readonly string[], directory: string, { out, err }: Output): number {
  const [named, ...extra] = args
  if (extra.length > 0 || named?.startsWith('-')) {
    err(`"check ${args.join(' ')}" is not understood: name one policy file, or none for ${policyPath}.\n`)
    return 2
  }
  const file = resolve(directory, named ?? policyPath)
  const shown = relative(directory, file) || file
  const text = read(file)
  if (text === null && named !== undefined) {
    err(`${shown} is not there. Name the policy file, or none for ${policyPath}.\n`)
    return 2
  }
  const misnamed = named === undefined && read(resolve(directory, misnamedPolicyPath)) !== null
  const parsed = misnamed ? misnamedPolicy(text !== null) : parsePolicy(text ?? '', shown)
  if (!parsed.ok) {
    err(mistakesSaid(parsed.mistakes.map(({ path, message }) => `${path}:${message}`)))
    return 1
  }
  out(
    [
      text === null
        ? `# There is no ${shown}. Without it these values are in force:`
        : `# The policy that ${shown} makes, by itself. What the organisation's .github repository adds is not read here.`,
      ...withOrigins(parsed.policy, [originsIn(text ?? '', shown)]),
      '',
    ].join('\n'),
  )
  return 0
}

/** Whether an argument names a repository on GitHub, `owner/repo` or `owner/repo@branch`, and no file that is there. */
export function namesRepository(argument: string, directory: string): boolean {
  const [name = ''] = argument.split('@')
  if (/\.ya?ml$/.test(argument) || !RepositoryName.safeParse(name).success) return false
  return !existsSync(resolve(directory, argument))
}

/** A mistake with its line and column; those that are not of the text itself have a line only. */
export function mistakeLine({ path, startLine, message }: Annotation): string {
  return /^\d+:/.test(message) ? `${path}:${message}` : `${path}:${startLine}: ${message}`
}

/** Mistakes line by line, and what they mean. */
export function mistakesSaid(mistakes: readonly string[]): string {
  const many = mistakes.length === 1 ? 'One mistake' : `${mistakes.length} mistakes`
  return `${mistakes.join('\n')}\n${many}. While it stands, every check of Countersign is red (fail closed).\n`
}

/** The file's text, or null when there is none. */
function read(file: string): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}
