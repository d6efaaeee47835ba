/** A plan agrees with itself and with the caps before anyone reads it (P5, P12). */
import { disallowedSentence } from '../../core/agentProfile.ts'
import { classify } from '../../core/classify.ts'
import { Plan } from '../../core/plan.ts'
import { renderPlanMessage } from '../../core/planMessage.ts'
import { type Check, objects } from './check.ts'

/** Well below the length at which the plan commit would no longer be read back whole. */
const longestMessage = 150_000

export const planShape: Check = ({ deliverable, settings, allowed }) => {
  const parsed = Plan.safeParse(deliverable)
  if (!parsed.success) return objects('The deliverable is not a plan.')
  const plan = parsed.data
  const paths = plan.files.map((file) => file.path)
  const objections: string[] = []
  if (paths.length > settings.max_files)
    objections.push(
      `The plan names ${paths.length} files; policy allows ${settings.max_files} (pipeline.max_files). Plan a smaller change.`,
    )
  const disallowed = disallowedSentence(allowed, paths)
  if (disallowed !== null)
    objections.push(`${disallowed} Plan the change without them, or ask if that is impossible.`)
  const doubled = paths.filter((path, index) => paths.indexOf(path) !== index)
  if (doubled.length > 0)
    objections.push(`These files are named twice: ${[...new Set(doubled)].slice(0, 5).join(', ')}.`)
  if (plan.tests.kind === 'required' && !paths.some((path) => classify(path) === 'test'))
    objections.push('The plan asks for tests but names no test file among its files.')
  if (plan.documentation.kind === 'required') {
    const unnamed = plan.documentation.paths.filter((path) => !paths.includes(path))
    if (unnamed.length > 0)
      objections.push(`Documents to change must also be among the files: ${unnamed.slice(0, 5).join(', ')}.`)
  }
  const rendered = renderPlanMessage({
    version: 1,
    repositoryId: 1,
    issue: 1,
    route: 'feature',
    delegationDigest: '0'.repeat(64),
    nonce: '0'.repeat(32),
    plan,
  })
  if (rendered.length > longestMessage)
    objections.push('The plan is too long for one commit message. Say the same in fewer words.')
  return objects(...objections)
}
