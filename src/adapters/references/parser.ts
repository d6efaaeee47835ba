/** Grammars as WebAssembly from `@vscode/tree-sitter-wasm` (MIT, the same on every platform), loaded when first needed. */
import { createRequire } from 'node:module'
import type * as TreeSitter from '@vscode/tree-sitter-wasm'

const require = createRequire(import.meta.url)
let ready: Promise<typeof TreeSitter> | undefined
const grammars = new Map<string, Promise<TreeSitter.Language>>()

async function start(): Promise<typeof TreeSitter> {
  const library: typeof TreeSitter = require('@vscode/tree-sitter-wasm')
  await library.Parser.init()
  return library
}

/**
 * Parse a text and use the tree; it is freed afterwards, since WebAssembly memory is not collected.
 *
 * @param grammar as in the package's file names: `tsx`, `c-sharp`.
 */
export async function withTree<T>(
  grammar: string,
  text: string,
  use: (root: TreeSitter.Node) => T,
): Promise<T> {
  ready ??= start()
  const library = await ready
  let language = grammars.get(grammar)
  if (!language) {
    const file = require.resolve(`@vscode/tree-sitter-wasm/wasm/tree-sitter-${grammar}.wasm`)
    language = library.Language.load(file)
    grammars.set(grammar, language)
  }
  const parser = new library.Parser()
  try {
    parser.setLanguage(await language)
    const tree = parser.parse(text)
    if (!tree) throw new Error(`the ${grammar} parser gave no tree`)
    try {
      return use(tree.rootNode)
    } finally {
      tree.delete()
    }
  } finally {
    parser.delete()
  }
}
