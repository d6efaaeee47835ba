/** TypeScript and JavaScript: relative files, packages of the manifest and lockfile, aliases, and named exports. */
import { builtinModules } from 'node:module'
import { posix } from 'node:path'
import type { Node } from '@vscode/tree-sitter-wasm'
import {
  countNames,
  found,
  type Import,
  type Language,
  lineOf,
  literal,
  missing,
  nodesOf,
  type Resolution,
  type Scan,
} from '../language.ts'
import { nearest } from '../nearest.ts'
import { type World, within } from '../world.ts'
import { exportsOf } from './typescriptExports.ts'
import { dependenciesFor, tsAliases } from './typescriptManifest.ts'

const endings = [
  '',
  '.ts',
  '.tsx',
  '.d.ts',
  '.js',
  '.jsx',
  '.mjs',
  '.cjs',
  '.mts',
  '.cts',
  '.json',
  '.vue',
  '.svelte',
  '.astro',
  '.node',
  '.wasm',
]
const builtins = new Set(builtinModules)
/** Modules that builders and other runtimes provide under a scheme of theirs, or aliases known by custom only. */
const schemes = /^(?:[a-z][a-z0-9+.-]*:|[~#$@]\/|[~#$]|virtual-|\/)/

/** Globals of browsers, workers, bundlers and test runners, beside those of the running Node. */
const globals = new Set([
  ...Object.getOwnPropertyNames(globalThis),
  ...'require module exports alert confirm prompt requestAnimationFrame cancelAnimationFrame requestIdleCallback cancelIdleCallback getComputedStyle matchMedia open close print postMessage importScripts getSelection scroll scrollTo scrollBy addEventListener removeEventListener dispatchEvent Image Audio Option XMLHttpRequest Worker SharedWorker MutationObserver IntersectionObserver ResizeObserver FileReader Notification indexedDB createImageBitmap reportError skipWaiting describe it test expect beforeAll beforeEach afterAll afterEach before after suite specify context setup teardown xit xdescribe xtest fit fdescribe fail pending spyOn jest vi cy Cypress assert chai sinon $ jQuery define __webpack_require__ acquireVsCodeApi defineProps defineEmits defineExpose defineModel defineOptions defineSlots withDefaults $state $derived $effect $props $bindable $inspect super import eval'.split(
    ' ',
  ),
])

export const typescript: Language = {
  id: 'TypeScript and JavaScript',
  grammars: {
    ts: 'typescript',
    mts: 'typescript',
    cts: 'typescript',
    tsx: 'tsx',
    js: 'tsx',
    jsx: 'tsx',
    mjs: 'tsx',
    cjs: 'tsx',
  },
  scan,
  resolve,
  exports: (root, _text, path) => exportsOf(root, path),
  builtin: (name) => globals.has(name),
}

function scan(root: Node): Scan {
  const imports: Import[] = []
  for (const node of nodesOf(root, 'import_statement', 'export_statement', 'import_require_clause')) {
    const specifier = literal(node.childForFieldName('source'))
    if (specifier !== null) imports.push({ line: lineOf(node), specifier, names: namesTaken(node) })
  }
  const calls = []
  for (const node of nodesOf(root, 'call_expression')) {
    const callee = node.childForFieldName('function')
    const first = node.childForFieldName('arguments')?.namedChildren[0]
    const asked = callee?.type === 'import' || (callee?.type === 'identifier' && callee.text === 'require')
    // A require or import() inside a try may fail on purpose.
    if (asked && first?.type === 'string' && !inside(node, 'try_statement')) {
      const specifier = literal(first)
      if (specifier !== null) imports.push({ line: lineOf(node), specifier, names: [] })
    } else if (callee?.type === 'identifier') calls.push({ line: lineOf(callee), name: callee.text })
  }
  const names = countNames(root, [
    'identifier',
    'type_identifier',
    'shorthand_property_identifier',
    'shorthand_property_identifier_pattern',
  ])
  return { imports, calls, names, open: nodesOf(root, 'with_statement').length > 0 }
}

function inside(node: Node, type: string): boolean {
  for (let at = node.parent; at; at = at.parent) if (at.type === type) return true
  return false
}

/** `{ a, b as c }` takes a and b; a default import takes `default`; `* as n` takes nothing in particular. */
function namesTaken(node: Node): string[] {
  const names = nodesOf(node, 'import_specifier', 'export_specifier').flatMap((one) => {
    const name = one.childForFieldName('name')
    return name && name.type === 'identifier' ? [name.text] : []
  })
  const clause = node.namedChildren.find((child) => child?.type === 'import_clause')
  const byDefault = clause?.namedChildren.some((child) => child?.type === 'identifier')
  return byDefault ? [...names, 'default'] : names
}

function resolve(one: Import, path: string, world: World): Resolution {
  const specifier = one.specifier.replace(/[?#].*$/, '')
  if (specifier === '' || specifier.includes('!') || specifier.includes('*')) return found
  if (/^\.{1,2}(?:\/|$)/.test(specifier)) return resolveFile(specifier, posix.dirname(path), world)
  if (specifier.startsWith('node:')) {
    const name = specifier.slice(5)
    if (builtins.has(name) || builtins.has(specifier)) return found
    return missing('import', `Node has no module ${specifier}.`, nearest(name, builtins))
  }
  if (builtins.has(specifier)) return found
  const aliases = tsAliases(path, world)
  for (const { prefix, suffix, star, targets } of aliases.paths) {
    const fits = star ? specifier.length >= prefix.length + suffix.length : specifier === prefix
    if (!fits || !specifier.startsWith(prefix) || !specifier.endsWith(suffix)) continue
    const middle = specifier.slice(prefix.length, specifier.length - suffix.length)
    const files = targets.map((target) => target.replace('*', middle))
    const hit = files.map((file) => fileOf(file, world)).find((file) => file !== null)
    if (hit) return { ok: true, target: hit }
    if (prefix === '' || files.some((file) => world.madeByTools(`${file}/x`))) continue
    return missing('import', `No file of the repository is at ${files[0]}.`, nearFiles(files[0] ?? '', world))
  }
  for (const base of aliases.bases) {
    const hit = fileOf(posix.join(base, specifier), world)
    if (hit) return { ok: true, target: hit }
  }
  if (schemes.test(specifier)) return found
  return resolvePackage(specifier, path, world)
}

function resolvePackage(specifier: string, path: string, world: World): Resolution {
  const name = specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
  const known = dependenciesFor(path, world)
  if (known === null || known.names.has(name) || known.lockfiles.some((text) => inLockfile(text, name)))
    return found
  const types = `@types/${name.startsWith('@') ? name.slice(1).replace('/', '__') : name}`
  if (known.names.has(types) || world.folders.has(name) || name === 'bun' || name === 'vscode') return found
  return missing(
    'import',
    `The package ${name} is in no package.json above this file and in no lockfile.`,
    nearest(name, known.names),
  )
}

/** Whether a lockfile of npm, pnpm, yarn or Bun holds a package. */
export function inLockfile(text: string, name: string): boolean {
  return [
    `node_modules/${name}"`,
    `/${name}@`,
    `/${name}/`,
    `"${name}@`,
    `\n${name}@`,
    `'${name}@`,
    `"${name}":`,
    ` ${name}@`,
    ` ${name}:`,
    `'${name}':`,
  ].some((form) => text.includes(form))
}

function resolveFile(specifier: string, folder: string, world: World): Resolution {
  const target = within(folder, specifier)
  if (target === null) return found
  const hit = fileOf(target, world)
  if (hit !== null) return { ok: true, target: hit }
  if (world.madeByTools(target) || world.madeByTools(`${target}/x`)) return found
  if (world.folders.has(target)) return found
  return missing('import', `No file of the repository is at ${target}.`, nearFiles(target, world))
}

/** The file that a path without or with another ending stands for: `x.js` may be `x.ts`, `x` may be `x/index.ts`. */
function fileOf(given: string, world: World): string | null {
  const target = posix.normalize(given)
  const swapped = target.replace(/\.(m|c)?jsx?$/, '')
  const stems = swapped === target ? [target] : [target, swapped]
  for (const stem of stems) {
    for (const ending of endings) if (world.paths.has(`${stem}${ending}`)) return `${stem}${ending}`
    for (const ending of endings.slice(1))
      if (world.paths.has(posix.join(stem, `index${ending}`))) return posix.join(stem, `index${ending}`)
    for (const platform of ['.native', '.ios', '.android', '.web'])
      for (const ending of ['.ts', '.tsx', '.js', '.jsx'])
        if (world.paths.has(`${stem}${platform}${ending}`)) return `${stem}${platform}${ending}`
  }
  if (world.paths.has(posix.join(target, 'package.json'))) return posix.join(target, 'package.json')
  return null
}

function nearFiles(target: string, world: World): string[] {
  const wanted = posix.basename(target).replace(/\.[^.]*$/, '')
  const same = [...world.named].flatMap(([name, paths]) =>
    name.replace(/\..*$/, '') === wanted ? paths : [],
  )
  return same.length > 0 ? same.slice(0, 3) : nearest(target, world.paths)
}
