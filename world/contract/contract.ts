// Judges every exchange of the stand-in GitHub by GitHub's own description: requests, answers and webhooks.
//
// The description cannot see semantics (who may press what); the stand-in's own tests cover those. What it sees:
// missing and mistyped fields, limits (the 4th button, the 21st character), unknown values, and, by
// closedWorld.ts, fields that GitHub does not have.
import { readFileSync } from 'node:fs'
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import { z } from 'zod'
import { dereference, type Schema, unknownKeys } from './closedWorld.ts'

export interface Operation {
  /** Upper case: `POST`. */
  method: string
  /** The path as GitHub's description spells it: `/repos/{owner}/{repo}/check-runs`. */
  template: string
}

export interface ContractRequest extends Operation {
  /** Path parameters by name, decoded. */
  params: Record<string, string>
  query: Record<string, string>
  /** Parsed JSON, or undefined when there was no body. */
  body: unknown
}

/** Each function answers with one sentence for each violation; an empty list means that the exchange conforms. */
export interface ContractChecker {
  request(request: ContractRequest): string[]
  /** `body`: what was sent as JSON; undefined or '' for none; a string for raw, diff and patch media types. */
  response(operation: Operation, status: number, body: unknown): string[]
  /** `event`: the X-GitHub-Event header (`check_run`); the action is read from the payload. */
  webhook(event: string, payload: unknown): string[]
}

/** More violations than this in one exchange say nothing new. */
const MAX_VIOLATIONS = 20

/** Operations that answer with text when asked for a raw, diff or patch media type. */
const TEXT_ANSWERS =
  /\/(contents\/\{path\}|commits\/\{ref\}|compare\/\{basehead\}|pulls\/\{pull_number\}|git\/blobs\/\{file_sha\})$/

const schema = z.custom<Schema>((value) => typeof value === 'object' && value !== null)
const operationsFile = z.object({
  operations: z.record(
    z.string(),
    z.object({
      path: z.record(z.string(), schema),
      query: z.record(z.string(), schema),
      required: z.array(z.string()),
      body: schema.optional(),
      bodyRequired: z.boolean().optional(),
      responses: z.record(z.string(), schema.nullable()),
    }),
  ),
  $defs: z.record(z.string(), schema),
})
const webhooksFile = z.object({ webhooks: z.record(z.string(), schema), $defs: z.record(z.string(), schema) })

interface Description<T> {
  content: T
  /** Violations of `value` against the schema at this JSON pointer, compiled at first use. */
  check(pointer: string[], at: Schema, value: unknown): string[]
}

// One read and one compilation a process, however many stand-ins a test file starts.
let operations: Description<z.infer<typeof operationsFile>> | undefined
let webhooks: Description<z.infer<typeof webhooksFile>> | undefined

/** Cheap: nothing is read or compiled before the first exchange that needs it. */
export function createContract(): ContractChecker {
  return { request: checkRequest, response: checkResponse, webhook: checkWebhook }
}

function checkRequest({ method, template, params, query, body }: ContractRequest): string[] {
  const name = `${method} ${template}`
  const { content, check } = loadOperations()
  const operation = content.operations[name]
  if (operation === undefined) return [unknownOperation(name)]
  const violations = [
    ...checkParameters(
      `${name}: path parameter`,
      operation.path,
      params,
      Object.keys(operation.path),
      content,
    ),
    ...checkParameters(`${name}: query parameter`, operation.query, query, operation.required, content),
  ]
  if (body === undefined || body === '') {
    if (operation.bodyRequired) violations.push(`${name}: the request has no body, which GitHub requires`)
  } else if (operation.body === undefined) {
    if (!isEmptyObject(body)) violations.push(`${name}: the request has a body, and GitHub describes none`)
  } else {
    const found = check(['operations', name, 'body'], operation.body, body)
    violations.push(...found.map((violation) => `${name}: request body ${violation}`))
  }
  return violations
}

function checkResponse({ method, template }: Operation, status: number, body: unknown): string[] {
  const name = `${method} ${template}`
  const { content, check } = loadOperations()
  const operation = content.operations[name]
  if (operation === undefined) return [unknownOperation(name)]
  if (status >= 500 || status === 304) return []
  const empty = body === undefined || body === null || body === ''
  const answer = operation.responses[String(status)]
  if (answer === undefined)
    return status >= 400 ? checkError(name, status, body) : [undescribed(name, status)]
  if (answer === null) return empty ? [] : [`${name}: answer ${status} has a body, and GitHub sends none`]
  if (empty) return [`${name}: answer ${status} has no body`]
  if (typeof body === 'string' && status === 200 && TEXT_ANSWERS.test(template)) return []
  const found = check(['operations', name, 'responses', String(status)], answer, body)
  return found.map((violation) => `${name}: answer ${status} ${violation}`)
}

