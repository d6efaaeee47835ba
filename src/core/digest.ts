/** Canonical JSON and the digests over it: what approvals, evidence and the ledger bind to. */
import { createHash } from 'node:crypto'
import type { Digest } from './ids.ts'

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

/**
 * JSON text with object keys sorted by code unit and no white space, so that equal values have equal text.
 * Members that are `undefined` are left out, as JSON.stringify does. Throws on NaN and infinities, which JSON
 * would silently turn into null.
 */
export function canonicalJson(value: unknown): string {
  if (typeof value === 'number' && !Number.isFinite(value))
    throw new RangeError(`not a JSON number: ${value}`)
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null'
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`)
  return `{${members.join(',')}}`
}

/** SHA-256 of a text (as UTF-8) or of bytes. */
export function sha256(data: string | Uint8Array): Digest {
  return createHash('sha256').update(data).digest('hex')
}

/** SHA-256 of the canonical JSON of a value. */
export function digestOf(value: unknown): Digest {
  return sha256(canonicalJson(value))
}
