/** Go: packages of the standard library, of the module's own tree, and of the modules that go.mod requires. */
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
} from '../language.ts'
import { nearest } from '../nearest.ts'
import type { World } from '../world.ts'

/** First parts of the standard library's paths; every other path begins with a host. */
const standard = new Set(
  'archive arena bufio builtin bytes C cmp compress container context crypto database debug embed encoding errors expvar flag fmt go hash html image index internal io iter log maps math mime net os path plugin reflect regexp runtime slices sort strconv strings structs sync syscall testing text time unicode unique unsafe weak cmd vendor'.split(
    ' ',
  ),
)
const builtins = new Set(
  'append cap clear close complex copy delete imag len make max min new panic print println real recover bool byte complex64 complex128 error float32 float64 int int8 int16 int32 int64 rune string uint uint8 uint16 uint32 uint64 uintptr any'.split(
    ' ',
  ),
)

export const go: Language = {
  id: 'Go',
  grammars: { go: 'go' },
  scan(root) {
    const specs = nodesOf(root, 'import_spec')
    return {
      imports: specs.flatMap((node) => {
        const specifier = literal(node.childForFieldName('path'))
        return specifier === null ? [] : [{ line: lineOf(node), specifier, names: [] }]
      }),
      calls: nodesOf(root, 'call_expression').flatMap((node: Node) => {
        const callee = node.childForFieldName('function')
        return callee?.type === 'identifier' ? [{ line: lineOf(callee), name: callee.text }] : []
      }),
      names: countNames(root, ['identifier', 'type_identifier', 'package_identifier']),
      open: specs.some((node) => node.childForFieldName('name')?.type === 'dot'),
    }
  },
  resolve,
  builtin: (name) => builtins.has(name),
}

function resolve(one: Import, path: string, world: World): Resolution {
  const { specifier } = one
  const first = specifier.split('/')[0] ?? ''
  if (specifier.startsWith('.')) return found
  const modules = world.once('go:modules', () => modulesOf(world))
  for (const { folder, name } of modules) {
    if (specifier !== name && !specifier.startsWith(`${name}/`)) continue
    const target = posix.join(folder, specifier.slice(name.length).replace(/^\//, ''))
    const own = [...world.paths].some(
      (file) => file.endsWith('.go') && posix.dirname(file) === (target || '.'),
    )
    if (own || world.madeByTools(`${target}/x.go`)) return found
    const folders = [...world.paths].filter((file) => file.endsWith('.go')).map((file) => posix.dirname(file))
    return missing(
      'import',
      `The module ${name} has no package at ${target}.`,
      nearest(target, new Set(folders)),
    )
  }
  if (standard.has(first)) return found
  if (!first.includes('.'))
    return missing(
      'import',
      `${specifier} is no package of the standard library or of this module.`,
      nearest(first, standard),
    )
  const files = world.above(path, /^go\.(?:mod|work)$/)
  if (files.length === 0) return found
  const required = files
    .flatMap(({ text }) => text.match(/[\w.-]+\.[\w.-]+\/[^\s"]+|^\s*[\w-]+\.[\w.-]+\s+v/gm) ?? [])
    .map((text) => text.trim().replace(/\s+v$/, ''))
  if (required.some((name) => specifier === name || specifier.startsWith(`${name}/`))) return found
  return missing('import', `No module that go.mod requires holds ${specifier}.`, nearest(specifier, required))
}

function modulesOf(world: World): { folder: string; name: string }[] {
  return (
    [...world.manifests]
      .filter(([path]) => posix.basename(path) === 'go.mod')
      .flatMap(([path, text]) => {
        const name = /^module\s+"?([^\s"]+)/m.exec(text)?.[1]
        return name ? [{ folder: posix.dirname(path) === '.' ? '' : posix.dirname(path), name }] : []
      })
      // The longest name first: a module may live inside another.
      .sort((a, b) => b.name.length - a.name.length)
  )
}
