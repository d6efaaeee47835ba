/** The guards that the code marks with `guard: name`. */
import { readdirSync, readFileSync } from 'node:fs'

/** Their names, sorted, each once; of the files under `src` whose path fits. */
export function marked(fits: (path: string) => boolean): string[] {
  const names = readdirSync('src', { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && fits(path))
    .flatMap((path) => [...readFileSync(`src/${path}`, 'utf8').matchAll(/\/\/ guard: (\w+)/g)])
    .map((match) => match[1] ?? '')
  return [...new Set(names)].sort()
}
