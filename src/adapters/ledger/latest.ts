/** The subjects that something was last recorded of: what the board lists (O2). */
import { and, desc, eq, like, or, sql } from 'drizzle-orm'
import type { RepositoryName } from '../../core/ids.ts'
import type { LatestSubject } from '../../core/ports.ts'
import type { Database } from './database.ts'
import type { Tables } from './tables.ts'

/** A subject without a fact has nothing to be listed by. */
export async function latestSubjects(
  db: Database['db'],
  { facts, subjects }: Pick<Tables, 'facts' | 'subjects'>,
  { repository, limit }: { repository: RepositoryName | null; limit: number },
): Promise<LatestSubject[]> {
  const of = repository?.replace(/[\\%_]/g, '\\$&')
  const last = and(eq(facts.subject, subjects.subject), eq(facts.seq, sql`${subjects.length} - 1`))
  return db
    .select({ key: subjects.subject, open: subjects.open, atMs: facts.atMs })
    .from(subjects)
    .innerJoin(facts, last)
    .where(
      of === undefined
        ? undefined
        : or(
            like(subjects.subject, `task:${of}#%`),
            like(subjects.subject, `pull:${of}#%`),
            like(subjects.subject, `group:${of}@%`),
            like(subjects.subject, `rollout:${of}@%`),
          ),
    )
    .orderBy(desc(facts.atMs), desc(subjects.subject))
    .limit(limit)
}
