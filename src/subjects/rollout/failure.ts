/** What becomes of a deployment that failed or is held: its record, its rollback, and why there may be none (R4). */
import { digestOf } from '../../core/digest.ts'
import type { FactBody } from '../../core/facts.ts'
import { matchesGlob } from '../../core/glob.ts'
import { type Digest, environmentId, type Sha } from '../../core/ids.ts'
import { code, listed } from '../../core/sentences.ts'
import type { RolloutSnapshot } from '../../core/snapshot/rollout.ts'
import type { Policy } from '../../policy/schema.ts'
import { stepsOf } from '../../rollout/range.ts'
import { wayBack } from '../../rollout/settings.ts'
import type { RolloutState, Seen } from '../../rollout/state.ts'
import { filesOf, wayOf } from './needs.ts'
import type { RolloutVerdicts } from './verdicts.ts'

/** What the buttons on a held deployment carry: that deployment, as it was held. */
export function heldDigest(environment: string, { id, held }: Seen): Digest {
  return digestOf({ held: environmentId(environment), deployment: id, at: held?.seq ?? null })
}

/** Whether a person decides what becomes of it: it stands here, it is held, and nobody has decided yet. */
export function awaitsPerson({ current, seen }: RolloutState, one: Seen): boolean {
  const { held, failed, ended } = one
  return (
    current?.id === one.id &&
    held !== null &&
    (failed !== null || ended?.body.outcome === 'held') &&
    ended?.body.outcome !== 'healthy' &&
    !seen.some(({ intent }) => intent?.body.replaces === one.id)
  )
}

/** The change failed: put on record with what it brought, and, where that can be done, its rollback announced. */
export function failure(
  snapshot: RolloutSnapshot<Policy>,
  verdicts: RolloutVerdicts,
  seen: Seen,
  sentence: string,
): FactBody[] {
  const keeps = keptBecause(snapshot, verdicts, seen)
  const failed = failedFact(snapshot, verdicts, seen, sentence, keeps)
  if (keeps === null) return [failed, ...rollbackTo(snapshot, verdicts, seen)]
  return [
    failed,
    { kind: 'rollout.held', deployment: seen.id, sentence: `It is not rolled back by itself: ${keeps}.` },
  ]
}

export function failedFact(
  snapshot: RolloutSnapshot<Policy>,
  verdicts: RolloutVerdicts,
  { id: deployment, sha }: Seen,
  sentence: string,
  keeps: string | null,
): Extract<FactBody, { kind: 'rollout.failed' }> {
  const steps = stepsBrought(snapshot, verdicts, sha)
  const { standing: from } = verdicts.state
  return { kind: 'rollout.failed', deployment, sha, from, steps, sentence: sentence.slice(0, 4000), keeps }
}

/** What a commit brought to what stood before; only itself where git has not told. */
export function stepsBrought(
  { evidence }: RolloutSnapshot<Policy>,
  { state }: RolloutVerdicts,
  sha: Sha,
): Sha[] {
  const way = wayOf(state.standing, sha)
  const read = way && evidence.get(way)
  return read?.ok ? stepsOf(read.body.commits, sha).slice(-250) : [sha]
}

export function rollbackTo(
  { facts }: RolloutSnapshot<Policy>,
  { state, settings }: RolloutVerdicts,
  seen: Seen,
): FactBody[] {
  const { healthy } = state
  const { workflow } = wayBack(settings, facts)
  // guard: onlyHealthy
  if (!healthy || healthy.sha === seen.sha) return []
  return [
    {
      kind: 'deploy.intended',
      purpose: 'rollback',
      sha: healthy.sha,
      from: seen.sha,
      replaces: seen.id,
      way: workflow === null ? 'create' : 'dispatch',
      workflow,
      bound: null,
    },
  ]
}

/** Why nothing is rolled back by itself, or null. */
function keptBecause(
  { evidence, facts }: RolloutSnapshot<Policy>,
  { state, settings }: RolloutVerdicts,
  seen: Seen,
): string | null {
  const { healthy, standing } = state
  if (!healthy) return 'no commit is known that was healthy here'
  if (healthy.sha === seen.sha) return 'it is itself the last commit that was healthy here'
  const back = wayBack(settings, facts)
  const request = filesOf(back, standing, seen.sha)
  if (!request) return null
  const files = evidence.get(request)
  // guard: irreversible
  if (!files?.ok) return 'whether it can be taken back is not known, since its files could not be read'
  const paths = files.body.files.flatMap(({ path, renamedFrom }) =>
    renamedFrom ? [path, renamedFrom] : [path],
  )
  const hit = paths.filter((path) => back.irreversible.some((glob) => matchesGlob(glob, path)))
  return hit.length > 0
    ? `policy says that ${listed(
        hit.map((path) => code(path)),
        3,
      )} cannot be taken back (${code('irreversible')})`
    : null
}
