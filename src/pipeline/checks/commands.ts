/** The pre-commit gates: policy's commands pass on the candidate before anything is pushed (P6). */
import type { CommandName } from '../../core/evidence.ts'
import { type Check, commandAt, satisfied, together, withEvidence } from './check.ts'

const names: readonly CommandName[] = ['typecheck', 'lint', 'test', 'integration', 'build', 'audit']

/** Characters of a command's output that go back to the session. */
const outputShown = 2500

export const commands: Check = (context) => {
  const { candidate } = context
  if (!candidate) return satisfied
  return together(
    names.flatMap((name) => {
      const request = commandAt(context, name, candidate)
      if (!request) return []
      const result = withEvidence(context, request, `The result of \`${name}\``, (body) => {
        if (body.stoppedBy)
          return [`\`${name}\` (${request.spec.run}) was stopped by its limit on ${body.stoppedBy}.`]
        if (body.exitCode === 0) return []
        // No session can make a registry answer; the audit gate shows it to a person (G4).
        if (body.audit && 'unreachable' in body.audit && body.audit.unreachable !== null) return []
        return [
          `\`${name}\` (${request.spec.run}) fails with exit code ${body.exitCode}. The end of its output:\n${body.outputTail.slice(-outputShown)}`,
        ]
      })
      return [{ ...result, commands: result.objections.length > 0 ? [name] : [] }]
    }),
  )
}
