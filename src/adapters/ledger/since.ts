/** Facts of some kinds over all subjects of a repository, for the team's figures; long deliverables stay where they are (O2). */
import { and, desc, eq, gte, sql } from 'drizzle-orm'
import type { Fact } from '../../core/facts.ts'
import type { RepositoryName } from '../../core/ids.ts'
import type { FactsSince } from '../../core/ports.ts'
import type { Database } from './database.ts'
import { checkedKey, factOf } from './records.ts'
import type { Tables } from './tables.ts'

/** Most facts in one answer, whatever is asked for. */
const mostFacts = 50_000

/** As in the index `facts_of_repository`; neither owner nor name can hold the characters that it splits at. */
const repositoryOf = sql.raw(`split_part(split_part(split_part("subject", ':', 2), '#', 1), '@', 1)`)

/**
 * What stands between the digest of a deliverable and the phase in the canonical body of an ended session. Every quote mark
 * inside a text is escaped, and of matches in the deliverable's own structure the last one is the body's.
 */
const afterDigest = '","kind":"deliverable"},"phase":'
const beforeDigest = ',"digest":"'
const digestLength = 64
/** Characters that hold all that stands before and after a deliverable: its neighbours are short. */
const longestBeginning = 2500
const longestEnd = 1500

/** The latest facts that were asked for, oldest first; `more` when older ones had to be left out. */
export async function factsSince(
  db: Database['db'],
  { facts }: Pick<Tables, 'facts'>,
  repository: RepositoryName,
  { kinds, sinceMs, limit, subjects }: FactsSince,
): Promise<{ facts: Fact[]; more: boolean }> {
  const most = Math.min(limit, mostFacts)
  const among = (column: typeof facts.kind | typeof facts.subject, values: readonly string[]) =>
    sql`${column} = any(${sql.param(values)}::text[])`
  // A regular expression would try every place of a long body: this looks from the end for a fixed text.
  const fromEnd = sql`strpos(reverse(right(${facts.body}, ${longestEnd}::integer)), reverse(${afterDigest}::text))`
  const kept = afterDigest.length + digestLength + beforeDigest.length - 1
  const begin = sql`split_part(left(${facts.body}, ${longestBeginning}::integer), '"outcome":', 1) || '"outcome":{"deliverable":null'`
  const short = sql`${begin} || right(${facts.body}, ${fromEnd} + ${kept}::integer)`
  const rows = await db
    .select({
      subject: facts.subject,
      seq: facts.seq,
      kind: facts.kind,
      actor: facts.actor,
      atMs: facts.atMs,
      delivery: facts.delivery,
      body: sql<string>`case when ${facts.kind} = 'attempt.ended' and ${fromEnd} > 0 then ${short} else ${facts.body} end`,
      previousHash: facts.previousHash,
      hash: facts.hash,
    })
    .from(facts)
    .where(
      and(
        eq(repositoryOf, repository),
        gte(facts.atMs, sinceMs),
        among(facts.kind, kinds),
        ...(subjects ? [among(facts.subject, subjects.map(checkedKey))] : []),
      ),
    )
    .orderBy(desc(facts.atMs), desc(facts.subject), desc(facts.seq))
    .limit(most + 1)
  return { facts: rows.slice(0, most).reverse().map(factOf), more: rows.length > most }
}
