/** Python: modules of the tree, of the standard library and of the declared distributions. */
import { posix } from 'node:path'
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
  type Scan,
} from '../language.ts'
import { nearest } from '../nearest.ts'
import type { World } from '../world.ts'
import { builtinFunctions, distributionOf, standardModules } from './pythonNames.ts'

export const python: Language = {
  id: 'Python',
  grammars: { py: 'python', pyi: 'python' },
  scan,
  resolve,
  exports: exportsOf,
  builtin: (name) => builtinFunctions.has(name),
}

function scan(root: Node): Scan {
  const imports: Import[] = []
  let open = false
  for (const node of nodesOf(root, 'import_statement', 'import_from_statement')) {
    if (isOptional(node)) continue
    const line = lineOf(node)
    const taken = node.childrenForFieldName('name').flatMap((name) => {
      const plain = name?.type === 'aliased_import' ? name.childForFieldName('name') : name
      return plain ? [plain.text] : []
    })
    if (node.type === 'import_statement') {
      for (const specifier of taken) imports.push({ line, specifier, names: [] })
      continue
    }
    open ||= node.namedChildren.some((child) => child?.type === 'wildcard_import')
    const specifier = node.childForFieldName('module_name')?.text ?? ''
    if (specifier !== '') imports.push({ line, specifier, names: taken })
  }
  const calls = nodesOf(root, 'call').flatMap((node) => {
    const callee = node.childForFieldName('function')
    return callee?.type === 'identifier' ? [{ line: lineOf(callee), name: callee.text }] : []
  })
  return { imports, calls, names: countNames(root, ['identifier']), open }
}

/** Inside try, if (versions, TYPE_CHECKING) or `except`: a module that may be missing on purpose. */
function isOptional(node: Node): boolean {
  for (let at = node.parent; at; at = at.parent)
    if (at.type === 'try_statement' || at.type === 'if_statement') return true
  return false
}

function resolve(one: Import, path: string, world: World): Resolution {
  const relative = /^(\.+)\s*(.*)$/.exec(one.specifier)
  if (relative) return resolveRelative(relative[1] ?? '', relative[2] ?? '', path, world)
  const parts = one.specifier.split('.')
  const [first = ''] = parts
  if (standardModules.has(first)) return found
  const target = moduleIn(parts, world)
  if (target !== null) return { ok: true, target }
  const declared = declaredText(world)
  if (isDeclared(one.specifier, declared)) return found
  if (world.madeByTools(`${parts.join('/')}.py`)) return found
  if (moduleIn([first], world) !== null || packageFolders(world).has(first)) {
    const parent = parts.length > 1 ? moduleIn(parts.slice(0, -1), world) : null
    // `import a.b` where b is a name inside a: only its text can tell, and it is read as a name of the module.
    if (parent !== null && !parent.endsWith('/')) return { ok: true, target: `${parent}#${parts.at(-1)}` }
    return missing('import', `The repository has no module ${one.specifier}.`, nearModules(parts, world))
  }
  if (declared === null) return found
  return missing(
    'import',
    `${first} is no module of the repository or the standard library and in no requirements, pyproject or lockfile.`,
    nearest(first, [...standardModules, ...declared.names]),
  )
}

function resolveRelative(dots: string, rest: string, path: string, world: World): Resolution {
  let folder = posix.dirname(path)
  for (let up = 1; up < dots.length; up++) folder = posix.dirname(folder)
  if (rest === '') {
    const init = posix.join(folder, '__init__.py')
    return world.paths.has(init) ? { ok: true, target: init } : found
  }
  const stem = posix.join(folder, ...rest.split('.'))
  for (const target of [`${stem}.py`, `${stem}/__init__.py`, `${stem}.pyi`, `${stem}.pyx`])
    if (world.paths.has(target)) return { ok: true, target }
  if (world.folders.has(stem) || world.madeByTools(`${stem}.py`)) return found
  // A compiled module has another ending.
  if (
    [...world.named.keys()].some(
      (name) => name.startsWith(`${posix.basename(stem)}.`) && /\.(?:so|c|cpp|rs|pyd)$/.test(name),
    )
  )
    return found
  return missing('import', `The repository has no module at ${stem}.py.`, nearModules(rest.split('.'), world))
}

