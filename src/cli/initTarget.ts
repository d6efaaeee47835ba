/** What `countersign init` finds: the repository, its policy, labels and files, and an earlier proposal of its own. */
import { z } from 'zod'
import type { Sha } from '../core/ids.ts'
import { policyPath } from '../core/policyFiles.ts'
import { readPolicy } from '../observe/policy.ts'
import type { Policy } from '../policy/schema.ts'
import { policyPorts } from './doctorTarget.ts'
import type { RepositoryFiles } from './initDetect.ts'
import { absentWhen, type Operator } from './operator.ts'

export const formPath = '.github/ISSUE_TEMPLATE/delegate-to-agent.yml'
export const initBranch = 'countersign/init'
/** First line of our commits: a branch that holds others as well was edited by people, and what stands there is theirs. */
export const commitSubject = "Add Countersign's policy and issue form"

/** Workflows that are looked at. */
const mostWorkflows = 50

const Repository = z.object({
  id: z.number().int(),
  full_name: z.string(),
  default_branch: z.string(),
  private: z.boolean(),
})
const Entry = z.object({ path: z.string(), type: z.string() })
const Tree = z.object({ tree: z.array(Entry) })
const Pull = z.object({ number: z.number().int(), state: z.enum(['open', 'closed']), html_url: z.string() })
const Compared = z.object({ commits: z.array(z.object({ commit: z.object({ message: z.string() }) })) })
const Label = z.object({ name: z.string() })

/** A pull request of an earlier run. */
export interface Proposal {
  number: number
  url: string
  tip: Sha
  /** False once people have committed to the branch. */
  untouched: boolean
}

export interface InitTarget {
  name: string
  defaultBranch: string
  tip: Sha
  /** The policy in force: the file's, else the organisation's, else the built-in one. */
  policy: Policy
  /** True when the repository has a policy file of its own. */
  hasPolicy: boolean
  hasForm: boolean
  files: RepositoryFiles
  /** Names of the labels that are there. */
  labels: string[]
  proposal: Proposal | null
  /** The branch as an interrupted run left it, without a pull request; null otherwise. */
  branchTip: Sha | null
  /** Why the branch cannot be used, or null. */
  blocked: string | null
  read(sha: Sha, path: string): Promise<string | null>
}

/** @throws with a sentence when the repository or its policy cannot be used. */
export async function readInitTarget(operator: Operator, repository: string): Promise<InitTarget> {
  const [owner = '', repo = ''] = repository.split('/')
  const where = { owner, repo }
  const {
    full_name: name,
    default_branch,
    ...found
  } = await operator.ask('GET /repos/{owner}/{repo}', where, Repository)
  const ports = policyPorts(operator)
  const tip = await ports.forge.branchTip(name, default_branch)
  if (!tip.found) throw new Error(`${name} has no commit on ${default_branch} yet; push one first.`)
  const read = async (sha: Sha, path: string) => {
    const file = await ports.forge.file(name, sha, path)
    return file.found ? file.value : null
  }
  const reading = await readPolicy(
    ports,
    { id: found.id, private: found.private, name, defaultBranch: default_branch },
    { ref: default_branch, tip: tip.value },
  )
  if (!reading.ok) throw new Error(reading.sentence)
  const { tree } = await operator.ask(
    'GET /repos/{owner}/{repo}/git/trees/{tree_sha}',
    { ...where, tree_sha: tip.value },
    Tree,
  )
  const root = tree.filter((one) => one.type === 'blob').map((one) => one.path)
  const workflows = await listWorkflows(operator, where, tip.value)
  return {
    name,
    defaultBranch: default_branch,
    tip: tip.value,
    policy: reading.policy,
    hasPolicy: (await read(tip.value, policyPath)) !== null,
    hasForm: (await read(tip.value, formPath)) !== null,
    files: {
      root,
      packageJson: root.includes('package.json') ? await read(tip.value, 'package.json') : null,
      workflows: await Promise.all(
        workflows.map(async ({ path }) => ({ path, text: (await read(tip.value, path)) ?? '' })),
      ),
    },
    labels: (await operator.all('GET /repos/{owner}/{repo}/labels', where, Label)).map((one) => one.name),
    ...(await readProposal(operator, where, default_branch, await ports.forge.branchTip(name, initBranch))),
    read,
  }
}

async function listWorkflows(operator: Operator, where: object, sha: Sha): Promise<{ path: string }[]> {
  const part = await absentWhen(/answered 404/, () =>
    operator.ask(
      'GET /repos/{owner}/{repo}/contents/{path}',
      { ...where, path: '.github/workflows', ref: sha },
      z.array(Entry),
    ),
  )
  if (!part.seen) throw new Error(part.why)
  return (part.value ?? [])
    .filter((one) => one.type === 'file' && /\.ya?ml$/.test(one.path))
    .slice(0, mostWorkflows)
}

type Earlier = Pick<InitTarget, 'proposal' | 'branchTip' | 'blocked'>

async function readProposal(
  operator: Operator,
  where: { owner: string; repo: string },
  defaultBranch: string,
  branch: { found: true; value: Sha } | { found: false },
): Promise<Earlier> {
  const none: Earlier = { proposal: null, branchTip: null, blocked: null }
  if (!branch.found) return none
  const pulls = await operator.all(
    'GET /repos/{owner}/{repo}/pulls',
    { ...where, state: 'all', head: `${where.owner}:${initBranch}` },
    Pull,
  )
  const open = pulls.find((one) => one.state === 'open')
  const [closed] = pulls
  if (!open && closed)
    return {
      ...none,
      blocked: `Pull request #${closed.number} was closed or merged, and its branch ${initBranch} is still there. Reopen it, or delete the branch to have the files proposed anew.`,
    }
  const { commits } = await operator.ask(
    'GET /repos/{owner}/{repo}/compare/{basehead}',
    { ...where, basehead: `${defaultBranch}...${initBranch}` },
    Compared,
  )
  const untouched = commits.every(({ commit }) => commit.message.split('\n')[0] === commitSubject)
  if (open)
    return { ...none, proposal: { number: open.number, url: open.html_url, tip: branch.value, untouched } }
  return untouched
    ? { ...none, branchTip: branch.value }
    : {
        ...none,
        blocked: `The branch ${initBranch} holds commits that are not from init. Rename or delete it, then run init again.`,
      }
}
