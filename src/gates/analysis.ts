/** G17, G18: results of static analysis that are new against the merge base, read from SARIF reports of CI at both. */
import type { AnalysisFinding } from '../core/reports.ts'
import { code, count, listed } from '../core/sentences.ts'
import { type Annotation, fail, flag, pass, type Verdict } from '../core/verdict.ts'
import { diffRequest, type Gate, type GateInput } from './gate.ts'
import { notConfigured, readsUploads, uploadAtBase, uploadAtHead, uploadNeeds } from './reports.ts'

const accepts = 'A senior accepts it with the Accept button.'

export const analysis: Gate = {
  id: 'static-analysis',
  requirement: 'G17',
  title: 'Static analysis',
  about:
    'Results in SARIF reports that the merge base does not have: errors fail, warnings are flagged and notes pass, unless policy says otherwise.',
  reads: 'report',
  acceptedBy: 'senior',
  off: (input) => (readsUploads(input, 'analysis') ? null : notConfigured('format `sarif`')),
  needs: (input) => uploadNeeds(input, 'analysis'),
  evaluate: (input) => {
    const head = uploadAtHead(input, 'analysis')
    if ('verdict' in head) return head.verdict
    const base = uploadAtBase(input, 'analysis')
    if ('verdict' in base) return base.verdict
    if (!('missing' in base)) return judge(input, newAt(input, head.found, base.found))
    if (head.found.every((one) => input.settings.analysis[one.level] === 'pass'))
      return judge(input, head.found)
    return flag(
      `The analysis has ${count(head.found.length, 'result')}. ${base.missing} So nobody knows which are new. ${accepts}`,
      annotations(input, head.found),
    )
  },
}

/**
 * The findings of the head beyond those of the base. A finding is known again by tool, rule, file (under its old name
 * too) and fingerprint, or its message where there is none, never by its line; two alike at the head need two at the base.
 */
function newAt(
  input: GateInput,
  head: readonly AnalysisFinding[],
  base: readonly AnalysisFinding[],
): AnalysisFinding[] {
  const diff = input.evidence.get(diffRequest(input))
  const renamed = new Map(
    diff?.ok
      ? diff.body.files.flatMap((file) => (file.renamedFrom ? [[file.renamedFrom, file.path]] : []))
      : [],
  )
  const keyOf = ({ tool, rule, path, fingerprint, message }: AnalysisFinding) =>
    JSON.stringify([tool, rule, path, fingerprint || message])
  const known = new Map<string, number>()
  for (const one of base) {
    for (const path of new Set([one.path, renamed.get(one.path ?? '') ?? one.path])) {
      const key = keyOf({ ...one, path })
      known.set(key, (known.get(key) ?? 0) + 1)
    }
  }
  return head.filter((one) => {
    const key = keyOf(one)
    const left = known.get(key) ?? 0
    known.set(key, left - 1)
    return left <= 0
  })
}

function judge(input: GateInput, found: readonly AnalysisFinding[]): Verdict {
  const by = (outcome: 'fail' | 'flag') =>
    found.filter((one) => input.settings.analysis[one.level] === outcome)
  const [failing, flagged] = [by('fail'), by('flag')]
  const shown = annotations(input, found)
  if (failing.length > 0)
    return fail(`${said(failing)} Mend it and push; levels are set in \`gates.analysis\`.`, shown)
  if (flagged.length > 0) return flag(`${said(flagged)} Mend it and push. ${accepts}`, shown)
  return pass(
    found.length === 0
      ? 'The analysis has no result that the merge base does not have.'
      : `The analysis has ${count(found.length, 'new result')} of a level that policy lets pass.`,
  )
}

function said(found: readonly AnalysisFinding[]): string {
  const named = found.map(
    (one) => `${code(one.rule)} ${one.path ? `at ${code(placeOf(one))}` : 'without a place'}`,
  )
  return `The analysis has ${count(found.length, 'result')} that the merge base does not have: ${listed(named, 3)}.`
}

const placeOf = ({ path, line }: AnalysisFinding) => (line === null ? `${path}` : `${path}:${line}`)
const order = { error: 0, warning: 1, note: 2 } as const
const level = { error: 'failure', warning: 'warning', note: 'notice' } as const

/** On the lines concerned, the worst first; a result without a place shows in the sentence alone. */
function annotations(input: GateInput, found: readonly AnalysisFinding[]): Annotation[] {
  return found
    .filter((one) => input.settings.analysis[one.level] !== 'pass')
    .sort((a, b) => order[a.level] - order[b.level])
    .flatMap((one) =>
      one.path === null
        ? []
        : [
            {
              path: one.path,
              startLine: one.line ?? 1,
              endLine: one.line ?? 1,
              level: level[one.level],
              message: `${one.tool}, ${one.rule}: ${one.message}`,
            },
          ],
    )
    .slice(0, 200)
}
