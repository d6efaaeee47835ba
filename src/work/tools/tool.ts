/** What the tools of a session share: their worktree, and defining one with its typed input. */
import type { z } from 'zod'
import type { FileTools, Tool, Workspace, Worktree } from '../../core/ports.ts'

export interface ToolContext {
  worktree: Worktree
  workspace: Pick<Workspace, 'runIn'>
  files: FileTools
  /** Whether this session may see a path: the sensitive ones are for in-house models (P10). Absent means all. */
  mayRead?: (path: string) => boolean
  /** Whether this phase may change a path (P5, P12); shared with the host's commit and the scope check. */
  mayWrite: (path: string) => boolean
}

/** Define a tool; its `execute` gets the input as its schema gives it. */
export function tool<Input extends z.ZodType>(definition: Tool<Input>): Tool {
  // The model adapter hands `execute` only what `input` has parsed, so the wider type is safe.
  return definition
}
