/** The plan commit's message: the plan in prose for people, and its canonical data in one fenced block (T2, T43). */
import { canonicalJson } from './digest.ts'
import { commitSubject, outgoingCommitText } from './outgoingText.ts'
import { type Plan, PlanRecord, planDigest } from './plan.ts'

const opening = '```countersign-plan'
const closing = '```'
/** Largest message that is parsed, UTF-16 units: the evidence of commits is cut there too. */
const longestMessage = 200_000

/**
 * The message of the plan commit of a record. Deterministic, ASCII in its data, and free of trailers, mentions,
 * references and CI-skip words whatever the model wrote.
 *
 * @throws when the record does not fit its schema: the host renders only what it has validated.
 */
export function renderPlanMessage(given: PlanRecord): string {
  const record = PlanRecord.parse(given)
  const { plan } = record
  return [
    commitSubject('Plan', plan.summary),
    '',
    `For issue ${record.issue}, route ${record.route}${record.profile ? `, profile ${record.profile}` : ''}. Approving this plan approves digest`,
    `${planDigest(record)}`,
    '',
    outgoingCommitText(plan.summary),
    '',
    'Steps',
    ...plan.steps.map(
      (step, index) => `${index + 1}. ${outgoingCommitText(`${step.title} - ${step.detail}`)}`,
    ),
    '',
    'Files',
    ...plan.files.map(
      (file) => `- ${file.change} ${outgoingCommitText(file.path)} - ${outgoingCommitText(file.why)}`,
    ),
    '',
    'Tests',
    ...testLines(plan),
    '',
    'Documentation',
    ...documentationLines(plan),
    ...section('New symbols', plan.newSymbols),
    ...section(
      'Builds on',
      plan.citations.map(({ path, line, quote }) => `${path} line ${line}, ${quote}`),
    ),
    ...section('Risks', plan.risks),
    '',
    opening,
    encodeData(record),
    closing,
    '',
  ].join('\n')
}

function testLines({ tests }: Plan): string[] {
  return tests.kind === 'none'
    ? [`none, because ${outgoingCommitText(tests.reason)}`]
    : tests.names.map((name) => `- ${outgoingCommitText(name)}`)
}

function documentationLines({ documentation }: Plan): string[] {
  return documentation.kind === 'none'
    ? [`none, because ${outgoingCommitText(documentation.reason)}`]
    : documentation.paths.map((path) => `- ${outgoingCommitText(path)}`)
}

function section(title: string, items: readonly string[]): string[] {
  return items.length === 0 ? [] : ['', title, ...items.map((item) => `- ${outgoingCommitText(item)}`)]
}

/** Canonical JSON on one line; inside strings everything but letters, digits, space, `.`, `_` and `/` is `\uXXXX`. */
function encodeData(record: PlanRecord): string {
  return canonicalJson(record).replace(/"(?:[^"\\]|\\.)*"/g, (literal) => {
    const value: unknown = JSON.parse(literal)
    return `"${String(value).replace(/[^A-Za-z0-9 ._/]/g, escapeUnit)}"`
  })
}

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
}

export type PlanMessageParse = { ok: true; record: PlanRecord } | { ok: false; reason: string }

/**
 * Read a plan commit's message. It counts only when rendering the data it carries gives the same bytes back, so prose
 * that disagrees with its data, a second block, or an added trailer is no plan (T43).
 *
 * @returns the record, or one sentence on why the message is not a plan of this version.
 */
export function parsePlanMessage(message: string): PlanMessageParse {
  if (message.length > longestMessage) return refused('it is longer than a plan can be')
  const lines = message.split('\n')
  const starts = lines.flatMap((line, index) => (line === opening ? [index] : []))
  const [start] = starts
  if (start === undefined) return refused('it has no plan block')
  if (starts.length > 1) return refused('it has more than one plan block')
  let data: unknown
  try {
    data = JSON.parse(lines[start + 1] ?? '')
  } catch (error) {
    return refused(
      `its plan block is not JSON (${error instanceof Error ? error.message.slice(0, 80) : 'unreadable'})`,
    )
  }
  const parsed = PlanRecord.safeParse(data)
  if (!parsed.success) return refused('its plan block does not have the shape of a plan')
  if (renderPlanMessage(parsed.data) !== message)
    return refused('its text is not what its own data renders to')
  return { ok: true, record: parsed.data }
}

function refused(why: string): PlanMessageParse {
  return { ok: false, reason: `The commit message is not a plan: ${why}.` }
}
