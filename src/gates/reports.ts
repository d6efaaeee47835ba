/** What the gates share that read reports which CI uploads, at the head and at the merge base (G18). */
import type { EvidenceRequest, ReportFile } from '../core/evidence.ts'
import type { Sha } from '../core/ids.ts'
import type { ReportFormat, Reports } from '../core/reports.ts'
import { code } from '../core/sentences.ts'
import type { WorkflowRun } from '../core/snapshot/pull.ts'
import { fail, type Verdict, wait } from '../core/verdict.ts'
import { ciDeadlineMs, elsewhere, startsOfPull } from './ci.ts'
import { diffRequest, type GateInput } from './gate.ts'
import type { CiReport } from './settings.ts'

export type ReportKind = keyof Reports
/** A report of one kind that can be used. */
export type Usable<K extends ReportKind> = Exclude<NonNullable<Reports[K]>, { problem: string }>
type Side = 'head' | 'base'

const kindOf: Readonly<Record<ReportFormat, ReportKind>> = {
  junit: 'tests',
  lcov: 'coverage',
  istanbul: 'coverage',
  cobertura: 'coverage',
  audit: 'audit',
  'size-limit': 'sizes',
  k6: 'latency',
  autocannon: 'latency',
  sarif: 'analysis',
}
const words: Readonly<Record<ReportKind, string>> = {
  tests: 'tests',
  coverage: 'coverage',
  audit: 'an audit',
  sizes: 'bundle sizes',
  latency: 'a load test',
  analysis: 'an analysis',
}

/** Whether policy reads this kind of report from CI. */
export const readsUploads = ({ settings }: Pick<GateInput, 'settings'>, kind: ReportKind): boolean =>
  settings.reports.some((report) => kindOf[report.format] === kind)

/** The sentence for a gate that policy gives nothing to read. */
export const notConfigured = (kinds: string, otherwise = ''): string =>
  `Not configured: name a report of ${kinds} in \`gates.reports\`${otherwise} of the policy file to switch it on.`

/** One artifact, with all reports that policy reads from it, so that it is downloaded once for all gates. */
interface Upload extends Pick<CiReport, 'workflow' | 'event' | 'base_event' | 'artifact'> {
  files: ReportFile[]
}

function uploadsOf({ settings }: GateInput, kind: ReportKind): Upload[] {
  const found = new Map<string, Upload>()
  for (const { format, path, ...from } of settings.reports) {
    const key = JSON.stringify([from.workflow, from.event, from.base_event, from.artifact])
    const known = found.get(key) ?? { ...from, files: [] }
    known.files.push({ format, path })
    found.set(key, known)
  }
  return [...found.values()].filter((one) => one.files.some(({ format }) => kindOf[format] === kind))
}

/**
 * Why there is no report yet. `reading`: we are at it. `running`: its run has not ended. `absent`: no run has measured
 * it, and one may still come. `unusable`: the run has ended, and this is what it left.
 */
interface Open {
  state: 'reading' | 'running' | 'absent' | 'unusable'
  /** Without its full stop. */
  sentence: string
}
type ReportsRequest = Extract<EvidenceRequest, { kind: 'reports' }>

/** The newest run of exactly this workflow file, event and commit (T15), as the request for its artifact. */
function requestFor(input: GateInput, upload: Upload, side: Side, sha: Sha): ReportsRequest | Open {
  const event = side === 'head' ? upload.event : upload.base_event
  const { workflow, artifact, files } = upload
  const what = `${code(workflow)} on ${code(event)} at ${placeOf(side, sha)}`
  if (side === 'head' && input.retargeted && startsOfPull(event))
    return { state: 'unusable', sentence: elsewhere.replace(/\.$/, '') }
  const runs = input.workflowRuns[side]
  if (runs === 'unknown')
    return { state: 'reading', sentence: `The runs of ${what} could not be read; they are asked for again` }
  const run = newest(runs.filter((one) => one.path === workflow && one.event === event && one.sha === sha))
  if (!run) return { state: 'absent', sentence: `${what} has not run` }
  if (!run.ended) return { state: 'running', sentence: `${what} is running` }
  // A run that failed has measured what it measured; one that was skipped or cut short may not have.
  if (run.conclusion !== 'success' && run.conclusion !== 'failure')
    return { state: 'absent', sentence: `${what} ended with ${run.conclusion ?? 'nothing'}` }
  const { id, attempt } = run
  return { kind: 'reports', sha, run: id, attempt, workflow, event, artifact, files }
}

