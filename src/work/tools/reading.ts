/** Tools that read: one file with line numbers, the names of files, and lines that contain a text. */
import { z } from 'zod'
import { type Tool, ToolRefusal } from '../../core/ports.ts'
import { code } from '../../core/sentences.ts'
import { type ToolContext, tool } from './tool.ts'

const path = z.string().min(1).max(1024).describe('Relative to the repository root, with forward slashes.')
const glob = z.string().min(1).max(300)
const mostLines = 2000
const mostNames = 500
const mostHits = 100

/** The reading tools, which every phase has. */
export function readingTools({ worktree, files, mayRead = () => true }: ToolContext): Tool[] {
  const { directory } = worktree
  const guard = (target: string) => {
    if (!mayRead(target))
      throw new ToolRefusal(
        `${code(target)} is sensitive by policy (models.sensitive.paths): only in-house models may see it.`,
      )
  }
  return [
    tool({
      name: 'read_file',
      description: `Read a text file. Each line comes with its number and a bar; neither is part of the file. At most ${mostLines} lines at once.`,
      input: z.strictObject({ path, from_line: z.number().int().positive().max(10_000_000).default(1) }),
      hasEffect: false,
      async execute(input) {
        guard(input.path)
        const lines = (await files.read(directory, input.path)).split('\n')
        const shown = lines.slice(input.from_line - 1, input.from_line - 1 + mostLines)
        const more = lines.length - (input.from_line - 1) - shown.length
        const numbered = shown.map((line, index) => `${input.from_line + index}|${line}`)
        return more > 0
          ? `${numbered.join('\n')}\n(${more} more lines; ask with from_line)`
          : numbered.join('\n')
      },
    }),
    tool({
      name: 'list_files',
      description:
        'List the files whose path matches a glob such as src/**/*.ts. Links and node_modules are left out.',
      input: z.strictObject({ glob: glob.default('**') }),
      hasEffect: false,
      async execute(input) {
        const names = (await files.list(directory, input.glob, mostNames)).filter(mayRead)
        if (names.length === 0) return 'No file matches.'
        return names.length >= mostNames
          ? `${names.join('\n')}\n(cut at ${mostNames}; use a narrower glob)`
          : names.join('\n')
      },
    }),
    tool({
      name: 'search',
      description:
        'Find lines that contain a text, exactly as written; it is no pattern. Optionally only in files that match a glob.',
      input: z.strictObject({ pattern: z.string().min(1).max(500), glob: glob.default('**') }),
      hasEffect: false,
      async execute(input) {
        const found = await files.search(directory, input.pattern, input.glob, mostHits)
        const hits = found.filter((hit) => mayRead(hit.path))
        return hits.length === 0
          ? 'Nothing found.'
          : hits.map((hit) => `${hit.path}:${hit.line}: ${hit.text}`).join('\n')
      },
    }),
  ]
}
