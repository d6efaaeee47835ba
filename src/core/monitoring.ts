/** Monitoring: where a figure about a running service is read, what a probe of it asks, and what an alert says (R1, R3). */
import { z } from 'zod'

const longestUrl = 2000
const longestSentence = 500

/** An address that policy may name: http or https, without a user, a password or a fragment (T35). */
const address = z
  .string()
  .max(longestUrl)
  .refine((text) => {
    const url = URL.canParse(text) ? new URL(text) : null
    return url !== null && /^https?:$/.test(url.protocol) && !url.username && !url.password && !url.hash
  }, "must be an http or https URL without user, password or #fragment; tokens are the operator's to set")

/** RFC 6901: empty, or a part after each `/`, with `~0` for `~` and `~1` for `/`. */
const pointer = z
  .string()
  .max(1000)
  .regex(/^(\/([^~/]|~[01])*)*$/, 'must be a JSON pointer such as /data/0/value')

/** Where one figure is read. */
export const MonitorSource = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('prometheus'),
    /** The server without `/api/v1`; a path in front of it is kept. */
    url: address,
    /** PromQL that gives one number: a scalar, or a vector of exactly one series. */
    query: z.string().min(1).max(4000),
  }),
  z.strictObject({
    kind: z.literal('json'),
    url: address,
    /** To a number. */
    pointer,
  }),
])
export type MonitorSource = z.infer<typeof MonitorSource>

/** One figure as it was read, in the unit of its source, or the sentence why there is none. It is never judged here. */
export const MonitorReading = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), value: z.number() }),
  z.object({ ok: z.literal(false), reason: z.string().min(1).max(longestSentence) }),
])
export type MonitorReading = z.infer<typeof MonitorReading>

/** One request to a deployed service, and what its answer must be. */
export const ProbeCheck = z
  .strictObject({
    name: z.string().min(1).max(100),
    method: z.enum(['GET', 'HEAD', 'POST']).default('GET'),
    /** Joined to the address of the deployment, whose own path is kept; it cannot lead to another host. */
    path: z
      .string()
      .max(1000)
      .regex(/^\/(?![/\\])[^\s\\#]*$/, 'must start with one / and hold no space, backslash or #'),
    status: z.int().min(100).max(599).default(200),
    /** All must hold of the answer's JSON. */
    assertions: z
      .array(
        z.strictObject({
          pointer,
          equals: z.union([z.string().max(1000), z.number(), z.boolean(), z.null()]),
        }),
      )
      .max(20)
      .default([]),
    timeoutSeconds: z.int().min(1).max(60).default(10),
    /** Further attempts when one fails. */
    retries: z.int().min(0).max(5).default(2),
  })
  .refine((check) => check.method !== 'HEAD' || check.assertions.length === 0, {
    path: ['assertions'],
    message: 'HEAD has no body to look into; use GET',
  })
export type ProbeCheck = z.infer<typeof ProbeCheck>

/** How a probe ended; the sentence says what was asked and what came back, either way. */
export const ProbeResult = z.object({
  name: z.string().max(100),
  ok: z.boolean(),
  sentence: z.string().min(1).max(longestSentence),
})
export type ProbeResult = z.infer<typeof ProbeResult>

/** A message to people in a channel that the operator named. Its text is plain; the adapter escapes it for its channel. */
export const AlertMessage = z.object({
  /** The same for the message that raises an alert and for the one that ends it. */
  episode: z.string().min(1).max(200),
  kind: z.enum(['raised', 'recovered']),
  title: z.string().min(1).max(200),
  text: z.string().max(3000),
  /** Where to read on; a page of the forge. */
  url: z.string().max(longestUrl).nullable(),
})
export type AlertMessage = z.infer<typeof AlertMessage>
