/** Which readings of GitHub an event makes old; the echoes of our own writes are understood as nothing and drop nothing. */
import { parseKey, type RepositoryName } from '../core/ids.ts'
import type { ReadingPart } from '../core/ports.ts'
import type { Intake } from '../intake/result.ts'

/** Events that tell of one part only. An event that is not listed makes everything old: asking again is always safe. */
const partsOf: Readonly<Record<string, readonly ReadingPart[]>> = {
  check_run: ['checks', 'pull'],
  check_suite: ['checks', 'pull'],
  workflow_run: ['checks', 'pull', 'deployments'],
  deployment: ['deployments'],
  deployment_status: ['deployments'],
  deployment_protection_rule: ['deployments'],
  push: ['branches', 'pull', 'checks'],
  issues: ['issue'],
  issue_comment: ['issue', 'pull'],
  pull_request: ['pull', 'branches', 'checks'],
  pull_request_review: ['pull'],
  pull_request_review_comment: ['pull'],
  pull_request_review_thread: ['pull'],
}

/** The readings to drop for one delivery, by repository; none where a commit's checks or a branch that moved say it all. */
export function staleAfter(
  event: string,
  { facts, keys, hints, shas, bases, installed, checked, moved }: Omit<Intake, 'acknowledge' | 'word'>,
): { repository: RepositoryName; parts: readonly ReadingPart[] | undefined }[] {
  if (moved.length > 0 || checked.length > 0) return []
  // A press is on record, and has changed nothing that is read.
  if (facts.some(({ entry }) => entry.body.kind === 'button.pressed')) return []
  const named = [
    ...[...keys, ...hints].flatMap((key) => parseKey(key)?.repository ?? []),
    ...[...shas, ...bases].map(({ repository }) => repository),
    ...installed,
  ]
  const parts = Object.hasOwn(partsOf, event) ? partsOf[event] : undefined
  return [...new Set(named)].map((repository) => ({ repository, parts }))
}
