/** Workflows that an agent's push or pull request would start and that name an environment: agent code would deploy itself (T38). */
import picomatch from 'picomatch'
import { parseDocument } from 'yaml'
import { z } from 'zod'
import type { DeployingWorkflow } from '../enforcement/protection.ts'
import { absentWhen, type Operator } from './operator.ts'

/** Under which all branches of Countersign's own agents stand; what another agent's branch is called nobody knows. */
const agentBranch = 'agent/issue-1'
const folder = '.github/workflows'

const Entry = z.object({ name: z.string(), path: z.string(), type: z.string() })
const File = z.object({ content: z.string() })
const names = z.union([z.string().transform((one) => [one]), z.array(z.string())])
const Filters = z
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
  // All of them, which are at most 1,000: one that is not looked at would be taken for harmless.
  for (const { path } of files) {
    const { content } = await operator.ask(route, { ...where, path, ref }, File)
    const environments = environmentsIn(Buffer.from(content, 'base64').toString('utf8'), ref)
    if (environments.length > 0) found.push({ path, environments })
  }
  return { seen: true as const, value: found }
}

/** The environments that an agent's push, or its pull request into `base`, would deploy to, by the text of one workflow. */
function environmentsIn(text: string, base: string): string[] {
  // Never by an older version of YAML that the file asks for, in which `on` is no text.
  const document = parseDocument(text, { schema: 'core', merge: false, logLevel: 'silent' })
  // Not YAML: GitHub runs nothing of it.
  if (document.errors.length > 0) return []
  const value = expanded(document)
  if (value === undefined) return ['what its aliases hide']
  const workflow = Workflow.safeParse(value)
  if (!workflow.success || !startsFor(workflow.data.on, base)) return []
  const named = Object.values(workflow.data.jobs).flatMap(
    ({ environment }) => Environment.safeParse(environment).data ?? [],
  )
  return [...new Set(named)]
}

/** Undefined when the aliases multiply beyond what is expanded here. */
function expanded(document: ReturnType<typeof parseDocument>): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 }) ?? null
  } catch (error) {
    if (error instanceof Error) return undefined
    throw error
  }
}

/** Events of a pull request, which run what it proposes or beside it, with the secrets of the environment. */
const proposing = ['pull_request', 'pull_request_target']

function startsFor(on: z.infer<typeof Workflow>['on'], base: string): boolean {
  if (on === undefined) return false
  if (Array.isArray(on)) return on.some((event) => ['push', 'create', ...proposing].includes(event))
  if ('create' in on) return true
  if ('push' in on && passes(on['push'], agentBranch)) return true
  return proposing.some((event) => event in on && passes(on[event], base))
}

/** Whether the filters of an event let a branch through; what cannot be read lets everything through. */
function passes(filters: unknown, branch: string): boolean {
  const read = Filters.safeParse(filters)
  if (!read.success) return true
  const matches = (patterns: string[]) =>
    patterns.reduce((is, pattern) => {
      const not = pattern.startsWith('!')
      return picomatch.isMatch(branch, not ? pattern.slice(1) : pattern) ? !not : is
    }, false)
  const { branches, 'branches-ignore': ignored, tags } = read.data ?? {}
  if (branches) return matches(branches)
  if (ignored) return !matches(ignored)
  // Only tags named: pushes of branches start nothing.
  return tags === undefined
}
