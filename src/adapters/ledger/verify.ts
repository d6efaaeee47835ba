/** Verification of all chains, a subject at a time, so that memory is bounded by the longest chain. */
import { asc, eq, gt, sql } from 'drizzle-orm'
import { union } from 'drizzle-orm/pg-core'
import type { SubjectKey } from '../../core/ids.ts'
import type { LedgerVerification } from '../../core/ports.ts'
import { type ChainHead, type FactRow, firstBrokenLink } from './chain.ts'
import type { Database } from './database.ts'
import type { Tables } from './tables.ts'

const page = 500

/** Recompute every hash; stops at the first broken link. With `subject`, only its chain. */
export async function verifyChains(
  db: Database['db'],
  tables: Tables,
  subject?: SubjectKey,
): Promise<LedgerVerification> {
  const result: LedgerVerification = { ok: true, subjects: 0, facts: 0, broken: null }
  for (let after = ''; ; ) {
    const keys = subject === undefined ? await subjectsAfter(db, tables, after) : [subject]
    for (const key of keys) {
      const { rows, head } = await chainOf(db, tables, key)
      if (rows.length === 0 && head?.length === 0) continue
      result.subjects += 1
      result.facts += rows.length
      const broken = firstBrokenLink(key, rows, head)
      if (broken) return { ...result, ok: false, broken: { subject: key, ...broken } }
    }
    after = keys.at(-1) ?? ''
    if (subject !== undefined || keys.length < page) return result
  }
}

/** Both tables are asked: a subject whose head row was deleted still has facts, and the other way round. */
async function subjectsAfter(
  db: Database['db'],
  { facts, subjects }: Tables,
  after: string,
): Promise<SubjectKey[]> {
  const heads = db.select({ subject: subjects.subject }).from(subjects).where(gt(subjects.subject, after))
  const chains = db.select({ subject: facts.subject }).from(facts).where(gt(facts.subject, after))
  const rows = await union(heads, chains).orderBy(sql`1`).limit(page)
  return rows.map((row) => row.subject)
}

/** One statement for facts and head, so that an append in between cannot look like tampering. */
async function chainOf(
  db: Database['db'],
  { facts, subjects }: Tables,
  subject: SubjectKey,
): Promise<{ rows: FactRow[]; head: ChainHead | undefined }> {
  const joined = await db
    .select({ fact: facts, head: { length: subjects.length, hash: subjects.hash } })
    .from(facts)
    .fullJoin(subjects, eq(facts.subject, subjects.subject))
    .where(sql`coalesce(${facts.subject}, ${subjects.subject}) = ${subject}`)
    .orderBy(asc(facts.seq))
  return {
    rows: joined.flatMap((row) => (row.fact ? [row.fact] : [])),
    head: joined[0]?.head ?? undefined,
  }
}
