/** Tools as the SDK's runner wants them: one at a time, begun and finished on record, each result given once. */
import { betaZodTool } from '@anthropic-ai/sdk/helpers/beta/zod'
import { Mutex } from 'async-mutex'
import { z } from 'zod'
import { type SessionRequest, type Tool, ToolRefusal } from '../../core/ports/model.ts'
import type { Call, ToolOutcome, Transcript } from './transcript.ts'

/** Bound of one tool result, UTF-16 units. */
const longestResult = 60_000
/** Bound of the results of one answer together: further calls wait for the next answer. */
const longestResults = 400_000
/** Calls of one answer that are run (T30); no work needs more at once. */
const mostCalls = 64
const tooMany = `Not run: at most ${mostCalls} calls and ${longestResults} characters of results are taken from one answer. Make the call again in the next one, if it is still needed.`
const interrupted =
  'The worker was interrupted while this ran, so it may or may not have taken effect. Look at the state before you do it again.'

export type Runnable = ReturnType<typeof betaZodTool> & { input_schema: { type: 'object' } }

export interface ToolBench {
  runnables: Runnable[]
  /** Run (or look up) one call; never rejects for what a tool did. */
  outcomeOf(call: Call): Promise<ToolOutcome>
  /** The sentence for a session that ended without a deliverable, with why the last one was not taken. */
  nothingHandedIn(): string
  /** The error of a tool that was neither a result nor a refusal: it ends the session. */
  fatal(): unknown
}

/**
 * Prepare the tools of a session.
 *
 * @param save writes the transcript; called before a tool with effect begins and after every tool.
 * @param abort ends the session after a fatal error.
 */
export function toolBench(
  request: SessionRequest,
  transcript: Transcript,
  save: () => Promise<void>,
  signal: AbortSignal,
  abort: () => void,
): ToolBench {
  // The runner starts all calls of an answer together; edits of one file must not overtake each other.
  const turns = new Mutex()
  let fatal: unknown = null
  let nothingHandedIn = 'The session ended without handing anything in.'

  async function outcomeOf(call: Call): Promise<ToolOutcome> {
    return turns.runExclusive(async () => {
      // Ids are the endpoint's own words, and one may be called like a member of every object.
      const { results } = transcript
      const known = Object.hasOwn(results, call.id) ? results[call.id] : undefined
      if (known) return known
      const size = Object.values(results).reduce((sum, { content }) => sum + content.length, 0)
      const tool = request.tools.find((one) => one.name === call.name)
      const isFull = Object.keys(results).length >= mostCalls || size > longestResults
      if (isFull && !transcript.outcome) return { content: tooMany, isError: true }
      const outcome = tool
        ? await runOnce(tool, call)
        : { content: `There is no tool "${call.name}".`, isError: true }
      const kept = { ...outcome, content: cut(outcome.content) }
      if (tool?.name === request.handIn.deliverable && outcome.isError)
        nothingHandedIn = `The session ended without handing anything in. What it tried to hand in last was refused: ${outcome.content.slice(0, 600).toWellFormed()}`
      Object.defineProperty(results, call.id, { value: kept, enumerable: true, configurable: true })
      // What changes nothing may run again after a kill; only the rest must be on record at once (S7).
      if (transcript.begun.includes(call.id) || transcript.outcome) await save()
      return kept
    })
  }

  async function runOnce(tool: Tool, call: Call): Promise<ToolOutcome> {
    if (transcript.outcome) return { content: 'The session has ended with an earlier call.', isError: true }
    const input = tool.input.safeParse(call.input)
    if (!input.success)
      return { content: `The input does not fit:\n${z.prettifyError(input.error)}`, isError: true }
    if (tool.hasEffect) {
      if (transcript.begun.includes(call.id)) return { content: interrupted, isError: true }
      transcript.begun.push(call.id)
      await save()
    }
    try {
      const content = await tool.execute(input.data, signal)
      conclude(tool.name, input.data)
      return { content, isError: false }
    } catch (error) {
      if (error instanceof ToolRefusal) return { content: error.message, isError: true }
      fatal ??= error
      abort()
      // A call cut short by a stop is not on record as done: the resumed session is told that it was interrupted.
      throw error
    }
  }

  function conclude(name: string, input: unknown): void {
    if (name === request.handIn.deliverable) transcript.outcome = { kind: 'deliverable', deliverable: input }
    if (name !== request.handIn.questions) return
    const asked = z.object({ questions: z.array(z.string()) }).safeParse(input)
    transcript.outcome = { kind: 'questions', questions: asked.success ? asked.data.questions : [] }
  }

  const runnables = request.tools.map((tool) => ({
    ...betaZodTool({
      name: tool.name,
      description: tool.description,
      inputSchema: tool.input,
      run: async (input, context) => {
        const id = context?.toolUse.id ?? ''
        const outcome = await outcomeOf({ type: 'tool_use', id, name: tool.name, input })
        if (outcome.isError) throw new ToolRefusal(outcome.content)
        return outcome.content
      },
    }),
    input_schema: schemaOf(tool.input),
    // The bench checks the input itself, so that its errors are on record like every other result.
    parse: (input: unknown) => input,
  }))
  return { runnables, outcomeOf, nothingHandedIn: () => nothingHandedIn, fatal: () => fatal }
}

/**
 * The schema as the model reads it in every request, so without a word to spare: what has a default may be left out,
 * and nothing refers to a definition elsewhere.
 */
function schemaOf(input: z.ZodType): { type: 'object' } {
  const { $schema: _dialect, ...schema } = z.toJSONSchema(input, { io: 'input', reused: 'inline' })
  return { ...schema, type: 'object' }
}

function cut(text: string): string {
  return text.length <= longestResult
    ? text
    : `${text.slice(0, longestResult).toWellFormed()}\n(cut at ${longestResult} characters)`
}
