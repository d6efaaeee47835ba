/** The watch over branch rules, laid over the gates: drift turns them red, whoever opened the pull request (A5, T19). */
import { judgeWatch, proofLine } from '../../enforcement/watch.ts'
import { isProtectedBranch } from '../../policy/branches.ts'
import type { PullContext } from './context.ts'
import type { GatesVerdict } from './verdicts.ts'

/** The gates' verdict with what the watch has against it; a failure of the gates themselves is the news, and stays. */
export function watchedGates(context: PullContext, gates: GatesVerdict): GatesVerdict {
  const { snapshot, policy } = context
  const branch = snapshot.pull.base.ref
  if (!isProtectedBranch(policy, snapshot.repository.defaultBranch, branch)) return gates
  const watched = {
    repository: snapshot.repository.name,
    branch,
    appId: snapshot.app.appId,
    mode: policy.merge.mode,
    reading: snapshot.enforcement,
    nowMs: snapshot.nowMs,
  }
  const line = proofLine(watched)
  const lines = line === null ? gates.lines : [...gates.lines, line]
  const against = judgeWatch(watched)
  if (!against || gates.verdict.state === 'fail') return { ...gates, lines }
  return { ...gates, lines: gates.lines, shown: null, buttons: [], verdict: against }
}
