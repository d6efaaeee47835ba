/** The split: an epic's deliverable, the child issues that a person starts together, and what that word binds to (D5, A2). */
import { z } from 'zod'
import { Bundle } from './bundle.ts'
import { digestOf } from './digest.ts'
import { Digest } from './ids.ts'

/** How a child is named by its siblings, before it has a number. */
export const ChildKey = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'lower-case letters, digits and -, at most 40')
export type ChildKey = z.infer<typeof ChildKey>

/** References that all children together may name: each is looked up on GitHub. */
export const mostReferences = 120

/** A child runs a route of its own; an epic inside an epic would have no end that a person has seen. */
const ChildRoute = z.enum(['feature', 'hotfix'])

export const SplitChild = z.strictObject({
  key: ChildKey.describe('A short name of your choice, by which other children depend on this one.'),
  title: z.string().trim().min(1).max(150),
  route: ChildRoute.describe('hotfix for a fault whose repair is small; feature for everything else.'),
  bundle: Bundle.describe('Complete for somebody who reads nothing else.'),
  covers: z
    .array(z.number().int().positive().max(50))
    .max(50)
    .describe('1-based numbers of the acceptance criteria of the epic that this child helps to meet.'),
  dependsOn: z
    .array(ChildKey)
    .max(20)
    .describe('Keys of the children that must be merged before this one may start.'),
})
export type SplitChild = z.infer<typeof SplitChild>

export const Split = z.strictObject({
  summary: z.string().trim().min(1).max(2000).describe('How the parts add up to the epic, for a person.'),
  children: z.array(SplitChild).min(1).max(50),
})
export type Split = z.infer<typeof Split>

/** The split and what it was made for, so that a copied split is not this split (T43). */
export const SplitRecord = z.object({
  version: z.literal(1),
  repositoryId: z.number().int().positive(),
  issue: z.number().int().positive(),
  /** Digest of the frozen bundle of the epic. */
  delegationDigest: Digest,
  /** 32 hex digits out of the ledger's chain, which no session sees. */
  nonce: z.string().regex(/^[0-9a-f]{32}$/),
  split: Split,
})
export type SplitRecord = z.infer<typeof SplitRecord>

/** What a person starts: the digest of the whole record. */
export function splitDigest(record: SplitRecord): Digest {
  return digestOf(record)
}

/**
 * The children so that each comes after those it depends on; otherwise in the order in which they were handed in.
 *
 * @returns what can be put in order; a child that is missing from it waits for itself, or for a child that is not there.
 */
export function inOrder(children: readonly SplitChild[]): SplitChild[] {
  const ordered: SplitChild[] = []
  for (let left = [...children]; left.length > 0; ) {
    const done = new Set(ordered.map((child) => child.key))
    const ready = left.filter((child) => child.dependsOn.every((key) => done.has(key)))
    if (ready.length === 0) break
    ordered.push(...ready)
    left = left.filter((child) => !ready.includes(child))
  }
  return ordered
}
