/** Facts about where the sessions of a task may run, and how much they may spend. */
import { z } from 'zod'
import { Amount } from '../usage.ts'
import { sentence } from './shared.ts'

/** The task is pinned to in-house endpoints for good: a label that is taken away later opens no way out (P10). */
const pinned = z.object({ kind: z.literal('task.sensitive'), why: sentence })

/** Somebody who may has raised what this task may spend, by so much (P11). */
const raised = z.object({ kind: z.literal('budget.raised'), by: Amount })

export const providerFacts = [pinned, raised] as const
