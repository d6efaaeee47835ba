/** The words in which scripted sessions are written: one function a tool, each a turn of the model. */
import type { SessionScript, TurnScript } from '../../world/model/script.ts'

/** The tool by which every phase hands in its deliverable; the tool's input is the deliverable itself. */
export const HAND_IN = 'hand_in'

export interface Call {
  name: string
  input: Record<string, unknown>
}

export const readFile = (path: string): Call => ({ name: 'read_file', input: { path } })
export const listFiles = (glob: string): Call => ({ name: 'list_files', input: { glob } })
export const search = (pattern: string): Call => ({ name: 'search', input: { pattern } })
/** `old_text` must occur exactly once in the file. */
export const editFile = (path: string, old_text: string, new_text: string): Call => ({
  name: 'edit_file',
  input: { path, old_text, new_text },
})
export const run = (command: string): Call => ({ name: 'run', input: { command } })
export const handIn = (deliverable: object): Call => ({
  name: HAND_IN,
  input: Object.fromEntries(Object.entries(deliverable)),
})

/** One answer of the model: what it says, and the tools it calls together. */
export function turn(text: string, ...calls: Call[]): TurnScript {
  return calls.length === 0 ? { text } : { text, toolUse: calls }
}

/** A session of one attempt at a phase, in any subject unless `subject` is given. */
export function session(match: SessionScript['match'], ...turns: TurnScript[]): SessionScript {
  return { match, turns }
}
