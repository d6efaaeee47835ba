/** The arrows of the architecture as a table, and the scan that finds imports and impurities breaking it. */
import { dirname, join, relative } from 'node:path'
import { parseSync, Visitor } from 'oxc-parser'

const domains = ['delegation', 'pipeline', 'gates', 'approvals', 'enforcement', 'fix', 'rollout'] as const

interface Layer {
  /** Layers of src that may be imported, besides the layer itself. */
  readonly layers: readonly string[]
  /** Packages and node: modules that may be imported; `any` for the edge of the system. */
  readonly packages: readonly string[] | 'any'
  /** No clock, no randomness, no promises, no environment: the same input gives the same output for ever. */
  readonly pure: boolean
}

/** A domain is pure rules over the glossary; two domains meet in subjects and nowhere else. */
const domain: Layer = { layers: ['core'], packages: ['zod', 'node:crypto'], pure: true }

/** A layer is a folder of src, or a file directly in src. Reads: <layer> may import <layers> and <packages>. */
export const layers: Readonly<Record<string, Layer>> = {
  // Hashing and matching of globs compute and do nothing else, so the glossary may use them.
  core: { layers: [], packages: ['zod', 'node:crypto', 'picomatch'], pure: true },
  delegation: domain,
  pipeline: domain,
  gates: domain,
  approvals: domain,
  enforcement: domain,
  fix: domain,
  rollout: domain,
  policy: { layers: ['core', ...domains], packages: ['zod', 'yaml', 'picomatch'], pure: true },
  subjects: { layers: ['core', 'policy', ...domains], packages: ['zod'], pure: true },
  observe: { layers: ['core', 'policy', ...domains], packages: ['zod'], pure: false },
  act: { layers: ['core', 'policy'], packages: ['zod'], pure: false },
  work: { layers: ['core', 'policy', ...domains], packages: ['zod'], pure: false },
  reconcile: { layers: ['core', 'policy', 'subjects', 'observe', 'act'], packages: ['zod'], pure: false },
  intake: { layers: ['core'], packages: ['zod'], pure: true },
  app: { layers: ['core', 'intake'], packages: [], pure: false },
  sweep: { layers: ['core'], packages: ['zod'], pure: false },
  audit: { layers: ['core', 'policy', 'observe', 'enforcement'], packages: [], pure: false },
  insight: domain,
  web: {
    layers: ['core', 'policy', 'subjects', 'enforcement', 'rollout', 'pipeline', 'insight'],
    packages: ['zod', 'hono', 'jose', 'node:crypto'],
    pure: false,
  },
  adapters: { layers: ['core'], packages: 'any', pure: false },
  environment: { layers: [], packages: ['zod', 'node:fs'], pure: false },
  connect: { layers: ['*'], packages: 'any', pure: false },
  main: { layers: ['*'], packages: 'any', pure: false },
  cli: { layers: ['*'], packages: 'any', pure: false },
}

/** Only main and cli know who the operator is and what was configured. */
const readsEnvironment = new Set(['main', 'cli'])

/** `src/gates/scope.ts` is in the layer gates, `src/main.ts` in main; undefined outside src. */
export function layerOf(path: string): string | undefined {
  return /^src\/([^/]+?)(?:\.ts)?(?:\/|$)/.exec(path)?.[1]
}

/**
 * The broken rules of one file, each as a sentence.
 * `path` is relative to the repository and uses forward slashes; `source` is its TypeScript text.
 */
