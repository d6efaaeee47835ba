/** Who is looking: a sealed cookie, so that any process can read it and none has to keep it (T36). */
import { hkdfSync } from 'node:crypto'
import { EncryptJWT, errors, jwtDecrypt } from 'jose'
import { z } from 'zod'
import { Account } from '../core/account.ts'
import type { Clock } from '../core/ports.ts'

/** A person who has signed in; the token is theirs, and never leaves the cookie but for GitHub. */
export const Session = z.object({ account: Account, token: z.string().min(1).max(500) })
export type Session = z.infer<typeof Session>

/** A sign-in under way, in the browser that began it: GitHub's answer counts nowhere else. */
export const SigningIn = z.object({ state: z.string().length(43), to: z.string().max(2000) })
export type SigningIn = z.infer<typeof SigningIn>

/** Seals what is of one kind: a cookie of another kind, or of another key, does not open. */
export interface Seal<T> {
  /** @param expiresMs App clock, milliseconds since 1970; rounded down to a second. */
  close(value: T, expiresMs: number): Promise<string>
  /** Null when it was not sealed here, was changed, has expired, or is of another kind. */
  open(text: string | undefined): Promise<T | null>
}

/** Cookies hold no more than this. */
const longest = 3800

/** @param secret the App's client secret: a new one signs everybody out. */
export function createSeal<T>(
  kind: 'session' | 'signing-in',
  schema: z.ZodType<T>,
  { secret, clock }: { secret: string; clock: Clock },
): Seal<T> {
  const key = new Uint8Array(hkdfSync('sha256', secret, '', `countersign board ${kind} 1`, 32))
  return {
    close: (value, expiresMs) =>
      new EncryptJWT({ value })
        .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
        .setExpirationTime(Math.floor(expiresMs / 1000))
        .encrypt(key),
    async open(text) {
      if (text === undefined || text.length > longest) return null
      try {
        const { payload } = await jwtDecrypt(text, key, {
          keyManagementAlgorithms: ['dir'],
          contentEncryptionAlgorithms: ['A256GCM'],
          requiredClaims: ['exp'],
          currentDate: new Date(clock.nowMs()),
        })
        return schema.safeParse(payload['value']).data ?? null
      } catch (error) {
        // Whatever a browser sends is expected; anything else is ours.
        if (error instanceof errors.JOSEError) return null
        throw error
      }
    },
  }
}
