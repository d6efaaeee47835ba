/** G4: known weaknesses of dependencies; findings are told apart from a registry that did not answer. */
import { commandRequest } from '../core/commandSettings.ts'
import type { AuditReport } from '../core/reports.ts'
import { code, count, listed } from '../core/sentences.ts'
import { fail, flag, pass, type Verdict } from '../core/verdict.ts'
import { commandAt, judgeExit } from './command.ts'
import { type Gate, type GateInput, worst } from './gate.ts'
import { notConfigured, readsUploads, uploadAtHead, uploadNeeds } from './reports.ts'

const order: readonly AuditReport['findings'][number]['severity'][] = [
  'info',
  'low',
  'moderate',
  'high',
  'critical',
  'unknown',
]

export const audit: Gate = {
  id: 'audit',
  requirement: 'G4',
  title: 'Dependency audit',
  about:
    'The audit that policy names (npm, pnpm or OSV-Scanner), run in the sandbox or by CI, finds no weakness of moderate severity or worse; a registry that did not answer is no pass.',
  reads: 'command or report',
  acceptedBy: 'senior',
  off: (input) =>
    input.commands.audit || readsUploads(input, 'audit')
      ? null
      : notConfigured('format `audit`', ' or under `commands.audit.reports`'),
  needs: (input) => {
    const request = commandRequest(input.commands, 'audit', input.head)
    return [...(request ? [request] : []), ...uploadNeeds(input, 'audit')]
  },
  evaluate: (input) =>
    worst([
      ...(input.commands.audit ? [ofCommand(input)] : []),
      ...(readsUploads(input, 'audit') ? [ofCi(input)] : []),
    ]),
}

function ofCi(input: GateInput): Verdict {
  const report = uploadAtHead(input, 'audit')
  return 'verdict' in report ? report.verdict : judge(input, report.found)
}

function ofCommand(input: GateInput): Verdict {
  const result = commandAt(input, 'audit')
  if ('verdict' in result) return result.verdict
  const { body } = result
  if (body.stoppedBy) return judgeExit(input, 'audit', body)
  const wanted = input.commands.audit?.reports.some((report) => report.format === 'audit') ?? false
  // Without a report the exit code is all there is; with one it says only that something was found, at any severity.
  if (!wanted) return judgeExit(input, 'audit', body)
  if (!body.audit)
    return fail('The audit report that policy names was not written. Correct its path in policy.')
  if ('problem' in body.audit)
    return fail(
      `The audit report cannot be used: ${body.audit.problem} Correct its path or format in policy.`,
    )
  return judge(input, body.audit)
}

function judge(input: GateInput, report: AuditReport): Verdict {
  if (report.unreachable !== null)
    return flag(
      `The audit could not ask the registry (${code(report.unreachable)}), so nothing is known about the dependencies. Make it reachable and push, or a senior accepts it with the Accept button.`,
    )
  const { minimum } = input.settings.audit
  const counted = report.findings.filter((one) => order.indexOf(one.severity) >= order.indexOf(minimum))
  const below = report.findings.length - counted.length
  if (counted.length === 0)
    return pass(
      below === 0
        ? 'No known weakness of a dependency.'
        : `No known weakness of severity ${minimum} or worse; ${count(below, 'lesser one')}.`,
    )
  const named = counted.map(
    (one) => `${code(one.name)} (${one.severity}${one.title ? `: ${code(one.title, 80)}` : ''})`,
  )
  return fail(
    `${count(counted.length, 'dependency has', 'dependencies have')} a known weakness of severity ${minimum} or worse: ${listed(named, 3)}. Update or replace it and push.`,
  )
}
