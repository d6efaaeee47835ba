/** What an error during a session means: stopped, a reason for the person, or come back later. */
import Anthropic from '@anthropic-ai/sdk'
import { RetryLater, Terminal } from '../../core/errors.ts'
import { ModelRefused } from './chain.ts'
import { ContextFull } from './wire.ts'

export type Failure =
  | { kind: 'stopped' }
  /** The endpoint may be well again soon; the session goes on from its transcript. */
  | { kind: 'later'; reason: string }
  | { kind: 'failed'; reason: string }
  | { kind: 'thrown'; error: unknown }

/**
 * Classify an error.
 *
 * @param endpoint name of the endpoint, for the sentence; neither its address nor its key is ever shown.
 */
export function failureOf(error: unknown, endpoint: string): Failure {
  if (error instanceof RetryLater) return { kind: 'thrown', error }
  if (error instanceof Terminal) return { kind: 'failed', reason: error.forUser }
  if (error instanceof ModelRefused)
    return {
      kind: 'failed',
      reason: `The model behind the endpoint "${endpoint}" refused to answer, and no other one is left (\`models.fallbacks\`).`,
    }
  if (error instanceof ContextFull)
    return {
      kind: 'failed',
      reason: `The session has become longer than the ${error.contextTokens} tokens that the model endpoint "${endpoint}" takes (context_tokens), and no other one is left. A maintainer gives the phase a model with more room, or names one in \`models.fallbacks\`; then someone comments \`/agent retry\`.`,
    }
  if (error instanceof Anthropic.APIUserAbortError) return { kind: 'stopped' }
  if (error instanceof Anthropic.APIConnectionError)
    return {
      kind: 'later',
      reason: `The model endpoint "${endpoint}" could not be reached or answered with something else than a message.`,
    }
  if (!(error instanceof Anthropic.APIError)) return { kind: 'thrown', error }
  const { status } = error
  if (status === 429)
    return {
      kind: 'later',
      reason: `The model endpoint "${endpoint}" refuses further requests for now (429).`,
    }
  if (status !== undefined && status >= 500)
    return { kind: 'later', reason: `The model endpoint "${endpoint}" is overloaded or out (${status}).` }
  if (status === 401 || status === 403)
    return {
      kind: 'failed',
      reason: `The model endpoint "${endpoint}" refuses the operator's key (${status}). The operator checks the key of this endpoint, then someone comments \`/agent retry\`.`,
    }
  if (status === 404)
    return {
      kind: 'failed',
      reason: `The model endpoint "${endpoint}" does not know this model or path (404). A maintainer corrects \`models\` in the policy, then comments \`/agent retry\`.`,
    }
  return {
    kind: 'failed',
    reason: `The model endpoint "${endpoint}" refused the request (${status ?? 'no status'}): ${messageOf(error)}`,
  }
}

/** The endpoint's own sentence, short. */
function messageOf(error: Error): string {
  return error.message.replace(/\s+/g, ' ').slice(0, 300)
}
