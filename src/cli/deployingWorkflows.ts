/** Workflows that a push to an agent's branch would start and that name an environment: agent code would deploy itself (T38). */
import picomatch from 'picomatch'
import { parse } from 'yaml'
import { z } from 'zod'
import type { DeployingWorkflow } from '../enforcement/protection.ts'
import { absentWhen, type Operator } from './operator.ts'

/** Under which all branches of Countersign's own agents stand; what another agent's branch is called nobody knows. */
const agentBranch = 'agent/issue-1'
const folder = '.github/workflows'
const mostWorkflows = 100

const Entry = z.object({ name: z.string(), path: z.string(), type: z.string() })
const File = z.object({ content: z.string() })
const names = z.union([z.string().transform((one) => [one]), z.array(z.string())])
const Push = z
  .object({ branches: names.optional(), 'branches-ignore': names.optional(), tags: names.optional() })
  .nullish()
const Workflow = z.object({
  on: z.union([names, z.record(z.string(), z.unknown())]).optional(),
  jobs: z.record(z.string(), z.object({ environment: z.unknown() }).loose()).default({}),
})
const Environment = z.union([z.string(), z.object({ name: z.string() }).transform(({ name }) => name)])

/**
 * Read the workflows of a commit.
 *
 * @returns those that would deploy; a workflow that is no valid YAML is no workflow to GitHub either.
 */
export async function readDeployingWorkflows(
  operator: Operator,
  where: { owner: string; repo: string },
  ref: string,
) {
  const route = 'GET /repos/{owner}/{repo}/contents/{path}'
  const list = await absentWhen(/404/, () =>
    operator.ask(route, { ...where, path: folder, ref }, z.array(Entry)),
  )
  if (!list.seen) return list
  const files = (list.value ?? []).filter(({ type, name }) => type === 'file' && /\.ya?ml$/.test(name))
  const found: DeployingWorkflow[] = []
  for (const { path } of files.slice(0, mostWorkflows)) {
    const { content } = await operator.ask(route, { ...where, path, ref }, File)
    const environments = environmentsOnPush(Buffer.from(content, 'base64').toString('utf8'))
    if (environments.length > 0) found.push({ path, environments })
  }
  return { seen: true as const, value: found }
}

/** The environments that a push of an agent's branch would deploy to, by the text of one workflow. */
export function environmentsOnPush(text: string): string[] {
  const workflow = Workflow.safeParse(yamlOf(text))
  if (!workflow.success || !startsOnPush(workflow.data.on)) return []
  const named = Object.values(workflow.data.jobs).flatMap(
    ({ environment }) => Environment.safeParse(environment).data ?? [],
  )
  return [...new Set(named)]
}

function yamlOf(text: string): unknown {
  try {
    return parse(text, { logLevel: 'silent', maxAliasCount: 20 })
  } catch {
    // Not YAML: GitHub runs nothing of it.
    return null
  }
}

function startsOnPush(on: z.infer<typeof Workflow>['on']): boolean {
  if (on === undefined) return false
  if (Array.isArray(on)) return on.includes('push')
  if (!('push' in on)) return false
  const push = Push.safeParse(on['push'])
  if (!push.success) return true
  const matches = (patterns: string[]) =>
    patterns.reduce((is, pattern) => {
      const not = pattern.startsWith('!')
      return picomatch.isMatch(agentBranch, not ? pattern.slice(1) : pattern) ? !not : is
    }, false)
  const { branches, 'branches-ignore': ignored, tags } = push.data ?? {}
  if (branches) return matches(branches)
  if (ignored) return !matches(ignored)
  // Only tags named: pushes of branches start nothing.
  return tags === undefined
}
