/** PHP: classes below the prefixes that composer.json loads, prefixes of composer.lock, and required files. */
import { posix } from 'node:path'
import { z } from 'zod'
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
import { type World, within } from '../world.ts'

const prefixes = z
  .record(z.string(), z.union([z.string().transform((one) => [one]), z.array(z.string())]))
  .catch({})
const Autoload = z
  .object({
    'psr-4': prefixes.default({}),
    'psr-0': prefixes.default({}),
    classmap: z.array(z.string()).catch([]).default([]),
  })
  .partial()
const Composer = z.object({
  autoload: Autoload.catch({}).default({}),
  'autoload-dev': Autoload.catch({}).default({}),
})

export const php: Language = {
  id: 'PHP',
  grammars: { php: 'php' },
  scan(root) {
    const imports: Import[] = []
    for (const node of nodesOf(root, 'namespace_use_declaration')) {
      if (/^use\s+(?:function|const)\b/.test(node.text)) continue
      const group = node.namedChildren.find((child) => child?.type === 'namespace_name')?.text
      for (const clause of nodesOf(node, 'namespace_use_clause')) {
        const name = (clause.namedChildren[0]?.text ?? '').replace(/^\\/, '')
        imports.push({
          line: lineOf(clause),
          specifier: group ? `${group}\\${name}` : name,
          names: [],
          form: 'class',
        })
      }
    }
    for (const node of nodesOf(root, 'require_expression', 'require_once_expression')) {
      const [given] = node.namedChildren
      const right =
        given?.type === 'binary_expression' && given.childForFieldName('left')?.text === '__DIR__'
          ? given.childForFieldName('right')
          : null
      const specifier = literal(right)
      if (specifier) imports.push({ line: lineOf(node), specifier, names: [], form: 'file' })
    }
    return {
      imports,
      calls: nodesOf(root, 'function_call_expression').flatMap((node) => {
        const callee = node.childForFieldName('function')
        // PHP's own functions have no capitals inside their names; those of projects mostly do.
        return callee?.type === 'name' && /[a-z][A-Z]/.test(callee.text)
          ? [{ line: lineOf(callee), name: callee.text }]
          : []
      }),
      names: countNames(root, ['name']),
      open: false,
    }
  },
  resolve,
  builtin: () => false,
}

function resolve(one: Import, path: string, world: World): Resolution {
  if (one.form === 'file') {
    const target = within(posix.dirname(path), one.specifier.replace(/^\//, ''))
    if (target === null || world.paths.has(target) || world.madeByTools(target)) return found
    return missing(
      'import',
      `No file of the repository is at ${target}.`,
      world.named.get(posix.basename(target))?.slice(0, 3) ?? nearest(target, world.paths),
    )
  }
  if (!one.specifier.includes('\\')) return found
  const own = world.once('php:own', () => ownPrefixes(world))
  const fitting = own.filter(({ prefix }) => prefix !== '' && one.specifier.startsWith(prefix))
  for (const { prefix, folder } of fitting) {
    const target = posix.join(folder, one.specifier.slice(prefix.length).replaceAll('\\', '/'))
    if (world.paths.has(`${target}.php`) || world.folders.has(target) || world.madeByTools(`${target}.php`))
      return found
  }
  const locks = [...world.manifests]
    .filter(([file]) => posix.basename(file) === 'composer.lock')
    .map(([, text]) => text)
  const first = one.specifier.split('\\')[0] ?? ''
  const locked = locks.some((text) => text.includes(`"${first}\\\\`) || text.includes(`"${first}"`))
  if (fitting.length > 0) {
    // The class may stand in a file of another name, or a package may share the prefix.
    const base = one.specifier.split('\\').at(-1) ?? ''
    if (
      locked &&
      !locks.every((text) => !text.includes(`"${one.specifier.split('\\').slice(0, 2).join('\\\\')}\\\\`))
    )
      return found
    const classes = [...world.named.keys()]
      .filter((name) => name.endsWith('.php'))
      .map((name) => name.slice(0, -4))
    if (own.some(({ mapped }) => mapped)) return found
    return missing(
      'import',
      `composer.json loads ${fitting[0]?.prefix} from ${fitting[0]?.folder}, and there is no file for ${one.specifier}.`,
      nearest(base, classes),
    )
  }
  if (locks.length === 0 || locked) return found
  return missing(
    'import',
    `No prefix of composer.json and no package of composer.lock holds ${one.specifier}.`,
    [],
    false,
  )
}

interface Prefix {
  prefix: string
  folder: string
  /** True where a class map says more than prefixes do. */
  mapped: boolean
}

function ownPrefixes(world: World): Prefix[] {
  return [...world.manifests]
    .filter(([file]) => posix.basename(file) === 'composer.json')
    .flatMap(([file, text]) => {
      const parsed = Composer.safeParse(tryJson(text))
      if (!parsed.success) return []
      return [parsed.data.autoload, parsed.data['autoload-dev']].flatMap((autoload) =>
        Object.entries(autoload['psr-4'] ?? {}).flatMap(([prefix, folders]) =>
          folders.map((folder) => ({
            prefix,
            folder: posix.join(posix.dirname(file), folder),
            mapped: (autoload.classmap ?? []).length > 0 || Object.keys(autoload['psr-0'] ?? {}).length > 0,
          })),
        ),
      )
    })
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // A broken manifest loads nothing; composer itself will say so.
    return {}
  }
}