function checkWebhook(event: string, payload: unknown): string[] {
  const { content, check } = loadWebhooks()
  const action = isObject(payload) && typeof payload['action'] === 'string' ? payload['action'] : undefined
  const name = [`${event}.${action}`, event].find((candidate) => Object.hasOwn(content.webhooks, candidate))
  const at = name === undefined ? undefined : content.webhooks[name]
  if (name === undefined || at === undefined) {
    const wanted = action === undefined ? event : `${event}.${action}`
    return [`webhook ${wanted}: not in webhooks.schema.json; list it in operations.json and run generate.mjs`]
  }
  return check(['webhooks', name], at, payload).map((violation) => `webhook ${name} ${violation}`)
}

/** 401, 403, 429 and the like are rarely described by operation; their shape is always the same. */
function checkError(name: string, status: number, body: unknown): string[] {
  if (!isObject(body) || typeof body['message'] !== 'string') {
    return [`${name}: answer ${status} must be an object with a message`]
  }
  const known = ['message', 'documentation_url', 'url', 'status', 'errors']
  return Object.keys(body)
    .filter((key) => !known.includes(key))
    .map((key) => `${name}: answer ${status} $.${key} is not a field of GitHub's errors`)
}

function checkParameters(
  label: string,
  known: Record<string, Schema>,
  given: Record<string, string>,
  required: string[],
  { $defs }: { $defs: Record<string, Schema> },
): string[] {
  const violations = required.filter((key) => !(key in given)).map((key) => `${label} "${key}" is missing`)
  for (const [key, value] of Object.entries(given)) {
    const at = Object.hasOwn(known, key) ? known[key] : undefined
    if (at === undefined) violations.push(`${label} "${key}" is not one of this operation's`)
    else if (!parameterFits(at, value, $defs)) violations.push(`${label} "${key}" may not be "${value}"`)
  }
  return violations
}

/** Parameters arrive as text, so only what text can violate is looked at: numbers, booleans and enumerations. */
function parameterFits(at: Schema, value: string, defs: Record<string, Schema>): boolean {
  if (at.$ref !== undefined) return parameterFits(dereference(at.$ref, defs), value, defs)
  if (at.anyOf !== undefined) return at.anyOf.some((alternative) => parameterFits(alternative, value, defs))
  if (at.enum !== undefined) return at.enum.map(String).includes(value)
  if (at.type === 'integer') return /^-?\d+$/.test(value)
  if (at.type === 'boolean') return value === 'true' || value === 'false'
  return true
}

function loadOperations(): Description<z.infer<typeof operationsFile>> {
  operations ??= load('operations.schema.json', operationsFile)
  return operations
}

function loadWebhooks(): Description<z.infer<typeof webhooksFile>> {
  webhooks ??= load('webhooks.schema.json', webhooksFile)
  return webhooks
}

function load<T extends { $defs: Record<string, Schema> }>(
  file: string,
  shape: z.ZodType<T>,
): Description<T> {
  const content = shape.parse(JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8')))
  const ajv = new Ajv({ strict: false, allErrors: true, validateSchema: false, addUsedSchema: false })
  ajv.addFormat('date-time', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/)
  ajv.addFormat('date', /^\d{4}-\d\d-\d\d$/)
  // GitHub sends '' for an unset homepage.
  ajv.addFormat('uri', /^($|[a-z][a-z0-9+.-]*:\S)/i)
  // Sizes and hints, not shapes: `int64`, `repo.nwo` and the like hold nothing that a test could trip over.
  for (const name of ['int64', 'timestamp', 'repo.nwo', 'ssh-key', 'email', 'hostname', 'uri-template']) {
    ajv.addFormat(name, true)
  }
  ajv.addSchema(content, file)
  const compiled = new Map<string, ValidateFunction>()

  return { content, check }

  function check(pointer: string[], at: Schema, value: unknown): string[] {
    const reference = `${file}#/${pointer.map(escapePointer).join('/')}`
    let validate = compiled.get(reference)
    if (validate === undefined) {
      validate = ajv.compile({ $ref: reference })
      compiled.set(reference, validate)
    }
    const wrong = validate(value)
      ? []
      : tellingErrors(validate.errors ?? []).map((e) => {
          const detail = e.keyword === 'enum' ? ` ${JSON.stringify(e.params['allowedValues'])}` : ''
          return `$${e.instancePath.replaceAll('/', '.')} ${e.message}${detail}`
        })
    const invented = unknownKeys(at, value, content.$defs).map((path) => `${path} is not a field of GitHub's`)
    return [...new Set([...wrong, ...invented])].slice(0, MAX_VIOLATIONS)
  }
}

/** "must be null" and "must match a schema in anyOf" only restate that the nullable thing beside them is wrong. */
function tellingErrors(errors: ErrorObject[]): ErrorObject[] {
  const telling = errors.filter((e) => e.keyword !== 'anyOf' && e.params['type'] !== 'null')
  return telling.length > 0 ? telling : errors
}

function unknownOperation(name: string): string {
  return `${name}: not in operations.schema.json; list it in operations.json and run generate.mjs`
}

function undescribed(name: string, status: number): string {
  return `${name}: GitHub does not answer ${status} here`
}

function escapePointer(part: string): string {
  return encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isEmptyObject(value: unknown): boolean {
  return isObject(value) && Object.keys(value).length === 0
}
