/** What a TypeScript or JavaScript module exports, as far as its text says. */
import type { Node } from '@vscode/tree-sitter-wasm'
import { nodesOf } from '../language.ts'

/**
 * The exported names; null where they cannot be told from the file alone: `export *`, `export =`, CommonJS,
 * destructured exports, declaration files.
 */
export function exportsOf(root: Node, path: string): ReadonlySet<string> | null {
  if (!/\.[cm]?[jt]sx?$/.test(path) || /\.d\.[cm]?ts$/.test(path) || root.hasError) return null
  const names = new Set<string>()
  const statements = nodesOf(root, 'export_statement')
  if (statements.length === 0) return null
  for (const statement of statements) {
    const parts = statement.children.filter((child) => child !== null)
    const types = parts.map((child) => child.type)
    if (types.includes('=')) return null
    if (types.includes('default')) names.add('default')
    if (types.includes('*')) return null
    for (const child of parts) {
      if (child.type === 'namespace_export') names.add(child.namedChildren[0]?.text ?? '')
      if (child.type === 'export_clause') addClause(child, names)
    }
    const declaration = statement.childForFieldName('declaration')
    if (declaration && !addDeclaration(declaration, names)) return null
  }
  return names
}

function addClause(clause: Node, names: Set<string>): void {
  for (const one of nodesOf(clause, 'export_specifier'))
    names.add(
      (one.childForFieldName('alias') ?? one.childForFieldName('name'))?.text.replace(/^["']|["']$/g, '') ??
        '',
    )
}

/** False when a pattern declares names that are not read here. */
function addDeclaration(declaration: Node, names: Set<string>): boolean {
  if (declaration.type === 'ambient_declaration') {
    return declaration.namedChildren.every((child) => child === null || addDeclaration(child, names))
  }
  const name = declaration.childForFieldName('name')
  if (name) {
    names.add(name.text.split('.')[0] ?? '')
    return true
  }
  for (const one of nodesOf(declaration, 'variable_declarator')) {
    if (one.parent?.id !== declaration.id) continue
    const declared = one.childForFieldName('name')
    if (declared?.type !== 'identifier') return false
    names.add(declared.text)
  }
  return true
}
