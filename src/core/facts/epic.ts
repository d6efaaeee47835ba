/** Facts of an epic and of its children: what was started by whom, which issues were made, how each stands (D5). */
import { z } from 'zod'
import { Account } from '../account.ts'
import { Digest } from '../ids.ts'
import { ChildKey, SplitRecord } from '../split.ts'
import { seq } from './shared.ts'

/** A person has started the split as it was shown; `by` delegates every child of it (D1). */
const approved = z.object({
  kind: z.literal('split.approved'),
  digest: Digest,
  record: SplitRecord,
  by: Account,
  /** seq of the command. */
  request: seq,
})

const ofChild = { split: Digest, child: ChildKey }
/** Recorded before the issue is made, so that a run after a crash knows that it must look for it (S7). */
const intended = z.object({ kind: z.literal('child.intended'), ...ofChild })
const opened = z.object({
  kind: z.literal('child.opened'),
  ...ofChild,
  issue: z.number().int().positive(),
})
/** Every child that this one depends on is merged: it may begin. */
const released = z.object({ kind: z.literal('child.released'), ...ofChild })

/** On the child: that it was delegated by starting the split, by whom (the actor), and where that is on record. */
const delegated = z.object({
  kind: z.literal('child.delegated'),
  /** Key of the epic. */
  parent: z.string().max(400),
  ...ofChild,
  /** seq of `split.approved` in the parent's chain. */
  approval: seq,
  dependsOn: z.array(z.number().int().positive()).max(50),
})

/** How a child stands, as its epic shows it. */
export const childStates = ['waits', 'working', 'approval', 'person', 'stopped', 'merged', 'closed'] as const
export const ChildState = z.enum(childStates)
export type ChildState = z.infer<typeof ChildState>

/** On the child: how it stands from here on. */
const state = z.object({
  kind: z.literal('child.state'),
  state: ChildState,
  pull: z.number().int().positive().nullable(),
})

export const epicFacts = [approved, intended, opened, released, delegated, state] as const
