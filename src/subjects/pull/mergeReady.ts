/** Whether a pull request may be merged at this very snapshot, and why not (A5). */
import { code, listed } from '../../core/sentences.ts'
import type { PullSnapshot } from '../../core/snapshot/pull.ts'
import { openFixes } from '../../fix/state.ts'
import type { Policy } from '../../policy/schema.ts'
import type { PullVerdicts } from './verdicts.ts'

/** Ready only when everything is green in one complete observation; the first thing that is missing is named. */
export function judgeMerge(
  snapshot: PullSnapshot<Policy>,
  alone: Pick<PullVerdicts, 'missing' | 'treatment' | 'plan' | 'gates' | 'review'>,
  shared: PullVerdicts['shared'],
): PullVerdicts['merge'] {
  const no = (sentence: string) => ({ ready: false, sentence })
  const { pull, policy } = snapshot
  if (!policy.ok) return no(policy.sentence)
  if (pull.state !== 'open') return no(`This pull request is ${pull.state}.`)
  const { mode, auto, method } = policy.policy.merge
  if (mode === 'checks' && !auto)
    return no(
      "Policy lets GitHub merge (`merge.mode: checks`): press GitHub's own Merge button when the checks are green.",
    )
  const { enforcement } = snapshot
  if (mode === 'checks' && enforcement !== 'unknown' && enforcement.rules?.mergeQueue)
    return no(
      `${code(pull.base.ref)} has a merge queue: put it in with GitHub's own "Merge when ready" when the checks are green.`,
    )
  if (alone.missing.length > 0)
    return no(`Could not be read: ${listed(alone.missing, 3)}. Ask again in a minute.`)
  if (pull.draft) return no('It is still a draft. Mark it as ready for review, then ask again.')
  if (openFixes(snapshot.facts).length > 0)
    return no(
      'A fix of review comments is in work. Ask again when its replies are there, or stop it with `/agent stop`.',
    )
  const checks = shared ?? {
    plan: alone.plan.verdict,
    gates: alone.gates.verdict,
    review: alone.review.verdict,
  }
  // guard: planApproved
  for (const name of ['plan', 'gates', 'review'] as const) {
    const own = alone[name].verdict
    if (own.state !== 'pass') return no(`${code(`countersign/${name}`)} is not green: ${own.sentence}`)
    if (checks[name].state !== 'pass')
      return no(`${code(`countersign/${name}`)} is not green: ${checks[name].sentence}`)
  }
  const unsigned = method === 'merge' && asksSignatures(snapshot) ? unsignedOf(snapshot) : []
  if (unsigned.length > 0)
    return no(
      `${code(pull.base.ref)} takes signed commits only, and GitHub has not verified the signature of ${listed(unsigned, 3)}. Make them again signed, or have ${code('merge.method: squash')} put into the policy: then GitHub makes and signs the one commit that lands.`,
    )
  if (pull.mergeable === 'conflicting')
    return no(
      `It conflicts with ${code(pull.base.ref)}. Bring that branch in, push, and have the result approved.`,
    )
  return { ready: true, sentence: 'Everything is green at this commit.' }
}

const asksSignatures = ({ pull, enforcement }: PullSnapshot<Policy>): boolean =>
  pull.signaturesRequired === true ||
  (enforcement !== 'unknown' && enforcement.rules?.signaturesRequired === true)

const unsignedOf = ({ commits }: PullSnapshot<Policy>): string[] =>
  commits === 'unknown'
    ? ['commits that could not be read']
    : commits.filter(({ verified }) => !verified).map(({ sha }) => code(sha.slice(0, 12)))
