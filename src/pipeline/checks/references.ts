/** What the candidate's added lines import and call exists, before anything is pushed (P4, G14). */
import { type Check, satisfied, withEvidence } from './check.ts'

export const references: Check = (context) => {
  const { planCommit, candidate } = context
  if (!planCommit || !candidate) return satisfied
  const request = { kind: 'references' as const, base: planCommit, head: candidate }
  return withEvidence(context, request, 'What the change refers to', ({ unresolved }) =>
    // Where only the build tool can tell, its own command judges; an invented function goes back in any case.
    unresolved
      .filter((one) => one.certain || one.kind === 'call')
      .map(({ path, line, text, why, near }) => {
        const hint = near.length > 0 ? ` Near it: ${near.join(', ')}.` : ''
        return `${path}:${line} refers to ${text}, which leads nowhere. ${why}${hint} Use what exists, or ask.`
      }),
  )
}
