/** A verdict: what a gate says, always with the human sentence that the check run, the board and tests read. */
import { z } from 'zod'

/** One line of a file that a verdict points at; line numbers are 1-based at the head SHA. */
export const Annotation = z.object({
  path: z.string().max(4096),
  startLine: z.number().int().positive(),
  endLine: z.number().int().positive(),
  level: z.enum(['notice', 'warning', 'failure']),
  message: z.string().max(4000),
})
export type Annotation = z.infer<typeof Annotation>

/** pass: fine. flag: a person must look and accept. wait: an input is missing yet. fail: blocked. */
export type VerdictState = 'pass' | 'flag' | 'wait' | 'fail'

export interface Verdict {
  state: VerdictState
  /** One sentence: what was found, by which rule, and (unless pass) who can change it and what to do next. */
  sentence: string
  annotations?: Annotation[]
}

export const pass = (sentence: string): Verdict => ({ state: 'pass', sentence })
export const flag = (sentence: string, annotations: Annotation[] = []): Verdict => ({
  state: 'flag',
  sentence,
  annotations,
})
export const wait = (sentence: string): Verdict => ({ state: 'wait', sentence })
export const fail = (sentence: string, annotations: Annotation[] = []): Verdict => ({
  state: 'fail',
  sentence,
  annotations,
})
