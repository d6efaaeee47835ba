/** The tables as Drizzle sees them, in a schema of the operator's choice, so that tests can share one server. */
import { bigint, boolean, integer, pgSchema, primaryKey, text, uniqueIndex } from 'drizzle-orm/pg-core'

/**
 * Bodies are canonical JSON in `text`, not `jsonb`: the hash covers these very characters, and JSON text escapes NUL and
 * lone surrogates, which PostgreSQL refuses in any other form. Nothing is lost on the way there and back.
 */
export function tablesIn(schemaName: string) {
  const schema = pgSchema(schemaName)
  const facts = schema.table(
    'facts',
    {
      subject: text('subject').notNull(),
      seq: integer('seq').notNull(),
      kind: text('kind').notNull(),
      actor: text('actor').notNull(),
      atMs: bigint('at_ms', { mode: 'number' }).notNull(),
      delivery: text('delivery'),
      body: text('body').notNull(),
      previousHash: text('previous_hash').notNull(),
      hash: text('hash').notNull(),
    },
    (table) => [
      primaryKey({ columns: [table.subject, table.seq] }),
      uniqueIndex('facts_once').on(table.subject, table.delivery, table.kind),
    ],
  )
  /** One row a subject: the head of its chain, which also is the lock that serialises appends. */
  const subjects = schema.table('subjects', {
    subject: text('subject').primaryKey(),
    length: integer('length').notNull(),
    hash: text('hash').notNull(),
    open: boolean('open').notNull(),
    /** Number of the sweep's look that last returned it; 0 is never. */
    visit: bigint('visit', { mode: 'number' }).notNull(),
  })
  const evidence = schema.table('evidence', {
    key: text('key').primaryKey(),
    result: text('result').notNull(),
  })
  const transcripts = schema.table('transcripts', {
    session: text('session').primaryKey(),
    transcript: text('transcript').notNull(),
  })
  const settings = schema.table('settings', {
    name: text('name').primaryKey(),
    value: text('value').notNull(),
  })
  const intents = schema.table('intents', { key: text('key').primaryKey() })
  return { schemaName, facts, subjects, evidence, transcripts, settings, intents }
}

export type Tables = ReturnType<typeof tablesIn>
