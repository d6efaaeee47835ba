/** What a language must tell so that its imports and calls can be resolved: one small file each below `languages/`. */
import type { Node } from '@vscode/tree-sitter-wasm'
import type { UnresolvedReference } from '../../core/evidence.ts'
import type { World } from './world.ts'

/** An import as written. `names` are what it takes from the module, where the language says so at the import. */
export interface Import {
  /** 1-based. */
  line: number
  specifier: string
  names: string[]
  /** The form of import, where the language has several. */
  form?: string
}

/** A call of a plain name: `name(...)` without an object in front. */
export interface Call {
  line: number
  name: string
}

export interface Scan {
  imports: Import[]
  calls: Call[]
  /** How often each name occurs as an identifier, calls included. */
  names: Map<string, number>
  /** True when names may come from where no parser can see (wildcard imports, inheritance, mixins). */
  open: boolean
}

export type Resolution =
  /** `target`: the file of the tree that it leads to, so that the names taken from it can be looked up. */
  | { ok: true; target?: string }
  | ({ ok: false } & Pick<UnresolvedReference, 'kind' | 'certain' | 'why' | 'near'>)

export const found: Resolution = { ok: true }

export const missing = (
  kind: UnresolvedReference['kind'],
  why: string,
  near: string[] = [],
  certain = true,
): Resolution => ({ ok: false, kind, certain, why, near })

export interface Language {
  id: string
  /** File endings without the dot, with the grammar that reads them. */
  grammars: Readonly<Record<string, string>>
  scan(root: Node): Scan
  resolve(one: Import, path: string, world: World): Resolution
  /** The names that a file of the tree gives to others; null when they cannot be told. Given its text and parse. */
  exports?(root: Node, text: string, path: string, world: World): ReadonlySet<string> | null
  /** Names that are always there: the language's own. */
  builtin(name: string): boolean
}

/** How often each identifier occurs; `types` are the node types that hold one. */
export function countNames(root: Node, types: string[]): Map<string, number> {
  const names = new Map<string, number>()
  for (const node of root.descendantsOfType(types)) {
    if (node) names.set(node.text, (names.get(node.text) ?? 0) + 1)
  }
  return names
}

/** All nodes of some types. */
export function nodesOf(root: Node, ...types: string[]): Node[] {
  return root.descendantsOfType(types).filter((node) => node !== null)
}

export const lineOf = (node: Node): number => node.startPosition.row + 1

/** A literal string's content, or null when it is composed. */
export function literal(node: Node | null | undefined): string | null {
  if (!node) return null
  const parts = node.namedChildren.filter((child) => child !== null)
  if (parts.some((child) => !/content|fragment/.test(child.type))) return null
  return parts.map((child) => child.text).join('')
}
