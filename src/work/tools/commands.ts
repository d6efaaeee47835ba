/** The run tool: a command of policy by its name, in the sandbox, in the session's worktree (P6, T25, T27). */
import { z } from 'zod'
import type { CommandBody, CommandName, CommandSpec } from '../../core/evidence.ts'
import type { Tool } from '../../core/ports.ts'
import { type ToolContext, tool } from './tool.ts'

/** Characters of output that the model sees. */
const outputShown = 12_000

/** The run tool, or nothing when policy names none of the phase's commands. */
export function commandTools(
  { worktree, workspace }: ToolContext,
  commands: ReadonlyMap<CommandName, CommandSpec>,
): Tool[] {
  const names = [...commands.keys()]
  const [first, ...rest] = names
  if (!first) return []
  return [
    tool({
      name: 'run',
      description: `Run one of the repository's commands: ${names.map((name) => `${name} (${commands.get(name)?.run ?? ''})`).join(', ')}. There is no network.`,
      input: z.strictObject({ command: z.enum([first, ...rest]) }),
      hasEffect: true,
      async execute(input, signal) {
        const spec = commands.get(input.command)
        if (!spec) return 'There is no such command.'
        return describe(input.command, await workspace.runIn(worktree, spec, signal))
      },
    }),
  ]
}

function describe(name: string, body: CommandBody): string {
  const end = body.stoppedBy
    ? `was stopped by its limit on ${body.stoppedBy}`
    : `ended with exit code ${body.exitCode}`
  return `${name} ${end} after ${Math.round(body.durationMs)} ms. The end of its output:\n${body.outputTail.slice(-outputShown)}`
}
