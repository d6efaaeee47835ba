/** Which readings of GitHub an event makes old; the echoes of our own writes are understood as nothing and drop nothing. */
import { parseKey, type RepositoryName } from '../core/ids.ts'
import type { ReadingPart } from '../core/ports.ts'
import type { Intake } from '../intake/result.ts'

/** Events that tell of one part only. An event that is not listed makes everything old: asking again is always safe. */
const partsOf: Readonly<Record<string, readonly ReadingPart[]>> = {
  check_run: ['checks'],
  check_suite: ['checks'],
  workflow_run: ['checks'],
  status: ['checks'],
  push: ['branches', 'pull', 'checks'],
  issues: ['issue'],
  issue_comment: ['issue', 'pull'],
  pull_request: ['pull', 'branches', 'checks'],
  pull_request_review: ['pull'],
  pull_request_review_comment: ['pull'],
  pull_request_review_thread: ['pull'],
}

/** The readings to drop for one delivery, by repository. */
export function staleAfter(
  event: string,
  { keys, shas, bases, installed }: Pick<Intake, 'keys' | 'shas' | 'bases' | 'installed'>,
): { repository: RepositoryName; parts: readonly ReadingPart[] | undefined }[] {
  const named = [
    ...keys.flatMap((key) => parseKey(key)?.repository ?? []),
    ...[...shas, ...bases].map(({ repository }) => repository),
    ...installed,
  ]
  const parts = Object.hasOwn(partsOf, event) ? partsOf[event] : undefined
  return [...new Set(named)].map((repository) => ({ repository, parts }))
}
