/** Work items that leave the host as commits: issuing a plan, and pushing an accepted candidate (P4, P6, S7). */
import { Bug, Terminal } from '../core/errors.ts'
import { type Fact, type FactOf, factsOf, lastFact } from '../core/facts.ts'
import type { RepositoryName, Sha } from '../core/ids.ts'
import { planDigest } from '../core/plan.ts'
import { renderPlanMessage } from '../core/planMessage.ts'
import type { CommitInput, Forge, Git, Ledger, Log, Queue } from '../core/ports.ts'
import type { WorkItem } from '../core/work.ts'
import { isPushed, signedFor } from '../pipeline/published.ts'
import { record, settle } from './settle.ts'
import { pushSigned, type Signed, sign } from './sign.ts'
import { after, isTaskStopped } from './stopped.ts'

export interface CommitPorts {
  git: Git
  ledger: Pick<Ledger, 'facts' | 'append'>
  forge: Pick<Forge, 'identity' | 'repository' | 'openPull' | 'asksSignatures' | 'makeCommit' | 'moveBranch'>
  queue: Pick<Queue, 'reconcile'>
  log: Log
}

type IssueItem = Extract<WorkItem, { kind: 'issuePlan' }>
type PushItem = Extract<WorkItem, { kind: 'push' }>

/**
 * Write the plan commit, record `plan.issued`, push the commit as the agent branch, open the draft pull request, record
 * `pull.opened`.
 *
 * A crash anywhere and a second run give the same end: the commit's time is that of a recorded fact, so its SHA is the
 * same; the fact precedes the push; the push is done when the branch already holds the commit; the pull request is found
 * by its branch. A plan that a later one has replaced, or a stopped task, changes nothing.
 */
export async function runIssuePlan(item: IssueItem, ports: CommitPorts): Promise<void> {
  await settle(item.subject, `issuePlan:${planDigest(item.record)}`, ports, async (repository) => {
    const { git, ledger, forge } = ports
    if (await isTaskStopped(ledger, item.subject)) return
    const plan = await issue(item, repository, ports)
    if (!plan || after(await ledger.facts(item.subject), 'pull.opened', plan.issued.seq).length > 0) return
    const { issued, local } = plan
    const { branch, base, commit: sha, signed } = issued.body
    const push = (expected: Sha | null) => {
      const commits = [{ candidate: local, sha }]
      return signed
        ? pushSigned(repository, { branch, from: expected, force: true, onto: base, commits }, ports)
        : git.push(repository, { branch, sha, expected })
    }
    let pushed = await push(item.replaces)
    // A new plan starts the branch anew: where somebody has deleted it, it is made again.
    if (pushed === 'gone') pushed = await push(null)
    if (pushed !== 'done') throw moved(branch, item.replaces)
    const found = await forge.repository(repository)
    if (!found.found) throw unreadable(repository)
    const pull = await forge.openPull(repository, {
      branch,
      baseRef: found.value.defaultBranch,
      title: item.title,
      body: pullBody(item),
      draft: true,
    })
    await record(
      ledger,
      item.subject,
      { kind: 'pull.opened', number: pull.number, head: sha },
      (facts) => after(facts, 'pull.opened', issued.seq).length > 0,
    )
  })
}

/** Push an accepted candidate with a lease on what the branch held, and record `work.pushed`. */
export async function runPush(item: PushItem, ports: CommitPorts): Promise<void> {
  await settle(item.subject, `push:${item.branch}:${item.sha}`, ports, async (repository) => {
    const { git, ledger } = ports
    const { branch, sha: candidate, expected, phase } = item
    const isDone = (facts: readonly Fact[]) => isPushed(facts, candidate)
    const facts = await ledger.facts(item.subject)
    if (isDone(facts) || (await isTaskStopped(ledger, item.subject))) return
    const signed = lastFact(facts, 'plan.issued')?.body.signed
      ? await signedCommits(item, repository, facts, ports)
      : null
    const sha = signed?.at(-1)?.sha ?? candidate
    const pushed = signed
      ? await pushSigned(
          repository,
          { branch, from: expected, force: false, onto: expected, commits: signed },
          ports,
        )
      : await git.push(repository, { branch, sha, expected })
    if (pushed === 'gone') throw deleted(branch)
    if (pushed === 'moved')
      throw moved(
        branch,
        expected,
        'Put the branch back to that commit and comment `/agent retry`, or start again with `/agent reject plan <reason>`.',
      )
    await record(ledger, item.subject, { kind: 'work.pushed', branch, before: expected, sha, phase }, isDone)
  })
}

