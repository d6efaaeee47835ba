/** Carries out what `countersign init` has shown: one commit on its own branch, one pull request, and labels. */
import { z } from 'zod'
import { Sha } from '../core/ids.ts'
import type { InitPlan } from './initPlan.ts'
import { commitSubject, type InitTarget, initBranch } from './initTarget.ts'
import type { Operator } from './operator.ts'

const Made = z.object({ sha: Sha })
const Commit = z.object({ tree: z.object({ sha: Sha }) })
const Pull = z.object({ number: z.number().int(), html_url: z.string() })

const commitMessage = `${commitSubject}

Made by \`countersign init\` from what it found in this repository. Read both before you merge.
`

const pullBody = `This adds what delegating to agents needs:

- \`.github/countersign.yml\`, the policy. What is set was found in this repository; the comments show what else there is.
- an issue form that asks for everything an agent must know before it may draft.

Nothing is in force before this is merged. Then \`countersign doctor\` shows whether the branch rules are binding.
`

/** Do it. Each part is found again by the next run, so that an interrupted one is taken up where it was (S7). */
export async function applyInit(operator: Operator, target: InitTarget, plan: InitPlan): Promise<string[]> {
  const [owner, repo] = target.name.split('/')
  const where = { owner, repo }
  const done: string[] = []
  if (plan.files.length > 0 || target.branchTip !== null)
    done.push(await propose(operator, where, target, plan))
  for (const label of plan.labels) {
    await operator.ask(
      'POST /repos/{owner}/{repo}/labels',
      { ...where, ...label },
      z.object({ name: z.string() }),
    )
    done.push(`Created the label "${label.name}".`)
  }
  return done
}

async function propose(
  operator: Operator,
  where: { owner: string | undefined; repo: string | undefined },
  { tip, defaultBranch, proposal, branchTip }: InitTarget,
  { files }: InitPlan,
): Promise<string> {
  const standing = proposal?.tip ?? branchTip
  if (files.length > 0) {
    const parent = standing ?? tip
    const { tree } = await operator.ask(
      'GET /repos/{owner}/{repo}/git/commits/{commit_sha}',
      { ...where, commit_sha: parent },
      Commit,
    )
    const written = await operator.ask(
      'POST /repos/{owner}/{repo}/git/trees',
      {
        ...where,
        base_tree: tree.sha,
        tree: files.map(({ path, content }) => ({ path, mode: '100644', type: 'blob', content })),
      },
      Made,
    )
    const { sha } = await operator.ask(
      'POST /repos/{owner}/{repo}/git/commits',
      { ...where, message: commitMessage, tree: written.sha, parents: [parent] },
      Made,
    )
    // Never forced: a branch that moved meanwhile refuses, and the next run looks again.
    if (standing === null)
      await operator.ask(
        'POST /repos/{owner}/{repo}/git/refs',
        { ...where, ref: `refs/heads/${initBranch}`, sha },
        z.unknown(),
      )
    else
      await operator.ask(
        'PATCH /repos/{owner}/{repo}/git/refs/{ref}',
        { ...where, ref: `heads/${initBranch}`, sha, force: false },
        z.unknown(),
      )
  }
  if (proposal) return `Updated pull request #${proposal.number}: ${proposal.url}`
  const opened = await operator.ask(
    'POST /repos/{owner}/{repo}/pulls',
    { ...where, title: commitSubject, body: pullBody, head: initBranch, base: defaultBranch },
    Pull,
  )
  return `Opened pull request #${opened.number}: ${opened.html_url}`
}
