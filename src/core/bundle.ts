/** The delegation bundle: what a person must say before an agent may draft (D2). */
import { z } from 'zod'

export const riskClasses = ['low', 'medium', 'high'] as const

const text = z.string().trim().min(1).max(4000)

export const Criterion = z.object({ statement: text, passExample: text, failExample: text })

export const Bundle = z.object({
  goal: text,
  criteria: z.array(Criterion).min(1).max(50),
  constraints: z.array(text).min(1).max(50),
  /** Paths, `#12`, `owner/repo#12` or GitHub URLs that resolve. */
  priorArt: z.array(z.string().trim().min(1).max(500)).min(1).max(50),
  riskClass: z.enum(riskClasses),
})
export type Bundle = z.infer<typeof Bundle>
