/** A change to the policy, told in words on the gates: what it loosens once it is on the base branch (T14). */
import { count } from '../../core/sentences.ts'
import { changed } from '../../policy/changed.ts'
import { loosened } from '../../policy/loosened.ts'
import type { PullContext } from './context.ts'
import type { GatesVerdict } from './verdicts.ts'

/** Only words: the policy in force stays the base's, and the path is protected whatever it says (S14). */
export function withPolicyChange({ snapshot, policy }: PullContext, gates: GatesVerdict): GatesVerdict {
  const { proposedPolicy } = snapshot
  if (!proposedPolicy) return gates
  if (!proposedPolicy.ok)
    return { ...gates, lines: [...gates.lines, `Policy change, once merged: ${proposedPolicy.sentence}`] }
  const looser = loosened(policy, proposedPolicy.policy)
  const values = changed(policy, proposedPolicy.policy)
  const lines = [
    ...bounded(looser, (words) => `Policy change, once merged: ${words}`),
    ...bounded(values, (value) => `Policy value: ${value}`),
    ...(looser.length > 0 ? [] : [nothingLooser(values.length)]),
  ]
  return { ...gates, lines: [...gates.lines, ...lines] }
}

const mostLines = 60

function bounded(all: readonly string[], line: (words: string) => string): string[] {
  const left = all.length - mostLines
  return [
    ...all.slice(0, mostLines).map(line),
    ...(left > 0 ? [line(`and ${left} more; read the file.`)] : []),
  ]
}

const nothingLooser = (values: number) =>
  values === 0
    ? 'This change to the policy file changes no value.'
    : `None of the ${count(values, 'changed value')} is known to loosen anything.`
