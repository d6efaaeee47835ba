/** Facts about where the sessions of a task may run. */
import { z } from 'zod'
import { sentence } from './shared.ts'

/** The task is pinned to in-house endpoints for good: a label that is taken away later opens no way out (P10). */
const pinned = z.object({ kind: z.literal('task.sensitive'), why: sentence })

export const providerFacts = [pinned] as const
