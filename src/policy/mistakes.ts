/** Turns what the schema says is wrong into a sentence: what stands where, and which values are allowed. */
import type { z } from 'zod'
import { editDistance } from '../core/command.ts'
import { code, count, listed } from '../core/sentences.ts'
import { policyJsonSchema } from './schema.ts'

export interface Mistake {
  path: PropertyKey[]
  sentence: string
}

/** The schema's names of types in the words of a YAML file. */
const words: Record<string, string> = {
  object: 'a mapping',
  record: 'a mapping',
  array: 'a list',
  string: 'text',
  boolean: '`true` or `false`',
  number: 'a number',
  int: 'a whole number',
}

type Issue = z.core.$ZodIssue

/** Anybody may propose a policy of thousands of unknown keys: no more of them are looked for among ours. */
export const mostMistakes = 20

/** One sentence for an issue; an issue over several unknown keys gives one each, of the first 20. `raw` is what the person wrote. */
export function describeIssue(issue: Issue, raw: unknown): Mistake[] {
  const where = (path: PropertyKey[]) => (path.length === 0 ? 'the file' : code(path.map(String).join('.')))
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys
        .slice(0, mostMistakes)
        .map((key) => ({ path: [...issue.path, key], sentence: unknownKey(issue.path, key) }))
    case 'invalid_value':
      return [
        {
          path: issue.path,
          sentence: `${where(issue.path)} is ${shown(valueAt(raw, issue.path))}; allowed: ${issue.values.map((value) => code(String(value))).join(', ')}`,
        },
      ]
    case 'invalid_union': {
      const inner = issue.errors.flat().filter((one) => one.code !== 'invalid_type')
      if (inner[0])
        return describeIssue({ ...inner[0], path: [...issue.path, ...inner[0].path] } as Issue, raw)
      return [
        {
          path: issue.path,
          sentence: `${where(issue.path)} is ${shown(valueAt(raw, issue.path))}, which is none of the forms allowed here`,
        },
      ]
    }
    case 'invalid_key': {
      const name = String(issue.path.at(-1))
      const wanted = issue.issues.map((one) => one.message).join('; ')
      return [
        { path: issue.path, sentence: `${code(name)} cannot be a name ${placeOf(issue.path)}: ${wanted}` },
      ]
    }
    case 'invalid_type':
      return [
        {
          path: issue.path,
          sentence: `${where(issue.path)} is ${shown(valueAt(raw, issue.path))}; expected ${words[issue.expected] ?? issue.expected}`,
        },
      ]
    case 'too_small':
    case 'too_big': {
      const bound =
        issue.code === 'too_small'
          ? `at least ${counted(issue.minimum, issue.origin)}`
          : `at most ${counted(issue.maximum, issue.origin)}`
      return [
        {
          path: issue.path,
          sentence: `${where(issue.path)} is ${shown(valueAt(raw, issue.path))}; expected ${bound}`,
        },
      ]
    }
    default:
      return [
        {
          path: issue.path,
          sentence: `${where(issue.path)} is ${shown(valueAt(raw, issue.path))}: ${issue.message}`,
        },
      ]
  }
}

/** Where the last part of a path stands. */
function placeOf(path: PropertyKey[]): string {
  const above = path.slice(0, -1)
  return above.length === 0 ? 'at the top' : `under ${code(above.map(String).join('.'))}`
}

/** A bound with what it counts. */
function counted(bound: number | bigint, origin: string): string {
  if (origin === 'string') return count(Number(bound), 'character')
  return origin === 'array' ? count(Number(bound), 'entry', 'entries') : String(bound)
}

function unknownKey(path: PropertyKey[], key: string): string {
  const known = keysAt(path)
  const nearest = known
    .map((word) => ({ word, distance: editDistance(key.toLowerCase().slice(0, 40), word) }))
    .filter(
      ({ distance, word }) =>
        distance <= Math.max(2, Math.floor(word.length / 3)) || word.startsWith(key.toLowerCase()),
    )
    .sort((a, b) => a.distance - b.distance)[0]
  const place = placeOf([...path, key])
  const hint = nearest ? ` Did you mean ${code(nearest.word)}?` : ''
  return `${code(key)} is not a key ${place}.${hint} Allowed: ${known.map((word) => code(word)).join(', ') || 'none'}`
}

interface SchemaNode {
  properties?: Record<string, SchemaNode>
  additionalProperties?: SchemaNode | boolean
  items?: SchemaNode
  anyOf?: SchemaNode[]
  allOf?: SchemaNode[]
}

/** Made once: it takes milliseconds. */
let schema: SchemaNode | undefined

/** The keys that the schema knows at a place. */
function keysAt(path: PropertyKey[]): string[] {
  schema ??= policyJsonSchema() as SchemaNode
  let nodes = [schema]
  for (const part of path) {
    nodes = nodes.flatMap(variants).flatMap((node) => {
      if (typeof part === 'number') return node.items ? [node.items] : []
      const own = node.properties?.[String(part)]
      if (own) return [own]
      return typeof node.additionalProperties === 'object' ? [node.additionalProperties] : []
    })
  }
  return [...new Set(nodes.flatMap(variants).flatMap((node) => Object.keys(node.properties ?? {})))]
}

const variants = (node: SchemaNode): SchemaNode[] => [
  node,
  ...(node.anyOf ?? []).flatMap(variants),
  ...(node.allOf ?? []).flatMap(variants),
]

function valueAt(raw: unknown, path: PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, part) =>
      typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[part] : undefined,
    raw,
  )
}

function shown(value: unknown): string {
  if (value === undefined) return 'missing'
  if (Array.isArray(value)) return listed(['a list'])
  if (typeof value === 'object' && value !== null) return 'a mapping'
  return code(JSON.stringify(value) ?? String(value), 60)
}
