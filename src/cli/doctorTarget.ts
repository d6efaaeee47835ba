/** What doctor looks at: the repository, the mode that its policy names, and the branches that it protects. */
import { z } from 'zod'
import { RepositoryName, Sha } from '../core/ids.ts'
import type { Found } from '../core/ports.ts'
import type { Mode } from '../enforcement/weaknesses.ts'
import { type PolicyPorts, readPolicy } from '../observe/policy.ts'
import { namesBranch } from '../policy/branches.ts'
import { absentWhen, type Operator } from './operator.ts'

const Repository = z.object({
  id: z.number().int(),
  full_name: RepositoryName,
  default_branch: z.string(),
  private: z.boolean(),
  html_url: z.string(),
  owner: z.object({ type: z.string() }),
})
const Ref = z.object({ object: z.object({ sha: Sha }) })
const File = z.object({ content: z.string() })
const Branch = z.object({ name: z.string() })
/** Branches beside the default one that one run looks at. */
const mostBranches = 20

export interface Target {
  repository: string
  url: string
  /** An organisation may share secrets with it. */
  ofOrganisation: boolean
  defaultBranch: string
  /** Patterns of policy's `branches.protected`. */
  patterns: string[]
  mode: Mode
  /** False in shadow mode. */
  enforce: boolean
}

/** @throws when the repository cannot be seen with this token, or its policy is broken and no mode is given. */
export async function readTarget(operator: Operator, name: string, mode: Mode | null): Promise<Target> {
  const [owner = '', repo = ''] = name.split('/')
  const {
    full_name,
    html_url,
    default_branch,
    owner: account,
    ...rest
  } = await operator.ask('GET /repos/{owner}/{repo}', { owner, repo }, Repository)
  const ports = policyPorts(operator)
  const tip = await ports.forge.branchTip(full_name, default_branch)
  if (!tip.found) throw new Error(`${full_name} has no commit on ${default_branch} yet.`)
  const repository = { id: rest.id, private: rest.private, name: full_name, defaultBranch: default_branch }
  const reading = await readPolicy(ports, repository, { ref: default_branch, tip: tip.value })
  if (!reading.ok && !mode) throw new Error(`${reading.sentence} Or name the mode: --mode checks|merge.`)
  return {
    repository: full_name,
    url: html_url,
    ofOrganisation: account.type === 'Organization',
    defaultBranch: default_branch,
    patterns: reading.ok ? reading.policy.branches.protected : [],
    enforce: !reading.ok || reading.policy.enforce,
    mode: mode ?? (reading.ok ? reading.policy.merge.mode : 'checks'),
  }
}

/** Policy is read the way the App reads it, with the operator's eyes. */
export function policyPorts(operator: Operator): PolicyPorts {
  const found = async <S extends z.ZodType, T>(
    route: string,
    parameters: object,
    schema: S,
    to: (value: z.output<S>) => T,
  ): Promise<Found<T>> => {
    const part = await absentWhen(/answered 404/, () => operator.ask(route, parameters, schema))
    if (!part.seen) throw new Error(part.why)
    return part.value === null ? { found: false } : { found: true, value: to(part.value) }
  }
  const where = (name: string) => ({ owner: name.split('/')[0], repo: name.split('/')[1] })
  return {
    ledger: { setting: async () => null, putSetting: async () => undefined },
    forge: {
      repository: (name) =>
        found('GET /repos/{owner}/{repo}', where(name), Repository, (one) => ({
          id: one.id,
          name: one.full_name,
          defaultBranch: one.default_branch,
          private: one.private,
        })),
      branchTip: (name, ref) =>
        found(
          'GET /repos/{owner}/{repo}/git/ref/{ref}',
          { ...where(name), ref: `heads/${ref}` },
          Ref,
          (one) => one.object.sha,
        ),
      file: (name, sha, path) =>
        found('GET /repos/{owner}/{repo}/contents/{path}', { ...where(name), path, ref: sha }, File, (one) =>
          Buffer.from(one.content, 'base64').toString('utf8'),
        ),
    },
  }
}

/** The default branch, and those that exist among the ones that policy lists; at most 20 of them. */
export async function branchesOf(operator: Operator, target: Target): Promise<string[]> {
  if (target.patterns.length === 0) return [target.defaultBranch]
  const [owner, repo] = target.repository.split('/')
  const all = await operator.all('GET /repos/{owner}/{repo}/branches', { owner, repo }, Branch)
  const listed = all
    .map(({ name }) => name)
    .filter((name) => name !== target.defaultBranch)
    .filter((name) => target.patterns.some((pattern) => namesBranch(pattern, name)))
  if (listed.length > mostBranches)
    throw new Error(
      `policy's branches.protected names ${listed.length} branches; doctor looks at ${mostBranches}.`,
    )
  return [target.defaultBranch, ...listed]
}
