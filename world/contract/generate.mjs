// Cuts the operations and webhooks in use out of GitHub's official OpenAPI description.
//
//   npm i --prefix /tmp/openapi @octokit/openapi@23
//   node world/contract/generate.mjs /tmp/openapi/node_modules/@octokit/openapi
//
// The description is 385 MB, so it is not a dependency: what is in use is listed in operations.json and the cut
// is committed as operations.schema.json and webhooks.schema.json. Webhook schemas come from the installed
// development dependency @octokit/openapi-webhooks. Plain JavaScript, so that any Node can run it.
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const packageFolder = process.argv[2]
if (!packageFolder) {
  console.error('Usage: node world/contract/generate.mjs <folder of the @octokit/openapi package>')
  process.exit(2)
}
const webhookFolder = dirname(
  createRequire(import.meta.url).resolve('@octokit/openapi-webhooks/package.json'),
)
const wanted = readJson(join(here, 'operations.json'))

/** Where the description is known to be wrong: outdated and whole-file comments have null in these. */
const SENT_AS_NULL = {
  'pull-request-review-comment': ['line', 'original_line', 'position', 'original_position'],
}

/** The state of a deployment that its environment holds back, which GitHub sends and this schema leaves out. */
const STATES_LACK = { 'deployment-status': 'waiting' }

/** Webhooks show an App's events, whose list leaves out one that has a webhook of its own. */
const EVENT_LISTS_LACK = 'deployment_protection_rule'

/**
 * Another known fault: this list spells its items out, with an account that is a user and an enterprise at once, which
 * no account is. GitHub answers with what the single installation's schema says.
 */
const LISTS_OF = { 'GET /app/installations': 'installation' }

/** Keywords that say nothing about which documents are valid. */
const PROSE = new Set([
  'title',
  'description',
  'example',
  'examples',
  'default',
  'externalDocs',
  'deprecated',
  'readOnly',
  'writeOnly',
  'discriminator',
  'xml',
  'nullable',
  '$comment',
])
const SCHEMA_MAPS = ['properties', 'patternProperties', '$defs']
const SCHEMA_LISTS = ['allOf', 'anyOf', 'oneOf']
const SCHEMAS = ['items', 'additionalProperties', 'not', 'if', 'then', 'else', 'contains', 'propertyNames']

write('operations.schema.json', cutOperations(readDescription(packageFolder)))
write('webhooks.schema.json', cutWebhooks(readDescription(webhookFolder)))

function cutOperations({ source, description }) {
  const cut = cutter(description)
  const operations = {}
  for (const name of [...wanted.operations].sort()) {
    const [method, path] = name.split(' ')
    const item = description.paths[path]
    const operation = item?.[method.toLowerCase()]
    if (!operation) throw new Error(`operations.json lists "${name}", which the description does not have`)
    const parameters = [...(item.parameters ?? []), ...(operation.parameters ?? [])].map((p) =>
      cut.resolve(p),
    )
    const entry = { path: {}, query: {}, required: [] }
    for (const parameter of parameters) {
      if (parameter.in !== 'path' && parameter.in !== 'query') continue
      entry[parameter.in][parameter.name] = cut.schema(parameter.schema ?? {})
      if (parameter.in === 'query' && parameter.required) entry.required.push(parameter.name)
    }
    const body = operation.requestBody && cut.resolve(operation.requestBody)
    if (body) {
      entry.body = cut.schema(jsonOf(body.content) ?? {})
      entry.bodyRequired = body.required === true
    }
    entry.responses = {}
    for (const [status, response] of Object.entries(operation.responses)) {
      const content = cut.resolve(response).content
      // null: this answer has no JSON body.
      entry.responses[status] = content && jsonOf(content) ? cut.schema(jsonOf(content)) : null
    }
    const listed = LISTS_OF[name]
    if (listed)
      entry.responses['200'] = cut.schema({
        type: 'array',
        items: { $ref: `#/components/schemas/${listed}` },
      })
    operations[name] = entry
  }
  return { $comment: source, operations, $defs: cut.defs }
}

