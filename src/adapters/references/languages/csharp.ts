/** C#: namespaces that the tree declares, and package references; transitive packages are the build tool's to say. */
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
  /^(?:System|Microsoft|Windows|Internal|Mono|Unity|UnityEngine|UnityEditor|Xamarin|Android|Foundation|UIKit|global::)\b/

export const csharp: Language = {
  id: 'C#',
  grammars: { cs: 'c-sharp' },
  scan(root) {
    const directives = nodesOf(root, 'using_directive')
    const plain = directives.filter(
      (node) => !/^(?:global\s+)?using\s+static\b/.test(node.text) && !node.childForFieldName('name'),
    )
    return {
      imports: plain.flatMap((node) => {
        const specifier = node.namedChildren.find(
          (child) => child !== null && /name$|identifier$/.test(child.type),
        )?.text
        return specifier ? [{ line: lineOf(node), specifier, names: [] }] : []
      }),
      calls: nodesOf(root, 'invocation_expression').flatMap((node) => {
        const callee = node.childForFieldName('function')
        return callee?.type === 'identifier' ? [{ line: lineOf(callee), name: callee.text }] : []
      }),
      names: countNames(root, ['identifier']),
      open:
        directives.length > plain.length ||
        nodesOf(root, 'base_list').length > 0 ||
        /\bpartial\b/.test(root.text),
    }
  },
  resolve,
  builtin: (name) =>
    [
      'nameof',
      'ToString',
      'Equals',
      'GetHashCode',
      'GetType',
      'MemberwiseClone',
      'ReferenceEquals',
      'typeof',
      'sizeof',
      'default',
    ].includes(name),
}

function resolve(one: Import, _path: string, world: World): Resolution {
  const { specifier } = one
  if (given.test(specifier)) return found
  const [first = '', second = ''] = specifier.split('.')
  // Namespaces follow folders and projects by custom only, so a folder or project of that name is taken for one.
  const last = specifier.split('.').at(-1) ?? ''
  const roots = world.once('csharp:roots', () =>
    [...world.paths]
      .filter((path) => /\.(?:cs|fs|vb)proj$/.test(path))
      .map((path) => (path.split('/').at(-1) ?? '').replace(/\.\w+$/, '')),
  )
  const folder = [...world.folders].some((path) => path.split('/').at(-1) === last)
  const own = roots.filter((name) => name.split('.')[0] === first)
  if (folder || roots.some((name) => name === specifier || specifier.startsWith(`${name}.`))) {
    if (folder || own.length > 0) return found
  }
  const texts = [...world.manifests]
    .filter(([path]) => /proj$|\.props$|packages\.config$/.test(path))
    .map(([, text]) => text)
  if (texts.length === 0) return found
  const packages = texts.flatMap((text) =>
    [...text.matchAll(/(?:Include|id)="([^"]+)"/g)].map((match) => match[1] ?? ''),
  )
  const starts = second === '' ? first : `${first}.${second}`
  if (
    packages.some(
      (name) =>
        name === first || name.startsWith(`${starts}.`) || name === starts || name.split('.')[0] === first,
    )
  )
    return found
  return missing(
    'import',
    `No project of the repository and no package reference is called ${first}, so ${specifier} comes from a dependency of a dependency or from nowhere.`,
    nearest(specifier, [...packages, ...roots]),
    false,
  )
}
