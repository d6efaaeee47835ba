/** The plan: the deliverable that a person countersigns, and the canonical record that becomes the plan commit. */
import { z } from 'zod'
import { ProfileName } from './agentProfile.ts'
import { Citation, RepositoryPath } from './citation.ts'
import { digestOf } from './digest.ts'
import { Digest } from './ids.ts'

export const routes = ['feature', 'hotfix', 'epic'] as const
export const Route = z.enum(routes)
export type Route = z.infer<typeof Route>

const sentence = z.string().trim().min(1).max(2000)

/** The planning session's deliverable. For a hotfix the diagnosis hands in the same shape (D5). */
export const Plan = z.object({
  summary: sentence,
  steps: z
    .array(z.object({ title: z.string().trim().min(1).max(200), detail: sentence }))
    .min(1)
    .max(30),
  /** Every file the change will touch (P12); a rename lists both names. */
  files: z
    .array(z.object({ path: RepositoryPath, change: z.enum(['add', 'modify', 'delete']), why: sentence }))
    .min(1)
    .max(300),
  /** Exported names that do not exist yet: only their absence may make a new test fail to load (P5). */
  newSymbols: z.array(z.string().min(1).max(200)).max(200),
  citations: z.array(Citation).min(1).max(100),
  tests: z.discriminatedUnion('kind', [
    /** Names of the tests that must be red on the base and green on the result. */
    z.object({ kind: z.literal('required'), names: z.array(z.string().min(1).max(300)).min(1).max(100) }),
    z.object({ kind: z.literal('none'), reason: sentence }),
  ]),
  documentation: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('required'), paths: z.array(RepositoryPath).min(1).max(50) }),
    z.object({ kind: z.literal('none'), reason: sentence }),
  ]),
  risks: z.array(sentence).max(30),
})
export type Plan = z.infer<typeof Plan>

/** What the plan commit carries: the plan and what it was made for, so that a copied plan is not this plan (T43). */
export const PlanRecord = z.object({
  version: z.literal(1),
  repositoryId: z.number().int().positive(),
  issue: z.number().int().positive(),
  route: Route,
  /** The agent profile that made it and will carry it out; absent for that of the plain label (P13). */
  profile: ProfileName.optional(),
  /** Digest of the frozen delegation bundle. */
  delegationDigest: Digest,
  /** 32 hex digits drawn by the host when the plan was issued. */
  nonce: z.string().regex(/^[0-9a-f]{32}$/),
  plan: Plan,
})
export type PlanRecord = z.infer<typeof PlanRecord>

/** What a person approves: the digest of the canonical record (A2). */
export function planDigest(record: PlanRecord): Digest {
  return digestOf(record)
}
