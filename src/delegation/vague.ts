/** Words that let two people read a criterion in two ways; the bundle's author is asked to say what is measured (D2). */

/** Whole words or phrases. Kept short: a false alarm costs an engineer a minute each time. */
const words = [
  'fast',
  'faster',
  'quickly',
  'user-friendly',
  'user friendly',
  'intuitive',
  'robust',
  'as appropriate',
  'if needed',
  'as needed',
  'when necessary',
  'and so on',
  'etc',
  'tbd',
  'to be decided',
  'somehow',
  'properly',
  'reasonable',
  'reasonably',
  'nicely',
  'better',
  'improve',
  'improved',
  'and/or',
  'various',
  'works well',
  'should work',
  'seamless',
  'state of the art',
  'modern',
  'clean up',
  'some kind of',
  'something like',
] as const

const pattern = new RegExp(
  `(?<![\\w-])(${words.map((word) => word.replace(/[/]/g, '\\/')).join('|')})(?![\\w-])`,
  'gi',
)

/** The vague words in texts, each once, in order, at most 10. Text in code spans is quoted matter and does not count. */
export function vagueWords(texts: readonly string[]): string[] {
  const found = texts.flatMap((text) => text.replace(/`[^`]*`/g, ' ').match(pattern) ?? [])
  return [...new Set(found.map((word) => word.toLowerCase()))].slice(0, 10)
}
