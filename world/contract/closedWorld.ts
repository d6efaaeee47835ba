// Finds keys of a JSON value that its schema does not name: ajv lets invented fields pass, GitHub never sends them.

/** The part of JSON Schema that the generated files use. */
export interface Schema {
  $ref?: string
  type?: string | string[]
  enum?: unknown[]
  const?: unknown
  properties?: Record<string, Schema>
  additionalProperties?: boolean | Schema
  required?: string[]
  items?: Schema
  allOf?: Schema[]
  anyOf?: Schema[]
}

type JsonObject = Record<string, unknown>

/** References nest at most this deep; a longer chain is a loop in the generated file. */
const MAX_REFERENCE_DEPTH = 32

/** Paths such as `$.output.colour` at which `value` holds a key that `schema` neither names nor leaves open. */
export function unknownKeys(schema: Schema, value: unknown, defs: Record<string, Schema>): string[] {
  const found: string[] = []
  walk([schema], value, '$')
  return found

  function walk(schemas: Schema[], at: unknown, path: string): void {
    if (Array.isArray(at)) {
      const items = schemas.flatMap((s) => layers(s, at, 0)).flatMap((layer) => layer.items ?? [])
      if (items.length > 0) for (const [i, item] of at.entries()) walk(items, item, `${path}[${i}]`)
      return
    }
    if (!isObject(at)) return
    const applicable = schemas.flatMap((s) => layers(s, at, 0))
    const listed = applicable.filter((layer) => layer.properties !== undefined)
    const rest = applicable.flatMap((layer) => layer.additionalProperties ?? [])
    const closed = (listed.length > 0 || rest.some((r) => r === false)) && !rest.some((r) => r === true)
    const restSchemas = rest.filter((r) => typeof r === 'object')
    for (const [key, child] of Object.entries(at)) {
      const here = `${path}.${key}`
      const named = listed.flatMap((layer) => own(layer.properties, key) ?? [])
      if (named.length > 0) walk(named, child, here)
      else if (restSchemas.length > 0) walk(restSchemas, child, here)
      else if (closed) found.push(here)
    }
  }

  /** The schema and everything it is composed of, as far as it can apply to `at`. */
  function layers(schema: Schema, at: unknown, depth: number): Schema[] {
    if (depth > MAX_REFERENCE_DEPTH)
      throw new Error(`schema references nest deeper than ${MAX_REFERENCE_DEPTH}`)
    if (schema.$ref !== undefined) return layers(dereference(schema.$ref, defs), at, depth + 1)
    const refinements = [...(schema.allOf ?? []), ...alternatives(schema.anyOf ?? [], at)].flatMap((part) =>
      layers(part, at, depth + 1),
    )
    // "additionalProperties: true" inside an alternative of a schema that lists its own keys means "and the
    // keys above", as in the two shapes of a check run: it must not open the whole object.
    if (schema.properties === undefined) return [schema, ...refinements]
    return [schema, ...refinements.map((r) => (r.additionalProperties === true ? without(r) : r))]
  }

  /** Alternatives whose required keys are there and whose fixed values match; all of them when none fits. */
  function alternatives(anyOf: Schema[], at: unknown): Schema[] {
    const fitting = anyOf.filter((candidate) => fits(candidate, at, 0))
    return fitting.length > 0 ? fitting : anyOf
  }

  function fits(schema: Schema, at: unknown, depth: number): boolean {
    if (schema.$ref !== undefined && depth < MAX_REFERENCE_DEPTH) {
      return fits(dereference(schema.$ref, defs), at, depth + 1)
    }
    if (!isObject(at)) return Array.isArray(at) ? schema.type === undefined || schema.type === 'array' : true
    if (schema.type === 'array' || schema.type === 'string' || schema.type === 'null') return false
    if (schema.required?.some((key) => !(key in at))) return false
    if (schema.allOf?.some((part) => !fits(part, at, depth + 1))) return false
    return Object.entries(schema.properties ?? {}).every(
      ([key, property]) =>
        !(key in at) ||
        ((property.enum === undefined || property.enum.includes(at[key])) &&
          (property.const === undefined || property.const === at[key])),
    )
  }
}

export function dereference(reference: string, defs: Record<string, Schema>): Schema {
  const target = own(defs, reference.replace('#/$defs/', ''))
  if (target === undefined) throw new Error(`the generated file has no ${reference}: run generate.mjs again`)
  return target
}

/** Own property only: a key called `constructor` or `__proto__` is not known by inheritance. */
function own<T>(record: Record<string, T> | undefined, key: string): T | undefined {
  return record !== undefined && Object.hasOwn(record, key) ? record[key] : undefined
}

function without({ additionalProperties: _, ...rest }: Schema): Schema {
  return rest
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
