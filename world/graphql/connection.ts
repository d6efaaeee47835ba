/** GraphQL lists in pages: `first`/`after` forwards, `last`/`before` backwards, as every GitHub connection has them. */
import { GraphQLError } from 'graphql'

export type PageArguments = { first?: number; after?: string | null; last?: number; before?: string | null }

const PAGE_LIMIT = 100

const cursorOf = (index: number) => Buffer.from(`cursor:${index}`).toString('base64')
const indexOf = (cursor: string) =>
  Number(
    Buffer.from(cursor, 'base64')
      .toString('utf8')
      .replace(/^cursor:/, ''),
  )

/** One page of a list. GitHub wants `first` or `last`, between 1 and 100. */
export function connection<T>(items: readonly T[], page: PageArguments) {
  const size = page.first ?? page.last
  if (size === undefined) {
    throw new GraphQLError('You must provide a `first` or `last` value to properly paginate.', {
      extensions: { type: 'MISSING_PAGINATION_BOUNDARIES' },
    })
  }
  if (size < 1 || size > PAGE_LIMIT) {
    throw new GraphQLError(`Requesting ${size} records exceeds the limit of ${PAGE_LIMIT} records.`, {
      extensions: { type: 'EXCESSIVE_PAGINATION' },
    })
  }
  const from = page.after ? indexOf(page.after) + 1 : 0
  const to = page.before ? indexOf(page.before) : items.length
  const start = page.first === undefined ? Math.max(from, to - size) : from
  const end = page.first === undefined ? to : Math.min(to, from + size)
  const nodes = items.slice(start, end)
  return {
    totalCount: items.length,
    nodes,
    pageInfo: {
      hasPreviousPage: start > 0,
      hasNextPage: end < items.length,
      startCursor: nodes.length > 0 ? cursorOf(start) : null,
      endCursor: nodes.length > 0 ? cursorOf(end - 1) : null,
    },
  }
}
