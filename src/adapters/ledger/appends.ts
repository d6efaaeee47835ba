/** Appends: those that wait at the same time go to the database in one statement, and share its one commit. */
import { type SQL, sql } from 'drizzle-orm'
import { Bug } from '../../core/errors.ts'
import type { Fact } from '../../core/facts.ts'
import type { SubjectKey } from '../../core/ids.ts'
import { awayBy, type Database } from './database.ts'
import type { CheckedFact } from './records.ts'

/** Appends in one statement; the next ones wait for the one after. */
const mostTogether = 50
/** Characters of facts in one statement, unless a single append has more. */
const mostCharacters = 4_000_000
/** Statements under way at once: while one is committed the next is filled. */
const statementsAtOnce = 2

export interface Append {
  subject: SubjectKey
  atMs: number
  /** Nothing is written when the chain has another length. */
  ifLength: number | null
  facts: readonly CheckedFact[]
}

interface Written {
  call: number
  index: number
  seq: number
  previousHash: string
  hash: string
}

interface Waiting {
  append: Append
  characters: number
  done: (facts: Fact[] | null) => void
  failed: (error: unknown) => void
}

/**
 * Appends to the chains of a schema.
 *
 * One append is as before: linked, hashed and committed before it resolves, all or nothing. Sharing a commit only makes
 * fewer of them. When a statement fails by the fault of one of its appends, each is tried alone and has its own outcome.
 */
export function createAppends(
  db: Database['db'],
  schemaName: string,
): (append: Append) => Promise<Fact[] | null> {
  const write = preparedWrite(db, schemaName)
  const waiting: Waiting[] = []
  let underWay = 0

  const next = () => {
    if (underWay >= statementsAtOnce || waiting.length === 0) return
    underWay += 1
    const together = waiting.splice(0, howMany(waiting))
    void send(together).then(() => {
      underWay -= 1
      next()
    })
  }

  /** Never rejects: each append is told its own outcome. */
  const send = async (together: Waiting[]): Promise<void> => {
    // Locks of several subjects are taken in one order, so that two statements never wait for each other.
    together.sort(bySubject)
    let rows: Written[]
    try {
      rows = await write(together.map(({ append }) => append))
    } catch (error) {
      // A backend that is away fails them all alike.
      if (together.length === 1 || awayBy(error)) for (const { failed } of together) failed(error)
      else for (const one of together) await send([one])
      return
    }
    const byCall = Map.groupBy(rows, ({ call }) => call)
    for (const [call, { append, done, failed }] of together.entries()) {
      try {
        done(outcomeOf(append, byCall.get(call) ?? []))
      } catch (error) {
        failed(error)
      }
    }
  }

  return (append) =>
    new Promise((done, failed) => {
      const characters = append.facts.reduce((sum, { bodyText }) => sum + bodyText.length, 0)
      waiting.push({ append, characters, done, failed })
      next()
    })
}

const bySubject = ({ append: { subject: a } }: Waiting, { append: { subject: b } }: Waiting) =>
  Number(a > b) - Number(a < b)

function howMany(waiting: readonly Waiting[]): number {
  let characters = 0
  const over = waiting.findIndex((one) => {
    characters += one.characters
    return characters > mostCharacters
  })
  return Math.min(mostTogether, over < 0 ? waiting.length : Math.max(1, over))
}

/** Prepared once a connection: this is what every webhook waits for. */
function preparedWrite(db: Database['db'], schemaName: string): (appends: Append[]) => Promise<Written[]> {
  const given = sql.placeholder
  const called: SQL = sql`${sql.raw(`"${schemaName}".append_together`)}(${given('subjects')}::text[],
    ${given('atMs')}::bigint[], ${given('lengths')}::integer[], ${given('counts')}::integer[], ${given('kinds')}::text[],
    ${given('actors')}::text[], ${given('deliveries')}::text[], ${given('bodies')}::text[])`
  const prepared = db
    .select({
      call: sql<number>`call`,
      index: sql<number>`index`,
      seq: sql<number>`seq`,
      previousHash: sql<string>`previous_hash`,
      hash: sql<string>`hash`,
    })
    .from(called)
    .prepare(`append_${schemaName}`)
  return (appends) => {
    const facts = appends.flatMap((append) => append.facts)
    return prepared.execute({
      subjects: appends.map(({ subject }) => subject),
      atMs: appends.map(({ atMs }) => atMs),
      lengths: appends.map(({ ifLength }) => ifLength),
      counts: appends.map((append) => append.facts.length),
      kinds: facts.map(({ body }) => body.kind),
      actors: facts.map(({ actorText }) => actorText),
      deliveries: facts.map(({ delivery }) => delivery),
      bodies: facts.map(({ bodyText }) => bodyText),
    })
  }
}

function outcomeOf({ subject, atMs, facts }: Append, rows: readonly Written[]): Fact[] | null {
  if (rows[0]?.index === -1) return null
  return rows.map(({ index, seq, previousHash, hash }) => {
    const fact = facts[index]
    if (!fact) throw new Bug(`the database wrote fact ${index} of ${facts.length}`)
    const { actor, body, delivery } = fact
    return { subject, seq, actor, atMs, delivery, body, previousHash, hash }
  })
}
