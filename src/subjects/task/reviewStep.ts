/** What becomes of the review session's findings: objections to the sessions that wrote the work, and one COMMENT review. */
import type { EvidenceRequest } from '../../core/evidence.ts'
import { outgoingText } from '../../core/outgoingText.ts'
import { count } from '../../core/sentences.ts'
import {
  authorOf,
  type Finding,
  findingsForPeople,
  findingText,
  sentBackSince,
} from '../../pipeline/findings.ts'
import { Review } from '../../pipeline/phases/review.ts'
import type { PhaseId } from '../../pipeline/settings.ts'
import { acceptedHead, deliverableOf, routeOf, stateOf } from '../../pipeline/taskState.ts'
import type { TaskContext } from './context.ts'
import { type Step, step } from './verdicts.ts'

/** Characters of one objection, and of all findings that a review lists in its text. */
const longestObjection = 4000
const listed = 40

/**
 * The step that sends problems inside the plan back to the sessions that wrote it, or null when there are none. Their
 * attempts count like any other (P3): at the cap, or when a problem comes back word for word, a person takes over.
 */
export function objectionStep(context: TaskContext): Step | null {
  const { issued } = context
  const review = Review.safeParse(deliverableOf(context, 'review'))
  const head = acceptedHead(context, 'review')
  if (!issued || !review.success || head === null) return null
  const { after } = routeOf(context)
  const back = new Map<PhaseId, Finding[]>()
  for (const finding of review.data.findings) {
    const phase = authorOf(finding, issued.body.record.plan, after)
    if (phase) back.set(phase, [...(back.get(phase) ?? []), finding])
  }
  const records = [...back].flatMap(([phase, findings]): Step['records'] => {
    const { progress } = stateOf(context, phase)
    if (progress.state !== 'accepted') return []
    return [
      {
        kind: 'attempt.judged',
        phase,
        attempt: progress.attempt.attempt,
        by: 'review',
        verdict: 'objections',
        objections: findings.map((finding) => findingText(finding).slice(0, longestObjection)),
        head,
      },
    ]
  })
  if (records.length === 0) return null
  const problems = [...back.values()].flat().length
  return step(
    'machine',
    `The review session found ${count(problems, 'problem')} in the change; the ${[...back.keys()].join(' and ')} session goes on with ${problems === 1 ? 'it' : 'them'}.`,
    { records },
  )
}

/**
 * What is left for people, as one COMMENT review on the commit that the last review session read. It waits for the diff,
 * since a finding can stand beside a line only where the change added it.
 */
export function postedReview(context: TaskContext): Pick<Step, 'effects' | 'needs'> {
  const { issued, snapshot } = context
  const review = Review.safeParse(deliverableOf(context, 'review'))
  const sha = acceptedHead(context, 'review')
  const { pull, repository } = snapshot
  if (!issued || !review.success || !pull || sha === null) return { effects: [], needs: [] }
  const marker = `review:${sha.slice(0, 12)}`
  // A list that could not be read may hold it: then nothing is posted in this round.
  if (pull.reviews === 'unknown' || pull.reviews.some((one) => one.marker === marker))
    return { effects: [], needs: [] }
  const diff: EvidenceRequest = { kind: 'diff', base: issued.body.commit, head: sha }
  const collected = snapshot.evidence.get(diff)
  if (!collected) return { effects: [], needs: [diff] }
  const added = new Map(
    collected.ok && 'files' in collected.body
      ? collected.body.files.map((file) => [file.path, new Set(file.added.map(({ line }) => line))])
      : [],
  )
  const { progress } = stateOf(context, 'review')
  const last = progress.state === 'accepted' ? progress.attempt.attempt : 0
  const { plan } = issued.body.record
  const found = findingsForPeople(context.facts, issued.seq, plan, routeOf(context).after)
  // Lines that an earlier review named may have moved since, so only the last one's findings stand beside their lines.
  const placed = found.filter(
    ({ attempt, finding }) => attempt === last && added.get(finding.path)?.has(finding.line),
  )
  const rest = found.filter((one) => !placed.includes(one)).map(({ finding }) => findingText(finding))
  const settled = sentBackSince(context.facts, issued.seq).flatMap(({ body }) => body.objections)
  const body = [
    outgoingText(review.data.summary, { most: 3000 }),
    ...list('Also found:', rest),
    ...list('Sent back to the session that wrote it, and worked on before this review:', settled),
    '',
    'Written by the review session. It approves nothing; people do.',
  ].join('\n')
  return {
    needs: [diff],
    effects: [
      {
        kind: 'postReview',
        repository: repository.name,
        number: pull.pull.number,
        sha,
        marker,
        body,
        comments: placed.map(({ finding: { path, line, severity, body: text } }) => ({
          path,
          line,
          body: `**${severity}** ${outgoingText(text, { most: 1500 })}`,
        })),
      },
    ],
  }
}

function list(title: string, texts: readonly string[]): string[] {
  if (texts.length === 0) return []
  const lines = texts.slice(0, listed).map((text) => `- ${outgoingText(text, { inline: true, most: 1200 })}`)
  const more = texts.length > listed ? [`- and ${texts.length - listed} more`] : []
  return ['', title, '', ...lines, ...more]
}
