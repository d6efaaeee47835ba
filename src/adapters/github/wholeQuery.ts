/** Asking for all that may come with one query, of servers whose GraphQL knows all of it. */
import type { z } from 'zod'
import type { Access } from './access.ts'
import type { Client } from './client.ts'
import { GitHubRefusal } from './failures.ts'
import type { GraphqlQuery } from './graphqlErrors.ts'

/** Servers whose GraphQL does not know all that is asked beside the thing itself, by their answer; REST tells it there. */
const plain = new WeakSet<Client>()

/** @param alone the same query without what an older server may not know. */
export async function askWhole<S extends z.ZodType>(
  client: Client,
  access: Access,
  { whole, alone }: { whole: GraphqlQuery; alone: GraphqlQuery },
  variables: object,
  schema: S,
): Promise<z.output<S>> {
  const asked = (query: GraphqlQuery) => client.graphql(access, query, variables, schema)
  if (plain.has(client)) return asked(alone)
  try {
    return await asked(whole)
  } catch (error) {
    if (!(error instanceof GitHubRefusal) || error.status !== 400) throw error
    plain.add(client)
    return asked(alone)
  }
}
