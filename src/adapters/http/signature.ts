/** GitHub's webhook signature: HMAC-SHA-256 over the raw body, compared in constant time (T33). */
import { createHmac, timingSafeEqual } from 'node:crypto'

const format = /^sha256=[0-9a-f]{64}$/

/** True when the header has the form of a signature; what has not is refused before the body is read. */
export function isSignature(header: string | undefined): header is string {
  return header !== undefined && format.test(header)
}

/** The header that a body must come with. */
export function sign(secret: string, body: Uint8Array | string): string {
  return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`
}

/** Whether the body was signed with the secret. */
export function verifySignature(secret: string, body: Uint8Array, header: string): boolean {
  const expected = Buffer.from(sign(secret, body))
  const given = Buffer.from(header)
  return expected.length === given.length && timingSafeEqual(expected, given)
}
