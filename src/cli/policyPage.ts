/** The text of docs/policy.md and docs/policy.schema.json, made from the schema that judges (a test holds that they are current). */
import { policyJsonSchema } from '../policy/schema.ts'

interface Node {
  type?: string
  const?: unknown
  enum?: unknown[]
  default?: unknown
  description?: string
  properties?: Record<string, Node>
  additionalProperties?: Node | boolean
  required?: string[]
  items?: Node
  anyOf?: Node[]
  minimum?: number
  maximum?: number
  maxItems?: number
}

const intro = `# Policy

\`.github/countersign.yml\` at the tip of the base branch (S14). An empty file, or none, is a working policy. The file in
the organisation's \`.github\` repository holds what all repositories share: a repository's own keys win over it, except
under \`floor:\`, which holds for that repository too. A broken file fails every check, with an annotation on the line.

\`npm run countersign -- check owner/repo\` shows what is in force for a repository, each value with the line that it
comes from: the repository's file, the organisation's, its floor, or a default. It reads GitHub as the App does, with
\`GITHUB_TOKEN\`, or with \`APP_ID\` and \`PRIVATE_KEY\`; \`owner/repo@branch\` asks for pull requests into another branch.
The exit code is 1 while a file is broken, and 2 when it cannot be read.

For completion in an editor, put this in the first line of the file:

\`\`\`yaml
# yaml-language-server: $schema=https://raw.githubusercontent.com/countersign/countersign/main/docs/policy.schema.json
\`\`\`

This page is made from the schema: run \`npm run docs:policy\` after a change.
`

/** docs/policy.md. */
export function policyPage(): string {
  const root = policyJsonSchema() as Node
  const sections = Object.entries(root.properties ?? {}).map(([name, node]) => {
    const rows = rowsOf(name, node)
    const table = ['| key | value | default | meaning |', '|---|---|---|---|', ...rows.map(rowText)]
    return [`## ${name}`, '', ...table, ''].join('\n')
  })
  return [intro, ...sections].join('\n')
}

/** docs/policy.schema.json, for editors. */
export function policySchemaText(): string {
  return `${JSON.stringify(policyJsonSchema(), null, 2)}\n`
}

interface Row {
  path: string
  value: string
  default: unknown
  meaning: string
}

/** A mapping gives a row for itself when it says something, and one for each key below it. */
function rowsOf(path: string, node: Node): Row[] {
  const own: Row = { path, value: formOf(node), default: node.default, meaning: node.description ?? '' }
  const mapping = node.properties ? node : node.anyOf?.find((one) => one.properties)
  if (mapping?.properties) {
    const below = Object.entries(mapping.properties).flatMap(([name, one]) => rowsOf(`${path}.${name}`, one))
    return own.meaning === '' && node.properties ? below : [own, ...below]
  }
  if (typeof node.additionalProperties === 'object')
    return [own, ...rowsOf(`${path}.<name>`, node.additionalProperties)]
  if (node.items?.properties)
    return [
      own,
      ...Object.entries(node.items.properties).flatMap(([name, one]) => rowsOf(`${path}[].${name}`, one)),
    ]
  return [own]
}

function formOf(node: Node): string {
  if (node.const !== undefined) return `\`${JSON.stringify(node.const)}\``
  if (node.enum) return node.enum.map((one) => `\`${String(one)}\``).join(', ')
  if (node.anyOf) return [...new Set(node.anyOf.map(formOf))].join(' or ')
  if (node.type === 'array') return `a list of ${node.items ? formOf(node.items) : 'anything'}`
  if (node.type === 'object' || node.properties) return 'a mapping'
  if (node.type === 'boolean') return '`true` or `false`'
  if (node.type === 'integer' || node.type === 'number') return `a number${range(node)}`
  return node.type === 'string' ? 'text' : (node.type ?? 'anything')
}

/** Bounds that a person would meet; the largest safe integer is none of them. */
function range({ minimum, maximum }: Node): string {
  const most = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER ? maximum : undefined
  const least = minimum !== undefined && minimum > Number.MIN_SAFE_INTEGER ? minimum : undefined
  if (least !== undefined && most !== undefined) return `, ${least} to ${most}`
  if (most !== undefined) return `, at most ${most}`
  return least === undefined ? '' : `, at least ${least}`
}

/** Mappings and empty lists have no default worth showing; a bar would end the cell. */
function rowText({ path, value, default: given, meaning }: Row): string {
  const plain = given === undefined || (typeof given === 'object' && JSON.stringify(given).length <= 2)
  const cells = [`\`${path}\``, value, plain ? '' : `\`${JSON.stringify(given)}\``, meaning]
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replace(/\s+/g, ' ')).join(' | ')} |`
}
