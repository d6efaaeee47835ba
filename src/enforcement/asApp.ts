/** Enforcement as far as the App itself is shown it: doctor's own lines, and amber for what only an administrator sees (A5, S9). */
import { code } from '../core/sentences.ts'
import type { Known } from '../core/snapshot/common.ts'
import type { BranchRules, EnforcementProof } from '../core/snapshot/rules.ts'
import { doctorCommand, type Finding, green } from './finding.ts'
import { inspect, type Line } from './inspect.ts'
import type { Protection } from './protection.ts'
import { judgeWatch, proofLastsMs } from './watch.ts'
import { clauses } from './weaknesses.ts'

export interface AsApp
  extends Pick<Protection, 'repository' | 'branch' | 'url' | 'mode' | 'enforce' | 'appId'> {
  rules: Known<BranchRules>
  proof: EnforcementProof | null
  nowMs: number
}

const hidden = { seen: false, why: 'shown only to an administrator' } as const
const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10)

/** Every line of doctor's, in its order; signatures besides where the rules ask for them. */
export function inspectAsApp(seen: AsApp): Line[] {
  const { rules, repository, branch, url, mode, enforce, appId } = seen
  const lines = inspect({
    ...{ repository, branch, url, mode, enforce, appId },
    botId: null,
    rules: rules === 'unknown' ? hidden : { seen: true, value: rules },
    rulesets: hidden,
    classic: hidden,
    workflows: hidden,
    secrets: hidden,
    environments: hidden,
    deploying: hidden,
    permissions: hidden,
    bypassed: hidden,
  }).map((line) => (line.state === 'amber' ? { ...line, ...unseen(seen, line) } : line))
  return rules !== 'unknown' && rules.signaturesRequired ? [...lines, signatures] : lines
}

const signatures: Line = {
  id: 'signatures',
  title: 'Signed commits',
  ...green('Every commit must be signed; Countersign has GitHub make and sign its own.'),
  fixable: false,
  proves: false,
}

/** What is not seen is never taken for fine; what the proof saw is told with its day. */
function unseen(seen: AsApp, { id, proves }: Line): Finding {
  const { repository, proof } = seen
  if ((clauses as readonly string[]).includes(id))
    return {
      state: 'amber',
      sentence: 'The rules in force could not be read.',
      mend: 'Load this page again in a minute.',
    }
  const then =
    proves && proof && isFresh(seen, proof)
      ? `; green when ${code(proof.by, 40)} looked on ${day(proof.provenAtMs)}`
      : ''
  return {
    state: 'amber',
    sentence: `Shown only to an administrator${then}.`,
    mend: doctorCommand(repository),
  }
}

const isFresh = ({ nowMs, mode, appId }: AsApp, proof: EnforcementProof): boolean =>
  nowMs - proof.provenAtMs < proofLastsMs && proof.mode === mode && proof.appId === appId

/** What an administrator's doctor recorded. Without it the gates go on, so it is amber, and not red. */
export function inspectProof(seen: AsApp): Finding {
  const { proof, mode, appId, repository, nowMs } = seen
  const amber = (sentence: string): Finding => ({ state: 'amber', sentence, mend: doctorCommand(repository) })
  if (!proof)
    return amber(
      mode === 'merge'
        ? 'Who may bypass the rules was never proven.'
        : 'Nothing was proven, and without a proof the rules are not watched in checks mode.',
    )
  const what = `Proven on ${day(proof.provenAtMs)} by ${code(proof.by, 40)} for ${proof.mode} mode and the App ${proof.appId}`
  if (proof.mode !== mode || proof.appId !== appId)
    return amber(`${what}; in force are ${mode} mode and the App ${appId}.`)
  const until = day(proof.provenAtMs + proofLastsMs)
  return nowMs - proof.provenAtMs < proofLastsMs
    ? green(`${what}; it lasts until ${until}.`)
    : amber(`${what}; it expired on ${until}, after 30 days.`)
}

/** What drift does to `countersign/gates` now: the watch's own sentence. */
export function inspectWatch({ repository, branch, appId, mode, rules, proof, nowMs }: AsApp): Finding {
  const reading = rules === 'unknown' ? rules : { rules, proof }
  const against = judgeWatch({ repository, branch, appId, mode, reading, nowMs })
  if (against === null)
    return green(
      mode === 'merge' || proof
        ? `Pull requests to ${code(branch)} are not held up by it.`
        : `The rules of ${code(branch)} are not watched: in checks mode that begins with a proof.`,
    )
  return against.state === 'fail'
    ? { state: 'red', sentence: against.sentence, mend: null }
    : { state: 'amber', sentence: against.sentence, mend: null }
}
