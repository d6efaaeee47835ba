/** Java: classes of the tree's own packages; what comes from a dependency is the build tool's to say. */
import { posix } from 'node:path'
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

const given =
  /^(?:java|javax|jdk|sun|com\.sun|kotlin|kotlinx|scala|groovy|android|androidx|dalvik|org\.w3c|org\.xml|org\.ietf|netscape)\./
const source = /\.(?:java|kt|kts|scala|groovy)$/

export const java: Language = {
  id: 'Java',
  grammars: { java: 'java' },
  scan(root) {
    const declarations = nodesOf(root, 'import_declaration')
    return {
      imports: declarations.map((node) => ({
        line: lineOf(node),
        specifier:
          node.namedChildren.find((child) => child !== null && /identifier$/.test(child.type))?.text ?? '',
        names: [],
        form: /^import\s+static\b/.test(node.text) ? 'static' : node.text.includes('*') ? 'package' : 'class',
      })),
      calls: nodesOf(root, 'method_invocation').flatMap((node) => {
        const name = node.childForFieldName('name')
        return name && !node.childForFieldName('object') ? [{ line: lineOf(name), name: name.text }] : []
      }),
      names: countNames(root, ['identifier']),
      // A plain call may be of an inherited method, which only the type checker sees.
      open:
        declarations.some((node) => /static[^;]*\*/.test(node.text)) ||
        nodesOf(
          root,
          'superclass',
          'super_interfaces',
          'extends_interfaces',
          'enum_declaration',
          'record_declaration',
          'class_body',
        ).some((node) => node.type !== 'class_body' || node.parent?.type === 'object_creation_expression'),
    }
  },
  resolve,
  builtin: (name) =>
    [
      'getClass',
      'hashCode',
      'equals',
      'toString',
      'notify',
      'notifyAll',
      'wait',
      'clone',
      'finalize',
      'super',
      'this',
    ].includes(name),
}

function resolve(one: Import, _path: string, world: World): Resolution {
  const parts = one.specifier.split('.')
  if (given.test(`${one.specifier}.`) || parts.length < 2) return found
  // The class is the first part with a capital; what follows is a nested class or a static member.
  const at = parts.findIndex((part) => /^[A-Z]/.test(part))
  const folder = (at < 0 ? parts : parts.slice(0, at)).join('/')
  const folders = world.once('java:folders', () => {
    const own = new Map<string, Set<string>>()
    for (const path of world.paths) {
      if (!source.test(path)) continue
      const classes = own.get(posix.dirname(path)) ?? new Set()
      own.set(posix.dirname(path), classes.add(posix.basename(path).replace(source, '')))
    }
    return own
  })
  const holding = [...folders].filter(([name]) => name === folder || name.endsWith(`/${folder}`))
  if (holding.length === 0) return resolveForeign(one.specifier, parts, world)
  const wanted = parts[at]
  if (at < 0 || wanted === undefined || holding.some(([, classes]) => classes.has(wanted))) return found
  // Kotlin and Scala files may hold classes of other names, and annotation processors write classes of their own.
  const foreign = holding.some(([name]) =>
    [...world.paths].some((path) => posix.dirname(path) === name && !path.endsWith('.java')),
  )
  const near = nearest(
    wanted,
    holding.flatMap(([, classes]) => [...classes]),
  )
  const processed = near.some((name) => wanted.includes(name))
  return missing(
    'import',
    `The package ${folder.replaceAll('/', '.')} is in the repository and has no class ${wanted}.`,
    near,
    !foreign && !processed,
  )
}

/** Transitive dependencies stand in no file: what the manifests do not mention is shown, and never fails. */
function resolveForeign(specifier: string, parts: string[], world: World): Resolution {
  const texts = [...world.manifests]
    .filter(([path]) => /(?:pom\.xml|\.gradle(?:\.kts)?|libs\.versions\.toml)$/.test(path))
    .map(([, text]) => text)
  if (texts.length === 0) return found
  const group = parts.slice(0, 2).join('.')
  const artifact = parts[0] === 'lombok' ? 'lombok' : (parts[1] ?? '')
  if (texts.some((text) => text.includes(group) || (artifact.length > 3 && text.includes(artifact))))
    return found
  return missing(
    'import',
    `No build file mentions ${group}, so ${specifier} comes from a dependency of a dependency or from nowhere.`,
    [],
    false,
  )
}