const newest = (runs: WorkflowRun[]) => runs.sort((a, b) => b.id - a.id)[0]
const placeOf = (side: Side, sha: Sha) =>
  side === 'head' ? 'this commit' : `the merge base ${code(sha.slice(0, 7))}`

/** The diff, which tells the merge base, and the artifacts of these kinds that can be read on both sides. */
export function uploadNeeds(input: GateInput, ...kinds: ReportKind[]): EvidenceRequest[] {
  const diff = input.evidence.get(diffRequest(input))
  const wanted = kinds.flatMap((kind) => uploadsOf(input, kind))
  if (wanted.length === 0) return []
  const sides: [Side, Sha][] = [
    ['head', input.head],
    ...(diff?.ok ? [['base', diff.body.mergeBase] as [Side, Sha]] : []),
  ]
  const requests = sides.flatMap(([side, sha]) =>
    wanted.map((upload) => requestFor(input, upload, side, sha)),
  )
  return [diffRequest(input), ...requests.filter((one) => 'kind' in one)]
}

/** One kind of report on one side; those of several artifacts joined where they add up. */
function lookUp<K extends ReportKind>(
  input: GateInput,
  kind: K,
  side: Side,
  sha: Sha,
): { found: Usable<K> } | Open {
  let joined: unknown
  for (const upload of uploadsOf(input, kind)) {
    const request = requestFor(input, upload, side, sha)
    if ('state' in request) return request
    const artifact = `Artifact ${code(upload.artifact)} of ${code(upload.workflow)} at ${placeOf(side, sha)}`
    const result = input.evidence.get(request)
    if (!result) return { state: 'reading', sentence: `${artifact} is being read` }
    const unusable = (why: string): Open => ({
      state: 'unusable',
      sentence: `${artifact} cannot be used: ${why}`,
    })
    if (!result.ok) return unusable(result.reason.replace(/\.$/, ''))
    const report = result.body[kind]
    if (report === undefined) return unusable(`it holds no report of ${words[kind]}`)
    if ('problem' in report) return unusable(report.problem.replace(/\.$/, ''))
    // Of coverage, audits and sizes the first counts, as in a checkout.
    if (Array.isArray(joined) && Array.isArray(report)) joined = [...joined, ...report]
    else joined ??= report
  }
  // What stands under `kind` is of that kind.
  return joined === undefined
    ? { state: 'unusable', sentence: `Policy names no report of ${words[kind]}` }
    : { found: joined as Usable<K> }
}

const isLate = (input: GateInput) => {
  const deadline = ciDeadlineMs(input)
  return deadline !== null && input.nowMs >= deadline
}

/** The report at the head, or the verdict in its place: missing waits until CI's deadline, then fails (T16). */
export function uploadAtHead<K extends ReportKind>(
  input: GateInput,
  kind: K,
): { found: Usable<K> } | { verdict: Verdict } {
  const report = lookUp(input, kind, 'head', input.head)
  if ('found' in report) return report
  const { state, sentence } = report
  const mend = 'Mend the workflow or `gates.reports`, or run it again.'
  if (state === 'unusable') return { verdict: fail(`${sentence}. A missing report does not pass. ${mend}`) }
  if (state === 'reading' || !isLate(input)) return { verdict: wait(`${sentence}.`) }
  return {
    verdict: fail(
      `${sentence}. It had ${input.settings.ci.deadline_minutes} minutes, and a missing report does not pass. ${mend}`,
    ),
  }
}

/** The report at the merge base, `wait` while it may still come, or the sentence why there is none. */
export function uploadAtBase<K extends ReportKind>(
  input: GateInput,
  kind: K,
): { found: Usable<K> } | { verdict: Verdict } | { missing: string } {
  const diff = input.evidence.get(diffRequest(input))
  if (!diff) return { verdict: wait('The diff is being read from git; nothing to do.') }
  if (!diff.ok) return { missing: `The merge base is not known: ${diff.reason}.` }
  const report = lookUp(input, kind, 'base', diff.body.mergeBase)
  if ('found' in report) return report
  const { state, sentence } = report
  if (state === 'reading' || (state === 'running' && !isLate(input))) return { verdict: wait(`${sentence}.`) }
  return { missing: `${sentence}.` }
}

/** True while a run at the merge base is awaited: no webhook of GitHub leads from there to this pull request. */
export function awaitsBase(
  { base }: GateInput['workflowRuns'],
  { reports }: Pick<GateInput['settings'], 'reports'>,
): boolean {
  return (
    base !== 'unknown' &&
    base.some(
      (run) => !run.ended && reports.some((one) => one.workflow === run.path && one.base_event === run.event),
    )
  )
}
