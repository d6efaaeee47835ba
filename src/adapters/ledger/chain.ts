/** The hash chain of one subject: what a fact's hash covers, and how a broken link is told (O1). Pure. */
import { canonicalJson, sha256 } from '../../core/digest.ts'
import { FactBody } from '../../core/facts.ts'
import type { Digest, SubjectKey } from '../../core/ids.ts'

/** A row of the facts table as read, JSON still as text. */
export interface FactRow {
  subject: string
  seq: number
  kind: string
  actor: string
  atMs: number
  delivery: string | null
  body: string
  previousHash: string
  hash: string
}

/** What the subject's row says about its chain; it shows when facts at the end are gone. */
export interface ChainHead {
  length: number
  hash: string
}

/** The hash before the first fact of a subject. */
export function genesisHash(subject: SubjectKey): Digest {
  return sha256(subject)
}

/** SHA-256 of the canonical JSON of {actor, atMs, body, delivery, kind, previousHash, seq, subject}. */
export function factHash(row: Omit<FactRow, 'hash'>): Digest {
  const { actor, body, ...rest } = row
  // actor and body are canonical JSON already, and "actor" and "body" are where the sorted order has them.
  const text = [
    `"actor":${actor}`,
    `"atMs":${rest.atMs}`,
    `"body":${body}`,
    `"delivery":${canonicalJson(rest.delivery)}`,
    `"kind":${canonicalJson(rest.kind)}`,
    `"previousHash":${canonicalJson(rest.previousHash)}`,
    `"seq":${rest.seq}`,
    `"subject":${canonicalJson(rest.subject)}`,
  ].join(',')
  return sha256(`{${text}}`)
}

/** The first link that does not hold, or null. `rows` are all facts of the subject in order of `seq`. */
export function firstBrokenLink(
  subject: SubjectKey,
  rows: readonly FactRow[],
  head: ChainHead | undefined,
): { seq: number; reason: string } | null {
  let previous = genesisHash(subject)
  for (const [index, row] of rows.entries()) {
    const reason = whatIsWrong(row, index, previous)
    if (reason) return { seq: index, reason }
    previous = row.hash
  }
  if (!head)
    return { seq: rows.length, reason: 'the subject has no head row, so facts at its end may be missing' }
  if (head.length > rows.length) {
    return { seq: rows.length, reason: `${head.length - rows.length} fact(s) at the end are missing` }
  }
  if (head.length < rows.length || head.hash !== previous) {
    return { seq: rows.length - 1, reason: 'the recorded head of the chain is not the last fact' }
  }
  return null
}

function whatIsWrong(row: FactRow, index: number, previous: Digest): string | null {
  if (row.seq !== index) return `fact ${index} is missing; the next one present is ${row.seq}`
  if (row.previousHash !== previous) return 'it does not name the hash of the fact before it'
  if (factHash(row) !== row.hash) return 'its contents were changed after it was recorded'
  const body = FactBody.safeParse(parsed(row.body))
  if (!body.success) return 'its body is not a fact that this version of Countersign knows'
  return body.data.kind === row.kind ? null : 'its kind is not the kind of its body'
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The schema refuses undefined, which gives the sentence above.
    return undefined
  }
}
