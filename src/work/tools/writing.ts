/** Tools that write: only the files that the plan gives this phase, one exact replacement or one whole file at a time. */
import { z } from 'zod'
import { type Tool, ToolRefusal } from '../../core/ports.ts'
import { code } from '../../core/sentences.ts'
import { type ToolContext, tool } from './tool.ts'

const path = z.string().min(1).max(1024)
const text = z.string().max(500_000)

/** The writing tools of a phase that may write. */
export function writingTools({ worktree, files, mayWrite }: ToolContext): Tool[] {
  const { directory } = worktree
  const guard = (target: string) => {
    if (!mayWrite(target))
      throw new ToolRefusal(
        `${code(target)} may not be changed in this phase: it is not among the plan's files of this kind. If it must be, say so with ask.`,
      )
  }
  return [
    tool({
      name: 'edit_file',
      description:
        'Replace one piece of text in a file. old_text must occur exactly once, white space included, without line numbers.',
      input: z.strictObject({ path, old_text: text.min(1), new_text: text }),
      hasEffect: true,
      async execute(input) {
        guard(input.path)
        const before = await files.read(directory, input.path)
        const first = before.indexOf(input.old_text)
        if (first === -1)
          throw new ToolRefusal(
            `old_text does not occur in ${code(input.path)}. Read the file again and copy the text exactly.`,
          )
        if (before.includes(input.old_text, first + 1))
          throw new ToolRefusal(
            `old_text occurs more than once in ${code(input.path)}. Include more lines around it.`,
          )
        await files.write(
          directory,
          input.path,
          before.slice(0, first) + input.new_text + before.slice(first + input.old_text.length),
        )
        return `Replaced in ${input.path}.`
      },
    }),
    tool({
      name: 'write_file',
      description: 'Create a file, or replace a whole one.',
      input: z.strictObject({ path, content: text }),
      hasEffect: true,
      async execute(input) {
        guard(input.path)
        await files.write(directory, input.path, input.content)
        return `Wrote ${input.path}.`
      },
    }),
    tool({
      name: 'delete_file',
      description: 'Delete a file.',
      input: z.strictObject({ path }),
      hasEffect: true,
      async execute(input) {
        guard(input.path)
        await files.remove(directory, input.path)
        return `Deleted ${input.path}.`
      },
    }),
  ]
}