export function brokenArrows(path: string, source: string): string[] {
  const name = layerOf(path)
  const layer = name === undefined ? undefined : layers[name]
  if (name === undefined || layer === undefined) {
    return [
      `${path}: src/${name} is no layer of the design; put the file into one, or add the layer to test/project/arrows.ts`,
    ]
  }
  const { imports, impurities, readsProcessEnv } = scan(path, source)
  const broken = imports.flatMap((specifier) => {
    const reason = refusal(path, name, layer, specifier)
    return reason ? [`${path} imports '${specifier}': ${reason}`] : []
  })
  if (layer.pure)
    broken.push(
      ...impurities.map(
        (use) =>
          `${path} uses ${use}: ${name} is pure; take it from the snapshot, or do it in observe, act or work`,
      ),
    )
  if (readsProcessEnv && !readsEnvironment.has(name)) {
    broken.push(`${path} reads process.env: only src/main.ts and src/cli do; take the value as a parameter`)
  }
  return broken
}

function refusal(path: string, name: string, layer: Layer, specifier: string): string | undefined {
  if (!specifier.startsWith('.')) {
    const wanted = specifier.startsWith('node:') ? specifier : packageOf(specifier)
    if (layer.packages === 'any' || layer.packages.includes(wanted)) return undefined
    return `${name} may use only ${layer.packages.join(', ')}; put the rest behind a port of src/core and an adapter`
  }
  const target = relative('.', join(dirname(path), specifier))
  const targetLayer = layerOf(target)
  if (targetLayer === undefined) return 'nothing in src may know world, demo, test, bench or scripts'
  if (targetLayer === name || layer.layers.includes(targetLayer) || layer.layers[0] === '*') return undefined
  return `${name} may import only ${layer.layers.join(', ') || 'itself'}, not ${targetLayer}`
}

/** `@scope/name/deep` gives `@scope/name`; `name/deep` gives `name`. */
function packageOf(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
}

interface Scan {
  imports: string[]
  impurities: string[]
  readsProcessEnv: boolean
}

function scan(path: string, source: string): Scan {
  const { program, errors } = parseSync(path, source)
  if (errors[0]) throw new Error(`${path} does not parse: ${errors[0].message}`)
  const found: Scan = { imports: [], impurities: [], readsProcessEnv: false }
  const imported = (from: { value: unknown } | null) => {
    if (typeof from?.value === 'string') found.imports.push(from.value)
  }
  const asynchronous = (node: { async: boolean }) => {
    if (node.async) found.impurities.push('async')
  }
  new Visitor({
    ImportDeclaration: (node) => imported(node.source),
    ExportNamedDeclaration: (node) => imported(node.source),
    ExportAllDeclaration: (node) => imported(node.source),
    TSImportType: (node) => imported(node.source),
    ImportExpression: (node) =>
      imported(node.source.type === 'Literal' ? node.source : { value: '(computed)' }),
    FunctionDeclaration: asynchronous,
    FunctionExpression: asynchronous,
    ArrowFunctionExpression: asynchronous,
    AwaitExpression: () => found.impurities.push('await'),
    CallExpression: ({ callee }) => {
      if (callee.type === 'Identifier' && impureFunctions.has(callee.name))
        found.impurities.push(`${callee.name}()`)
    },
    NewExpression: ({ callee, arguments: given }) => {
      if (callee.type !== 'Identifier') return
      if (callee.name === 'Date' && given.length === 0) found.impurities.push('new Date()')
      if (callee.name === 'Promise') found.impurities.push('new Promise()')
    },
    MemberExpression: (node) => {
      if (node.object.type !== 'Identifier') return
      const member =
        node.property.type === 'Identifier' && !node.computed
          ? node.property.name
          : literalText(node.property)
      const use = `${node.object.name}.${member}`
      if (use === 'process.env') found.readsProcessEnv = true
      if (impureMembers.has(use) || node.object.name === 'Promise' || node.object.name === 'process')
        found.impurities.push(use)
    },
  }).visit(program)
  return found
}

const literalText = (node: object): string => ('value' in node ? String(node.value) : '(computed)')
const impureFunctions = new Set([
  'Date',
  'fetch',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'queueMicrotask',
])
const impureMembers = new Set([
  'Date.now',
  'Math.random',
  'performance.now',
  'crypto.randomUUID',
  'crypto.getRandomValues',
  'console.log',
  'console.error',
])