/** The candidate's commits as GitHub has signed them: found on record, or made and recorded before the branch moves. */
async function signedCommits(
  { subject, branch, sha: candidate, expected: onto }: PushItem,
  repository: RepositoryName,
  facts: readonly Fact[],
  ports: CommitPorts,
): Promise<Signed[]> {
  const known = signedFor(facts, { branch, onto, candidate })
  if (known) return known.commits
  const commits = await sign(repository, { onto, tip: candidate }, ports)
  await ports.ledger.append(subject, [{ actor: null, body: { kind: 'work.signed', branch, onto, commits } }])
  return commits
}

/**
 * The fact that this plan was issued, found or made, and the plan commit as it is made here; null when a later plan has
 * taken its place.
 */
async function issue(
  item: IssueItem,
  repository: RepositoryName,
  ports: CommitPorts,
): Promise<{ issued: FactOf<'plan.issued'>; local: Sha } | null> {
  const { git, ledger, forge } = ports
  const digest = planDigest(item.record)
  const mine = (facts: readonly Fact[]) =>
    factsOf(facts, 'plan.issued').find(({ body }) => body.digest === digest)
  const before = await ledger.facts(item.subject)
  const known = mine(before)
  if (known && lastFact(before, 'plan.issued')?.body.digest !== digest) return null
  const base = known?.body.base ?? item.base
  const { bot, drafterBot } = await forge.identity()
  const writer = drafterBot ?? bot
  await git.ensure(repository, [base])
  const input: CommitInput = {
    parent: base,
    message: renderPlanMessage(item.record),
    author: { name: writer.login, email: `${writer.id}+${writer.login}@users.noreply.github.com` },
    timeSeconds: Math.floor(recordedTimeMs(known ? before.slice(0, known.seq) : before) / 1000),
  }
  const local = await git.commitEmpty(repository, input)
  if (known) {
    if (!known.body.signed && known.body.commit !== local)
      throw new Bug(`plan ${digest} was issued as ${known.body.commit} and is now ${local}`)
    return { issued: known, local }
  }
  const found = await forge.repository(repository)
  if (!found.found) throw unreadable(repository)
  const signed = (await forge.asksSignatures(repository, found.value.defaultBranch, item.branch))
    ? await sign(repository, { onto: base, tip: local }, ports)
    : null
  const body = {
    kind: 'plan.issued',
    digest,
    commit: signed?.at(-1)?.sha ?? local,
    base,
    branch: item.branch,
    record: item.record,
    ...(signed ? { signed: true as const } : {}),
  } as const
  const issued = mine(await record(ledger, item.subject, body, (now) => mine(now) !== undefined))
  return issued ? { issued, local } : null
}

/** When the plan was accepted, or the bundle frozen: a time from the ledger, since the clock would change the SHA. */
function recordedTimeMs(facts: readonly Fact[]): number {
  const accepted = factsOf(facts, 'attempt.judged').findLast(({ body }) => body.verdict === 'pass')
  return (accepted ?? lastFact(facts, 'bundle.frozen') ?? facts[0])?.atMs ?? 0
}

function pullBody(item: IssueItem): string {
  const { issue, plan, profile } = item.record
  return [
    `Work on #${issue}, drafted by an agent${profile ? ` of the profile ${profile}` : ''}. The first commit of this branch is its plan: ${plan.steps.length} steps, ${plan.files.length} files.`,
    '',
    'Nothing is implemented before a person approves the plan with the buttons of the check `countersign/plan`.',
    '',
    `Closes #${issue}`,
  ].join('\n')
}

function moved(
  branch: string,
  expected: Sha | null,
  remedy = 'Keep that work by merging or renaming the branch, or delete the branch; then comment `/agent retry`.',
): Terminal {
  const what = expected === null ? 'already exists' : `no longer holds ${expected.slice(0, 12)}`
  return new Terminal(
    `branch ${branch} ${what}`,
    `The branch \`${branch}\` ${what}: somebody else pushed to it, so nothing was overwritten. ${remedy}`,
  )
}

function deleted(branch: string): Terminal {
  return new Terminal(
    `branch ${branch} was deleted`,
    `The branch \`${branch}\` was deleted, so nothing was pushed. Restore it and reopen its pull request, or set the label again to start over with a new plan.`,
  )
}

function unreadable(repository: RepositoryName): Terminal {
  return new Terminal(
    `${repository} cannot be read`,
    `${repository} cannot be read by the App. Check that it is installed there, then comment \`/agent retry\`.`,
  )
}
