/** The demo's whole script: the issue that is delivered, the issue that is stopped, and the validator of both. */
import type { RouteAnswer } from '../../src/pipeline/phases/route.ts'
import type { Validation } from '../../src/pipeline/phases/validate.ts'
import type { Script } from '../../world/model/script.ts'
import { changeSessions } from './change.ts'
import { planningSessions, reportDiscovery } from './planning.ts'
import { handIn, session, turn } from './session.ts'

/** Longer than any demo waits: the session is ended by `/agent stop`, not by its answer. */
const NEVER_MS = 600_000

const stoppedRouting: RouteAnswer = {
  route: 'feature',
  reason: 'It adds something to the output that was not there.',
}
const pass: Validation = { verdict: 'pass', objections: [] }

/** Subjects are as in the line `Subject:` of the opening message. */
export function demoScript(subjects: { delivered: string; stopped: string }): Script {
  return {
    sessions: [
      ...planningSessions(subjects.delivered),
      ...changeSessions(subjects.delivered),
      session({ phase: 'route', subject: subjects.stopped }, turn('A new output.', handIn(stoppedRouting))),
      session(
        { phase: 'discovery', subject: subjects.stopped },
        turn('The report prints the amounts.', handIn(reportDiscovery)),
      ),
      session(
        { phase: 'spec', subject: subjects.stopped },
        { text: 'This takes a while.', fault: { kind: 'slow', delayMs: NEVER_MS } },
      ),
      session({ phase: 'validate' }, turn('It follows from its inputs.', handIn(pass))),
    ],
  }
}
