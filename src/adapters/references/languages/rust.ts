/** Rust: crates of Cargo.toml, modules of the tree, and files that `mod x;` stands for. */
import { posix } from 'node:path'
import { parse as parsePath } from 'node:path/posix'
import type { Node } from '@vscode/tree-sitter-wasm'
import {
  countNames,
  found,
  type Import,
  type Language,
  lineOf,
  missing,
  nodesOf,
  type Resolution,
} from '../language.ts'
import { nearest } from '../nearest.ts'
import type { World } from '../world.ts'

const given = new Set(['std', 'core', 'alloc', 'proc_macro', 'test', 'crate', 'self', 'super', 'Self'])
const builtins = new Set(['Some', 'Ok', 'Err', 'Box', 'drop', 'Vec', 'String'])

export const rust: Language = {
  id: 'Rust',
  grammars: { rs: 'rust' },
  scan(root) {
    const uses = nodesOf(root, 'use_declaration')
    const declared = declaredNames(root, uses)
    const imports: Import[] = uses.flatMap((node) => {
      const first = /^(?:r#)?(\w+)/.exec(
        node.childForFieldName('argument')?.text.replace(/^::/, '') ?? '',
      )?.[1]
      const plain = first !== undefined && /^[a-z]/.test(first) && !declared.has(first)
      return plain && !isConditional(node)
        ? [{ line: lineOf(node), specifier: first, names: [], form: 'use' }]
        : []
    })
    for (const node of nodesOf(root, 'mod_item')) {
      const name = node.childForFieldName('name')?.text
      if (
        name &&
        !node.childForFieldName('body') &&
        !isConditional(node) &&
        node.parent?.type === 'source_file'
      )
        imports.push({ line: lineOf(node), specifier: name, names: [], form: 'mod' })
    }
    return {
      imports,
      calls: nodesOf(root, 'call_expression').flatMap((node) => {
        const callee = node.childForFieldName('function')
        return callee?.type === 'identifier' && /^[a-z_]/.test(callee.text)
          ? [{ line: lineOf(callee), name: callee.text }]
          : []
      }),
      names: countNames(root, ['identifier', 'type_identifier']),
      // Glob imports and macros bring names that stand nowhere.
      open: nodesOf(root, 'use_wildcard', 'macro_definition').length > 0,
    }
  },
  resolve,
  builtin: (name) => builtins.has(name),
}

function declaredNames(root: Node, uses: Node[]): Set<string> {
  const names = nodesOf(root, 'mod_item', 'extern_crate_declaration').map(
    (node) => (node.childForFieldName('alias') ?? node.childForFieldName('name'))?.text ?? '',
  )
  for (const node of uses)
    for (const word of node.text.match(/\w+(?=\s*(?:[,;}]|$))/g) ?? []) names.push(word)
  return new Set(names)
}

/** `#[cfg(...)]` and `#[path]` change what is read. */
function isConditional(node: Node): boolean {
  for (let at = node.previousNamedSibling; at?.type === 'attribute_item'; at = at.previousNamedSibling)
    if (/cfg|path/.test(at.text)) return true
  return false
}

function resolve(one: Import, path: string, world: World): Resolution {
  const name = one.specifier
  const { dir, name: stem } = parsePath(path)
  if (one.form === 'mod') {
    const folder =
      ['mod', 'lib', 'main', 'build'].includes(stem) || world.paths.has(posix.join(dir, `${name}.rs`))
        ? dir
        : posix.join(dir, stem)
    const files = [dir, folder].flatMap((at) => [
      posix.join(at, `${name}.rs`),
      posix.join(at, name, 'mod.rs'),
    ])
    if (files.some((file) => world.paths.has(file)) || files.some((file) => world.madeByTools(file)))
      return found
    // Roots of binaries, examples and tests are found beside themselves; others below a folder of their name.
    return missing(
      'import',
      `There is no ${files.at(-2)} and no ${files.at(-1)} for this module.`,
      nearest(files.at(-2) ?? '', world.paths),
    )
  }
  if (given.has(name)) return found
  const manifests = world.above(path, /^Cargo\.toml$/)
  if (manifests.length === 0) return found
  const all = [...world.manifests]
    .filter(([file]) => posix.basename(file) === 'Cargo.toml')
    .map(([, text]) => text)
  const crates = world.once(
    'rust:crates',
    () =>
      new Set(
        all.flatMap((text) =>
          (text.match(/[A-Za-z_][\w-]*/g) ?? []).map((word) => word.replaceAll('-', '_')),
        ),
      ),
  )
  if (crates.has(name)) return found
  // Since 2018 a path may begin with anything in scope: a module beside this file, or one that the root declares.
  const beside = [
    posix.join(dir, `${name}.rs`),
    posix.join(dir, name),
    posix.join(dir, stem, `${name}.rs`),
    posix.join(dir, stem, name),
  ]
  if (beside.some((file) => world.paths.has(file) || world.folders.has(file))) return found
  return missing(
    'import',
    `${name} is no crate of Cargo.toml and no module beside this file.`,
    nearest(name, crates),
  )
}
