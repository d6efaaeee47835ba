/** Every citation resolves at the base commit, decided by code and never by a model (P4). */
import { z } from 'zod'
import { Citation } from '../../core/citation.ts'
import { type Check, objects, satisfied, withEvidence } from './check.ts'

/** Where discoveries and plans keep their citations. */
const Citing = z.object({
  citations: z.array(Citation).optional(),
  interfaces: z.array(z.object({ citation: Citation })).optional(),
  conventions: z.array(z.object({ citation: Citation })).optional(),
})

/** The citations of a deliverable; null when they do not have the agreed shape. */
export function citationsOf(deliverable: unknown): Citation[] | null {
  const parsed = Citing.safeParse(deliverable)
  if (!parsed.success) return null
  const { citations: direct = [], interfaces = [], conventions = [] } = parsed.data
  return [...direct, ...interfaces.map((one) => one.citation), ...conventions.map((one) => one.citation)]
}

export const citations: Check = (context) => {
  const all = citationsOf(context.deliverable)
  if (all === null) return objects('The citations of the deliverable do not have the agreed shape.')
  if (all.length === 0) return satisfied
  const request = { kind: 'citations' as const, base: context.base, citations: all.slice(0, 100) }
  return withEvidence(context, request, 'Whether the citations resolve', ({ results }) =>
    results
      .filter((result) => !result.resolved)
      .map(({ citation, reason, nearby }) => {
        const near = (nearby ?? [])
          .slice(0, 3)
          .map(({ line, text }) => `line ${line}: ${text.trim().slice(0, 160)}`)
        const hint = near.length > 0 ? ` Near it stands ${near.join(' | ')}.` : ''
        return `The citation ${citation.path}:${citation.line} "${citation.quote.slice(0, 160)}" does not resolve at the base commit${reason ? ` (${reason.slice(0, 200).replace(/\.$/, '')})` : ''}.${hint} Cite what is there, list it in newSymbols if it does not exist yet, or ask.`
      }),
  )
}
