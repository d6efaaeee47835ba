/** Parts that the schemas of facts share. */
import { z } from 'zod'

/** Place of a fact in its subject's chain. */
export const seq = z.number().int().nonnegative()
export const sentence = z.string().max(4000)