function cutWebhooks({ source, description }) {
  const cut = cutter(description)
  const webhooks = {}
  const used = new Set()
  for (const { post } of Object.values(description.webhooks)) {
    const name = post.operationId
      .split('/')
      .map((part) => part.replaceAll('-', '_'))
      .join('.')
    const pattern = wanted.webhooks.find(
      (p) => p === name || (p.endsWith('.*') && name.startsWith(p.slice(0, -1))),
    )
    if (!pattern) continue
    used.add(pattern)
    webhooks[name] = cut.schema(jsonOf(post.requestBody.content))
  }
  const unknown = wanted.webhooks.filter((pattern) => !used.has(pattern))
  if (unknown.length > 0) throw new Error(`operations.json lists unknown webhooks: ${unknown.join(', ')}`)
  return { $comment: source, webhooks, $defs: cut.defs }
}

/** Rewrites schemas to JSON Schema and collects every component they reach in `defs`, once each. */
function cutter(description) {
  const defs = {}

  function resolve(node) {
    if (!node.$ref) return node
    const target = node.$ref
      .slice(2)
      .split('/')
      .reduce((at, key) => at?.[unescapePointer(key)], description)
    if (!target) throw new Error(`dangling reference ${node.$ref}`)
    return resolve(target)
  }

  function schema(node) {
    if (typeof node !== 'object' || node === null) return node
    if (node.$ref) {
      const name = node.$ref.split('/').at(-1)
      if (!(name in defs)) {
        defs[name] = null // reserved first: schemas may be recursive
        defs[name] = schema(resolve(node))
        for (const key of SENT_AS_NULL[name] ?? [])
          defs[name].properties[key] = nullable(defs[name].properties[key])
        const { state } = defs[name].properties ?? {}
        if (STATES_LACK[name]) state.enum = [...state.enum, STATES_LACK[name]]
      }
      const reference = { $ref: `#/$defs/${name}` }
      return node.nullable ? { anyOf: [reference, { type: 'null' }] } : reference
    }
    const out = {}
    for (const [key, value] of Object.entries(node)) {
      if (PROSE.has(key) || key.startsWith('x-')) continue
      if (SCHEMA_MAPS.includes(key)) {
        out[key] = Object.fromEntries(Object.entries(value).map(([name, child]) => [name, schema(child)]))
      } else if (SCHEMA_LISTS.includes(key)) {
        // The description says oneOf where several alternatives overlap; what it means is "any of these".
        out[key === 'oneOf' ? 'anyOf' : key] = value.map(schema)
      } else if (SCHEMAS.includes(key)) out[key] = schema(value)
      else out[key] = value
    }
    if (out.enum?.includes('deployment_review') && out.enum.includes('workflow_run'))
      out.enum = [...out.enum, EVENT_LISTS_LACK]
    if (node.oneOf && node.anyOf) out.allOf = [...(out.allOf ?? []), { anyOf: node.oneOf.map(schema) }]
    return node.nullable ? nullable(out) : out
  }

  return { defs, resolve, schema }
}

/** OpenAPI 3.0 `nullable`: ajv honours it only next to `type`, so both spellings become plain JSON Schema. */
function nullable(schema) {
  if (typeof schema.type !== 'string') return { anyOf: [schema, { type: 'null' }] }
  const out = { ...schema, type: [schema.type, 'null'] }
  if (out.enum && !out.enum.includes(null)) out.enum = [...out.enum, null]
  return out
}

function jsonOf(content = {}) {
  const type =
    Object.keys(content).find((t) => t.startsWith('application/json')) ??
    Object.keys(content).find((t) => t.endsWith('+json'))
  return type && content[type].schema
}

function readDescription(folder) {
  const { name, version } = readJson(join(folder, 'package.json'))
  return {
    source: `${name}@${version}`,
    description: readJson(join(folder, 'generated/api.github.com.json')),
  }
}

function readJson(file) {
  return JSON.parse(readFileSync(file, 'utf8'))
}

function unescapePointer(key) {
  return key.replaceAll('~1', '/').replaceAll('~0', '~')
}

/** One definition or operation a line: small, and a diff shows what changed. */
function write(file, content) {
  const sections = Object.entries(content).map(([section, value]) => {
    if (typeof value === 'string') return `${JSON.stringify(section)}: ${JSON.stringify(value)}`
    const lines = Object.keys(value)
      .sort()
      .map((key) => `${JSON.stringify(key)}: ${JSON.stringify(value[key])}`)
    return `${JSON.stringify(section)}: {\n${lines.join(',\n')}\n}`
  })
  const text = `{\n${sections.join(',\n')}\n}\n`
  writeFileSync(join(here, file), text)
  console.log(
    `${file}: ${(text.length / 1e6).toFixed(2)} MB, ${Object.keys(content.$defs).length} shared definitions`,
  )
}
