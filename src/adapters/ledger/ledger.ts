/** The Ledger port over any database of the two: facts in hash chains, and what is kept beside them. */
import { and, asc, eq, getTableColumns, gt, inArray, like, sql } from 'drizzle-orm'
import { Bug } from '../../core/errors.ts'
import type { EvidenceResult } from '../../core/evidence.ts'
import type { Fact } from '../../core/facts.ts'
import type { Digest, SubjectKey } from '../../core/ids.ts'
import type { Clock, Ledger } from '../../core/ports.ts'
import { createAppends } from './appends.ts'
import { type Database, reaching } from './database.ts'
import { latestSubjects } from './latest.ts'
import { checkedKey, columnsOf, evidenceOf, evidenceText, factOf } from './records.ts'
import { factsSince } from './since.ts'
import { spentSince } from './spent.ts'
import type { Tables } from './tables.ts'
import { verifyChains } from './verify.ts'

/** Facts in one append, keys in one statement, subjects in one answer. */
const maximumFacts = 500
const maximumKeys = 2000
const maximumSubjects = 10_000

/** The ledger over an open, migrated database. Closing the ledger closes the database. */
export function createLedger({ db, ping, close }: Database, tables: Tables, clock: Clock): Ledger {
  const { facts, subjects, evidence, transcripts, settings, intents } = tables
  const append = createAppends(db, tables.schemaName)
  const visits = sql.raw(`'"${tables.schemaName}".visits'`)

  const factsFrom = async (subject: SubjectKey, afterSeq: number): Promise<Fact[]> => {
    const found = and(eq(facts.subject, checkedKey(subject)), gt(facts.seq, afterSeq))
    return (await db.select().from(facts).where(found).orderBy(asc(facts.seq))).map(factOf)
  }

  const ledger: Ledger = {
    async append(subject, newFacts, options = {}) {
      if (newFacts.length > maximumFacts) throw new Bug(`${newFacts.length} facts in one append`)
      return append({
        subject: checkedKey(subject),
        atMs: clock.nowMs(),
        ifLength: options.ifLength ?? null,
        facts: newFacts.map(columnsOf),
      })
    },
    facts: (subject) => factsFrom(subject, -1),
    factsAfter: factsFrom,

    spentSince: (repository, sinceMs) => spentSince(db, facts, repository, sinceMs),
    factsSince: (repository, wanted) => factsSince(db, tables, repository, wanted),

    async openSubjects(limit) {
      const next = db
        .select({ subject: subjects.subject })
        .from(subjects)
        .where(eq(subjects.open, true))
        .orderBy(asc(subjects.visit), asc(subjects.subject))
        .limit(Math.min(limit, maximumSubjects))
        .for('update', { skipLocked: true })
      const visited = await db
        .update(subjects)
        .set({ visit: sql`nextval(${visits})` })
        .where(inArray(subjects.subject, next))
        .returning({ subject: subjects.subject })
      return visited.map((row) => row.subject)
    },
    async setOpen(subject, open) {
      const hash = sql`encode(sha256(convert_to(${checkedKey(subject)}::text, 'UTF8')), 'hex')`
      await db
        .insert(subjects)
        .values({ subject, open, hash, length: 0, visit: 0 })
        .onConflictDoUpdate({ target: subjects.subject, set: { open } })
    },
    async isOpen(subject) {
      const [row] = await db
        .select({ open: subjects.open })
        .from(subjects)
        .where(eq(subjects.subject, subject))
      return row?.open === true
    },
    async subjects({ prefix = '', limit = maximumSubjects } = {}) {
      const rows = await db
        .select({ subject: subjects.subject })
        .from(subjects)
        .where(like(subjects.subject, `${prefix.replaceAll(/[\\%_]/g, '\\$&')}%`))
        .orderBy(asc(subjects.subject))
        .limit(Math.min(limit, maximumSubjects))
      return rows.map((row) => row.subject)
    },

    latest: ({ repository, limit }) =>
      latestSubjects(db, tables, { repository: repository ?? null, limit: Math.min(limit, maximumSubjects) }),

    // One window of a rollout may have taken more samples than one statement holds keys (R3).
    async evidence(keys) {
      const found = new Map<Digest, EvidenceResult>()
      for (let from = 0; from < keys.length; from += maximumKeys) {
        const some = keys.slice(from, from + maximumKeys)
        for (const row of await db.select().from(evidence).where(inArray(evidence.key, some))) {
          const result = evidenceOf(row.result)
          if (result) found.set(row.key, result)
        }
      }
      return found
    },
    async putEvidence(key, body) {
      const result = evidenceText(body)
      await db
        .insert(evidence)
        .values({ key, result })
        .onConflictDoUpdate({ target: evidence.key, set: { result } })
    },
    async transcript(session) {
      const [row] = await db.select().from(transcripts).where(eq(transcripts.session, session))
      return row ? (JSON.parse(row.transcript) as unknown) : null
    },
    async putTranscript(session, value) {
      const transcript = JSON.stringify(value)
      await db
        .insert(transcripts)
        .values({ session, transcript })
        .onConflictDoUpdate({ target: transcripts.session, set: { transcript } })
    },
    async setting(name) {
      const [row] = await db.select().from(settings).where(eq(settings.name, name))
      return row ? (JSON.parse(row.value) as string) : null
    },
    async putSetting(name, text) {
      const value = JSON.stringify(text)
      await db
        .insert(settings)
        .values({ name, value })
        .onConflictDoUpdate({ target: settings.name, set: { value } })
    },
    async intend(key) {
      const rows = await db
        .insert(intents)
        .values({ key })
        .onConflictDoNothing()
        .returning(getTableColumns(intents))
      return rows.length > 0
    },

    verify: (subject) => verifyChains(db, tables, subject),
    ping,
    close,
  }
  return reachingLedger(ledger)
}

/** The same ledger with every error of a backend that is away turned into RetryLater. */
function reachingLedger(ledger: Ledger): Ledger {
  return {
    append: (...given) => reaching(() => ledger.append(...given)),
    facts: (...given) => reaching(() => ledger.facts(...given)),
    factsAfter: (...given) => reaching(() => ledger.factsAfter(...given)),
    openSubjects: (...given) => reaching(() => ledger.openSubjects(...given)),
    setOpen: (...given) => reaching(() => ledger.setOpen(...given)),
    isOpen: (...given) => reaching(() => ledger.isOpen(...given)),
    spentSince: (...given) => reaching(() => ledger.spentSince(...given)),
    factsSince: (...given) => reaching(() => ledger.factsSince(...given)),
    subjects: (...given) => reaching(() => ledger.subjects(...given)),
    latest: (...given) => reaching(() => ledger.latest(...given)),
    evidence: (...given) => reaching(() => ledger.evidence(...given)),
    putEvidence: (...given) => reaching(() => ledger.putEvidence(...given)),
    transcript: (...given) => reaching(() => ledger.transcript(...given)),
    putTranscript: (...given) => reaching(() => ledger.putTranscript(...given)),
    setting: (...given) => reaching(() => ledger.setting(...given)),
    putSetting: (...given) => reaching(() => ledger.putSetting(...given)),
    intend: (...given) => reaching(() => ledger.intend(...given)),
    verify: (...given) => reaching(() => ledger.verify(...given)),
    ping: () => reaching(() => ledger.ping()),
    close: () => ledger.close(),
  }
}
