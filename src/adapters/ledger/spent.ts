/** What sessions have spent lately, summed by the database over the ends that the ledger holds (P11). */
import { and, eq, gte, like, or, sql } from 'drizzle-orm'
import { z } from 'zod'
import type { RepositoryName } from '../../core/ids.ts'
import type { Amount } from '../../core/usage.ts'
import type { Database } from './database.ts'
import type { Tables } from './tables.ts'

const Sums = z.object({ usd: z.coerce.number(), minutes: z.coerce.number(), tokens: z.coerce.number() })

/**
 * Sum cost, time and tokens. The numbers are cut out of the bodies' canonical text, since a body may hold escapes that
 * PostgreSQL's own JSON functions refuse: keys are sorted, so cost and duration stand before the deliverable and the
 * usage stands last; inside the deliverable every quote mark is escaped.
 */
export async function spentSince(
  db: Database['db'],
  facts: Tables['facts'],
  repository: RepositoryName,
  sinceMs: number,
): Promise<Amount> {
  const before = sql`split_part(${facts.body}, '"outcome":', 1)`
  const usage = sql`right(${facts.body}, 400)`
  const number = (from: typeof before, name: string) =>
    sql`coalesce(substring(${from} from ${`.*"${name}":([0-9.eE+-]+)`})::double precision, 0)`
  const tokens = ['cacheReadTokens', 'cacheWriteTokens', 'inputTokens', 'outputTokens'].map((name) =>
    number(usage, name),
  )
  const escaped = repository.replace(/[\\%_]/g, '\\$&')
  const [row] = await db
    .select({
      usd: sql`coalesce(sum(${number(before, 'costUsd')}), 0)`,
      minutes: sql`coalesce(sum(${number(before, 'durationMs')}), 0) / 60000`,
      tokens: sql`coalesce(sum(${sql.join(tokens, sql` + `)}), 0)`,
    })
    .from(facts)
    .where(
      and(
        eq(facts.kind, 'attempt.ended'),
        gte(facts.atMs, sinceMs),
        or(like(facts.subject, `task:${escaped}#%`), like(facts.subject, `pull:${escaped}#%`)),
      ),
    )
  return Sums.parse(row)
}
