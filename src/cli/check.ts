/** `countersign check [file]`: the policy that a file makes, each value with where it comes from, or every mistake in it. */
import { readFileSync } from 'node:fs'
import { relative, resolve } from 'node:path'
import { isMap, isNode, LineCounter, parseDocument, stringify } from 'yaml'
import { misnamedPolicy, misnamedPolicyPath, parsePolicy, policyPath } from '../policy/parse.ts'
import type { Policy } from '../policy/schema.ts'

/** Where a comment on a value begins; values that reach further push it out. */
const commentColumn = 48

interface Output {
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
    for (const { path, message } of parsed.mistakes) err(`${path}:${message}\n`)
    err(
      `${parsed.mistakes.length === 1 ? 'One mistake' : `${parsed.mistakes.length} mistakes`}. While it stands, every check of Countersign is red (fail closed).\n`,
    )
    return 1
  }
  out(
    [
      text === null
        ? `# There is no ${shown}. Without it these values are in force:`
        : `# The policy that ${shown} makes, by itself. What the organisation's .github repository adds is not read here.`,
      ...effective(parsed.policy, origins(text ?? '', shown)),
      '',
    ].join('\n'),
  )
  return 0
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

type Origin = (path: readonly string[]) => string

/** `file:line` of a value that the file writes, at the place itself or as a short form above it; else `default`. */
function origins(text: string, shown: string): Origin {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines })
  return (path) => {
    for (let length = path.length; length > 0; length--) {
      const node = document.getIn(path.slice(0, length), true)
      if (!isNode(node)) continue
      // A mapping above the value that does not name it: the value itself is a default.
      if (length < path.length && isMap(node)) break
      return node.range ? `${shown}:${lines.linePos(node.range[0]).line}` : shown
    }
    return 'default'
  }
}

/** The policy as YAML, one value a line with its origin as a comment, so that the output is a policy file itself. */
function effective(policy: Policy, origin: Origin): string[] {
  const lines: string[] = []
  const walk = (value: object, path: string[]) => {
    const indent = '  '.repeat(path.length)
    for (const [key, inner] of Object.entries(value)) {
      if (inner === undefined) continue
      const at = [...path, key]
      const name = `${indent}${stringify(key).trim()}:`
      if (isMapping(inner)) {
        lines.push(name)
        walk(inner, at)
      } else {
        const written = stringify(inner, { collectionStyle: 'flow', lineWidth: 0 }).trim()
        lines.push(`${`${name} ${written}`.padEnd(commentColumn)} # ${origin(at)}`)
      }
    }
  }
  walk(policy, [])
  return lines
}

function isMapping(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length > 0
}
