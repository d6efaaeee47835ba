/** A change to the policy, told in words on the gates: what it loosens once it is on the base branch (T14). */
import { loosened } from '../../policy/loosened.ts'
import type { PullContext } from './context.ts'
import type { GatesVerdict } from './verdicts.ts'

/** Only words: the policy in force stays the base's, and the path is protected whatever it says (S14). */
export function withPolicyChange({ snapshot, policy }: PullContext, gates: GatesVerdict): GatesVerdict {
  const { proposedPolicy } = snapshot
  if (!proposedPolicy) return gates
  const words = proposedPolicy.ok ? loosened(policy, proposedPolicy.policy) : [proposedPolicy.sentence]
  const lines =
    words.length === 0
      ? ['This change to the policy loosens nothing.']
      : words.map((sentence) => `Policy change, once merged: ${sentence}`)
  return { ...gates, lines: [...gates.lines, ...lines] }
}
