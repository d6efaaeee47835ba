/** Every language whose references are resolved; a new one is one file and one line here. */
import type { Language } from './language.ts'
import { csharp } from './languages/csharp.ts'
import { go } from './languages/go.ts'
import { java } from './languages/java.ts'
import { php } from './languages/php.ts'
import { python } from './languages/python.ts'
import { ruby } from './languages/ruby.ts'
import { rust } from './languages/rust.ts'
import { typescript } from './languages/typescript.ts'

export const languages: readonly Language[] = [typescript, python, go, java, ruby, rust, csharp, php]

/** The language and grammar of a path by its ending, or null. */
export function languageOf(path: string): { language: Language; grammar: string } | null {
  const ending = /\.([A-Za-z]+)$/.exec(path)?.[1]?.toLowerCase() ?? ''
  for (const language of languages) {
    const grammar = language.grammars[ending]
    if (grammar !== undefined) return { language, grammar }
  }
  return null
}