/** The file or folder (with a slash) that a dotted name stands for at any place of the tree; null when there is none. */
function moduleIn(parts: string[], world: World): string | null {
  const stem = parts.join('/')
  const last = parts.at(-1) ?? ''
  for (const ending of ['.py', '.pyi', '.pyx'])
    for (const path of world.named.get(`${last}${ending}`) ?? [])
      if (path === `${stem}${ending}` || path.endsWith(`/${stem}${ending}`)) return path
  for (const path of world.named.get('__init__.py') ?? [])
    if (path === `${stem}/__init__.py` || path.endsWith(`/${stem}/__init__.py`)) return path
  for (const folder of packageFolders(world).get(last) ?? [])
    if (folder === stem || folder.endsWith(`/${stem}`)) return `${folder}/`
  return null
}

/** Folders that hold Python somewhere below, by their last part. */
function packageFolders(world: World): ReadonlyMap<string, string[]> {
  return world.once('python:folders', () => {
    const folders = new Set<string>()
    for (const path of world.paths)
      if (path.endsWith('.py'))
        for (let at = posix.dirname(path); at !== '.' && !folders.has(at); at = posix.dirname(at))
          folders.add(at)
    const named = new Map<string, string[]>()
    for (const folder of folders) {
      const name = posix.basename(folder)
      named.set(name, [...(named.get(name) ?? []), folder])
    }
    return named
  })
}

interface Declared {
  names: string[]
}

const declaring =
  /(?:^|\/)(?:requirements[^/]*\.(?:txt|in)|pyproject\.toml|setup\.(?:py|cfg)|Pipfile(?:\.lock)?|environment\.ya?ml|poetry\.lock|uv\.lock|pdm\.lock)$/

/** Every word of the manifests, normalised as package indexes do; null when the project declares nothing. */
function declaredText(world: World): Declared | null {
  return world.once('python:declared', () => {
    const texts = [...world.manifests].filter(([path]) => declaring.test(path)).map(([, text]) => text)
    if (texts.length === 0) return null
    const words = texts.flatMap((text) => text.toLowerCase().match(/[a-z0-9][a-z0-9._-]*/g) ?? [])
    return { names: [...new Set(words.map((word) => word.replace(/[._-]+/g, '-')))] }
  })
}

function isDeclared(specifier: string, declared: Declared | null): boolean {
  if (!declared) return false
  const [first = ''] = specifier.split('.')
  const wanted = (distributionOf[first] ?? first).toLowerCase().replace(/[._-]+/g, '-')
  const bare = wanted.replaceAll('-', '')
  // A distribution often adds a word (`python-x`, `x-py`, `types-x`): containing counts, for names long enough.
  return declared.names.some(
    (name) =>
      name === wanted ||
      (bare.length > 3 && name.replaceAll('-', '').includes(bare)) ||
      name.split('-').includes(wanted),
  )
}

/** Lenient: any word of the module's text counts as a name of it, and modules that make names up are open. */
function exportsOf(_root: Node, text: string, path: string, world: World): ReadonlySet<string> | null {
  if (/__getattr__|import \*|globals\(\)|sys\.modules/.test(text)) return null
  const names = new Set(text.match(/[A-Za-z_]\w*/g) ?? [])
  if (path.endsWith('__init__.py')) {
    const folder = `${posix.dirname(path)}/`
    for (const other of world.paths)
      if (other.startsWith(folder))
        names.add((other.slice(folder.length).split('/')[0] ?? '').replace(/\.\w+$/, ''))
  }
  return names
}

function nearModules(parts: string[], world: World): string[] {
  const modules = world.once('python:modules', () =>
    [...world.paths]
      .filter((path) => path.endsWith('.py'))
      .map((path) => path.replace(/(?:\/__init__)?\.py$/, '').replaceAll('/', '.')),
  )
  const last = parts.at(-1) ?? ''
  const same = modules.filter((name) => name.split('.').at(-1) === last)
  return same.length > 0 ? same.slice(0, 3) : nearest(parts.join('.'), modules)
}
