/** Rows to facts and back: every body is checked when it is written and again when it is read. */
import { z } from 'zod'
import { Account } from '../../core/account.ts'
import { canonicalJson } from '../../core/digest.ts'
import { Bug } from '../../core/errors.ts'
import { type EvidenceRequest, type EvidenceResult, evidenceBodies } from '../../core/evidence.ts'
import { type Fact, FactBody } from '../../core/facts.ts'
import { parseKey, type SubjectKey } from '../../core/ids.ts'
import type { NewFact } from '../../core/ports.ts'
import type { FactRow } from './chain.ts'

/** GUIDs of webhooks; also free of characters whose JSON spelling could differ between us and the database. */
const Delivery = z.string().regex(/^[A-Za-z0-9._:-]{1,100}$/)

const bodyKinds = Object.keys(evidenceBodies) as EvidenceRequest['kind'][]
const StoredEvidence = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), body: z.union(bodyKinds.map((kind) => evidenceBodies[kind])) }),
  z.object({ ok: z.literal(false), reason: z.string() }),
])

/** A subject key, or a Bug: anything else would never be found again. */
export function checkedKey(subject: SubjectKey): SubjectKey {
  if (!parseKey(subject) || !subject.isWellFormed() || subject.includes('\0')) {
    throw new Bug(`not a subject key: ${JSON.stringify(subject)}`)
  }
  return subject
}

/** A new fact, checked, and as it is written. */
export interface CheckedFact {
  actor: Account | null
  delivery: string | null
  body: FactBody
  actorText: string
  bodyText: string
}

/** Check a new fact. Throws Bug when it is not a fact: callers check what comes from outside. */
export function columnsOf(fact: NewFact): CheckedFact {
  const body = FactBody.safeParse(fact.body)
  if (!body.success) throw new Bug(`not a fact: ${z.prettifyError(body.error)}`, { cause: body.error })
  const delivery = fact.delivery === undefined ? null : Delivery.safeParse(fact.delivery).data
  if (delivery === undefined) throw new Bug(`not a delivery id: ${JSON.stringify(fact.delivery)}`)
  const actor = fact.actor === null ? null : Account.parse(fact.actor)
  return {
    actor,
    delivery,
    body: body.data,
    actorText: canonicalJson(actor),
    bodyText: canonicalJson(body.data),
  }
}

/** A fact as read. Throws Bug when the row is not what was written; `verify` says which and why. */
export function factOf(row: FactRow): Fact {
  const body = FactBody.safeParse(JSON.parse(row.body))
  const actor = Account.nullable().safeParse(JSON.parse(row.actor))
  if (!body.success || !actor.success) {
    throw new Bug(
      `fact ${row.seq} of ${row.subject} cannot be read: run "npm run countersign -- ledger verify"`,
      {
        cause: body.error ?? actor.error,
      },
    )
  }
  const { subject, seq, atMs, delivery, previousHash, hash } = row
  return { subject, seq, actor: actor.data, atMs, delivery, body: body.data, previousHash, hash }
}

/** Evidence as text. */
export function evidenceText(result: EvidenceResult): string {
  return canonicalJson(result)
}

/** Evidence as read; null when a newer or older version wrote another shape, so that it is collected again. */
export function evidenceOf(text: string): EvidenceResult | null {
  const stored: unknown = JSON.parse(text)
  // The key says which kind it is, and only the reader knows the key's meaning; parsing picks a shape that fits, and
  // the value itself is returned unchanged, since a union may fit a poorer member first.
  return StoredEvidence.safeParse(stored).success ? (stored as EvidenceResult) : null
}
