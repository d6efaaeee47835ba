/** The effective policy as YAML, one value a line with where it comes from: a line of a file, the floor, or a default. */
import { isMap, isNode, LineCounter, parseDocument, stringify } from 'yaml'
import type { Policy } from '../policy/schema.ts'

/** Where a comment on a value begins; values that reach further push it out. */
const commentColumn = 48

/** Where the value at a path comes from; null when this source does not write it. */
export type Origin = (path: readonly string[]) => string | null

/** `file:line` of a value that the file writes, at the place itself or as a short form above it. */
export function originsIn(text: string, shown: string): Origin {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines })
  return (path) => {
    for (let length = path.length; length > 0; length--) {
      const node = document.getIn(path.slice(0, length), true)
      if (!isNode(node)) continue
      // A mapping above the value that does not name it: the value itself is a default.
      if (length < path.length && isMap(node)) return null
      return node.range ? `${shown}:${lines.linePos(node.range[0]).line}` : shown
    }
    return null
  }
}

/** Lines of YAML that make a policy file themselves; the first source that writes a value is its origin, else `default`. */
export function withOrigins(policy: Policy, sources: readonly Origin[]): string[] {
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
        continue
      }
      const written = stringify(inner, { collectionStyle: 'flow', lineWidth: 0 }).trim()
      const origin = sources.map((source) => source(at)).find((one) => one !== null) ?? 'default'
      lines.push(`${`${name} ${written}`.padEnd(commentColumn)} # ${origin}`)
    }
  }
  walk(policy, [])
  return lines
}

function isMapping(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length > 0
}
