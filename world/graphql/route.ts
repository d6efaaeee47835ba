/** `POST /graphql`: executes queries against GitHub's official schema over the stand-in's records. */
import { buildSchema, execute, GraphQLError, type GraphQLSchema, parse, validate } from 'graphql'
import { z } from 'zod'
import { ok, type Router } from '../github/router.ts'
import { mutations } from './mutations.ts'
import { type Context, repositoryView } from './resolvers.ts'

const Body = z.object({
  query: z.string().max(100_000),
  variables: z.record(z.string(), z.unknown()).nullish(),
  operationName: z.string().nullish(),
})

let schema: Promise<GraphQLSchema> | undefined

/** Built at the first query: the official schema is 1.2 MB of text and most tests never ask. */
function officialSchema(): Promise<GraphQLSchema> {
  schema ??= import('@octokit/graphql-schema').then((official) =>
    buildSchema(official.schema.idl, { assumeValidSDL: true, noLocation: true }),
  )
  return schema
}

function roots(context: Context) {
  return {
    repository: ({ owner, name }: { owner: string; name: string }) => repositoryView(context, owner, name),
    ...mutations(context),
  }
}

/** GitHub puts the kind of an error beside its message, not under extensions. */
function errorView(error: GraphQLError) {
  const { type } = error.extensions
  return {
    ...(typeof type === 'string' ? { type } : {}),
    ...(error.path ? { path: error.path } : {}),
    locations: error.locations ?? [],
    message: error.message,
  }
}

export function graphqlRoutes(router: Router): void {
  router.route('POST', '/graphql', { permission: 'any' }, async (call) => {
    const { query, variables, operationName } = call.parse(Body)
    const document = parse(query)
    const official = await officialSchema()
    const mistakes = validate(official, document)
    if (mistakes.length > 0) return ok({ errors: mistakes.map(errorView) })
    const result = await execute({
      schema: official,
      document,
      rootValue: roots({ site: call.site, actor: call.actor }),
      variableValues: variables ?? {},
      operationName: operationName ?? null,
    })
    // A resolver that threw anything but a GraphQL refusal is a mistake of the stand-in: it must not look like data.
    const broken = result.errors?.find(
      (one) => one.originalError && !(one.originalError instanceof GraphQLError),
    )
    if (broken?.originalError) throw broken.originalError
    return ok({
      data: result.data ?? null,
      ...(result.errors ? { errors: result.errors.map(errorView) } : {}),
    })
  })
}
