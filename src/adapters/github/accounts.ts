/** Accounts as GitHub's two APIs spell them, brought into one form. */
import { z } from 'zod'
import type { Account } from '../../core/account.ts'

/** An account in REST answers. A type that we do not know is treated as a bot: bots approve nothing. */
export const RestAccount = z.object({
  id: z.number().int().nonnegative(),
  login: z.string().max(255),
  type: z.enum(['User', 'Bot', 'Organization', 'Mannequin']).catch('Bot'),
})

/** An account in GraphQL answers, asked for with `accountFields`. */
export const GraphqlActor = z.object({
  __typename: z.string(),
  login: z.string(),
  databaseId: z.number().int().nonnegative().nullish(),
})

/** The fields that every actor in a query must ask for. */
export const accountFields = `fragment Who on Actor {
  __typename login
  ... on User { databaseId }
  ... on Bot { databaseId }
  ... on Organization { databaseId }
  ... on Mannequin { databaseId }
}`

/**
 * A GraphQL actor as an account. Bots lose their `[bot]` ending in GraphQL and get it back here, so that one account
 * has one login. Null where GitHub tells no id: such an account is nobody's.
 */
export function accountOfActor(actor: z.infer<typeof GraphqlActor> | null | undefined): Account | null {
  if (!actor || typeof actor.databaseId !== 'number') return null
  const type = RestAccount.shape.type.parse(actor.__typename)
  const login = type === 'Bot' && !actor.login.endsWith('[bot]') ? `${actor.login}[bot]` : actor.login
  return { id: actor.databaseId, login, type }
}

/** Who stands for deleted accounts on GitHub; it has no role anywhere. */
export const ghost: Account = { id: 10_137, login: 'ghost', type: 'User' }

/** A 64-bit id, which GraphQL writes as text. */
export const BigId = z.union([z.string().regex(/^\d{1,16}$/), z.number().int()]).transform(Number)
