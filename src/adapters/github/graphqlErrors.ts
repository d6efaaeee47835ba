/** A GraphQL query, and what the errors inside its answer mean, in the terms of REST. */
import { z } from 'zod'
import { RetryLater } from '../../core/errors.ts'
import { errorOf } from './failures.ts'

export interface GraphqlQuery {
  text: string
  what: string
  writes: boolean
  /** Fields that GitHub answers with null and a "not found" beside the rest. */
  mayMiss?: readonly string[]
}

const GraphqlFailure = z.object({
  name: z.literal('GraphqlResponseError'),
  errors: z
    .array(
      z.object({
        type: z.string().optional(),
        message: z.string(),
        path: z.array(z.unknown()).optional(),
      }),
    )
    .min(1),
})

const Missing = z.object({
  name: z.literal('GraphqlResponseError'),
  data: z.record(z.string(), z.unknown()),
  errors: z.array(z.object({ type: z.literal('NOT_FOUND'), path: z.array(z.unknown()) })).min(1),
})

/** The data of an answer whose every error says that one of these fields is not there; undefined for any other. */
export function despiteMissing(error: unknown, fields: readonly string[]): unknown {
  const { success, data: missing } = Missing.safeParse(error)
  return success && missing.errors.every(({ path }) => fields.includes(String(path.at(-1))))
    ? missing.data
    : undefined
}

/**
 * GraphQL answers 200 with errors inside; the first one decides.
 *
 * @param mayMiss fields whose absence is an answer: beside another error it says nothing of what was asked for.
 */
export function graphqlError(error: unknown, what: string, mayMiss: readonly string[] = []): unknown {
  const parsed = GraphqlFailure.safeParse(error)
  if (!parsed.success) return error
  const { errors } = parsed.data
  const first = errors.find(({ path }) => !mayMiss.includes(String(path?.at(-1)))) ?? errors[0]
  const words = first?.message.slice(0, 500) ?? 'no reason given'
  switch (first?.type) {
    case 'RATE_LIMITED':
      return new RetryLater(`${what}: GitHub's rate limit was reached (${words})`, 60_000, { cause: error })
    case 'NOT_FOUND':
      return errorOf({ kind: 'refused', status: 404, words }, what, error)
    case 'FORBIDDEN':
    case 'INSUFFICIENT_SCOPES':
      return errorOf({ kind: 'refused', status: 403, words }, what, error)
    case 'UNPROCESSABLE':
      return errorOf({ kind: 'refused', status: 422, words }, what, error)
    default:
      // A query that the server's schema does not know stays unknown.
      if (/cannot query field|doesn't exist on type/i.test(words)) {
        return errorOf({ kind: 'refused', status: 400, words }, what, error)
      }
      // Timeouts and "something went wrong" carry no type: they pass by themselves.
      return new RetryLater(`${what}: ${words}`, 10_000, { cause: error })
  }
}
