/** G10: the diff stays within the caps of policy, the paths of the agent profile and the files of the approved plan (P12, P13). */
import { disallowedSentence } from '../core/agentProfile.ts'
import type { DiffBody } from '../core/evidence.ts'
import type { Plan } from '../core/plan.ts'
import { code, count, listed } from '../core/sentences.ts'
import { fail, pass } from '../core/verdict.ts'
import { diffGate } from './gate.ts'

/** Paths that the diff touches and the plan does not name; both names of a rename count (T17). Exact bytes, no folding. */
export function outsidePlan(diff: DiffBody, plan: Plan): string[] {
  const planned = new Set(plan.files.map((file) => file.path))
  return touched(diff).filter((path) => !planned.has(path))
}

function touched(diff: DiffBody): string[] {
  const names = diff.files.flatMap((file) =>
    file.renamedFrom === null ? [file.path] : [file.path, file.renamedFrom],
  )
  return [...new Set(names)]
}

export const scope = diffGate({
  id: 'scope',
  requirement: 'G10',
  title: 'Scope',
  about:
    'The change stays within the caps on files and lines, within the paths of its agent profile and, where a plan was approved, within its files.',
  acceptedBy: 'senior',
  judge: (diff, input) => {
    const lines = diff.files.reduce((sum, file) => sum + file.additions + file.deletions, 0)
    const unreadable = diff.files.filter((file) => !file.pathIsUtf8)
    if (unreadable.length > 0)
      return fail(
        `${count(unreadable.length, 'file name')} ${unreadable.length === 1 ? 'is' : 'are'} not valid UTF-8, so no rule can be matched. Rename and push.`,
      )
    if (diff.files.length > input.caps.files)
      return fail(
        `${count(diff.files.length, 'file')} changed and policy allows ${input.caps.files} (\`pipeline.max_files\`). Split the change.`,
      )
    if (lines > input.caps.lines)
      return fail(
        `${count(lines, 'line')} changed and policy allows ${input.caps.lines} (\`pipeline.max_lines\`). Split the change.`,
      )
    const disallowed = disallowedSentence(input.allowed, touched(diff))
    if (disallowed !== null) return fail(`${disallowed} Take the change out.`)
    const size = `${count(diff.files.length, 'file')} and ${count(lines, 'line')} changed`
    if (!input.plan) return pass(`${size}, within the caps of ${input.caps.files} and ${input.caps.lines}.`)
    const outside = outsidePlan(diff, input.plan)
    if (outside.length > 0)
      return fail(
        `${listed(outside.map((path) => code(path)))} ${outside.length === 1 ? 'is' : 'are'} not in the approved plan. Take the change out, or reject the plan with \`/agent reject plan <reason>\` to get a new one.`,
      )
    return pass(`${size}, all in the approved plan.`)
  },
})
