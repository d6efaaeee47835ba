/** The range of a rollout: whether everything between what stands and the new commit may come along (R1, T41). */
import type { Account } from '../core/account.ts'
import type { CommitBody, EvidenceView } from '../core/evidence.ts'
import { type FactOf, factsOf, lastFact } from '../core/facts.ts'
import type { Sha } from '../core/ids.ts'
import { code, count, listed, person, short } from '../core/sentences.ts'
import type { RangeStep } from '../core/snapshot/rollout.ts'
import { fail, pass, type Verdict, wait } from '../core/verdict.ts'
import { type Reverted, revertedIn } from './reverts.ts'

/** Steps that one rollout may bring; beyond it somebody deploys a nearer commit first. */
export const mostSteps = 100

export interface RangeVerdict {
  verdict: Verdict
  /** One line a step, oldest first. */
  lines: string[]
  /** The agents' pull requests that come along: what a person approves for the environment. */
  agents: { number: number; head: Sha }[]
}

/** The first-parent steps of a way up to `to`, oldest first. */
export function stepsOf(commits: readonly CommitBody[], to: Sha): Sha[] {
  const bySha = new Map(commits.map((commit) => [commit.sha, commit]))
  const steps: Sha[] = []
  for (let at = bySha.get(to); at && steps.length <= commits.length; at = bySha.get(at.parents[0] ?? '')) {
    steps.push(at.sha)
  }
  return steps.reverse()
}

export interface RangeInput {
  from: Sha | null
  to: Sha
  /** Null while git is being read. */
  commits: readonly CommitBody[] | null
  steps: readonly RangeStep[]
  failures: readonly FactOf<'rollout.failed'>[]
  /** Shows whether reverts are true. */
  evidence: Pick<EvidenceView, 'get'>
  /** Whether merges into a branch pass the gates: elsewhere nobody was asked. */
  protects: (branch: string) => boolean
  /** Whether an account is an agent's, although GitHub calls it a user. */
  isAgent: (account: Account) => boolean
}

/** Judge the range. Whoever merged it: what nobody here has judged, and what failed before, does not come along. */
export function judgeRange(input: RangeInput): RangeVerdict {
  const { from, to, commits, steps, evidence } = input
  if (from === null) return firstRange(input)
  if (commits === null)
    return { verdict: wait('The commits on the way are being read from git.'), lines: [], agents: [] }
  const wanted = stepsOf(commits, to)
  if (wanted.length > mostSteps)
    return {
      verdict: fail(
        `${count(wanted.length, 'step')} lie between what stands and ${code(short(to))}; at most ${mostSteps} are judged at once. Deploy a nearer commit first.`,
      ),
      lines: [],
      agents: [],
    }
  if (wanted.length !== steps.length || wanted.some((sha, at) => steps[at]?.sha !== sha))
    return { verdict: wait('Who brought the commits on the way is being read.'), lines: [], agents: [] }
  const reverted = revertedIn(commits, steps, evidence)
  const merges = new Set(commits.flatMap(({ sha, parents }) => (parents.length > 1 ? [sha] : [])))
  const judged = steps.map((step) =>
    takenBack(step.sha, judgeStep(step, input, merges), reverted.get(step.sha)),
  )
  const verdicts = judged.map(({ verdict }) => verdict)
  const worst =
    verdicts.find(({ state }) => state === 'fail') ?? verdicts.find(({ state }) => state !== 'pass')
  return {
    verdict:
      worst ??
      pass(
        steps.length === 0
          ? `${code(short(to))} brings nothing that has not stood here before.`
          : `${count(steps.length, 'step')} on the way, each judged: ${listed(judged.map(({ name }) => name))}.`,
      ),
    lines: judged.map(({ name, verdict }) => `${name}: ${verdict.sentence}`),
    agents: judged.flatMap(({ agents }) => agents),
  }
}

/** Nothing is known to stand here: only the commit itself can be looked at, and a person sees that there is no more. */
function firstRange(input: RangeInput): RangeVerdict {
  const { to, steps, failures } = input
  const again = failures.find(({ body }) => body.sha === to)
  // guard: rolledBackStays
  if (again)
    return {
      verdict: fail(`${code(short(to))} failed here before: ${again.body.sentence}`),
      lines: [],
      agents: [],
    }
  const own = steps.filter(
    ({ sha, pulls }) => sha === to && pulls.some(({ facts }) => lastFact(facts, 'merged')),
  )
  const judged = own.map((step) => judgeStep(step, input, new Set()))
  const bad = judged.find(({ verdict }) => verdict.state === 'fail')
  return {
    verdict:
      bad?.verdict ??
      pass('Nothing that Countersign knows stands here yet, so only the commit itself could be looked at.'),
    lines: judged.map(({ name, verdict }) => `${name}: ${verdict.sentence}`),
    agents: judged.flatMap(({ agents }) => agents),
  }
}

interface Judged {
  name: string
  verdict: Verdict
  agents: { number: number; head: Sha }[]
}

/** What does not come along by itself does so once it is taken back: nothing of it is left to be deployed. */
function takenBack(sha: Sha, judged: Judged, reverted: Reverted | undefined): Judged {
  const { verdict } = judged
  if (verdict.state !== 'fail' || !reverted) return judged
  switch (reverted.state) {
    case 'yes':
      return { ...judged, verdict: pass(reverted.how) }
    case 'reading':
      return {
        ...judged,
        verdict: wait(`Whether ${code(short(sha))} was taken back is being read from git.`),
      }
    case 'no':
      return { ...judged, verdict: fail(`${verdict.sentence} ${reverted.why}`) }
    default:
      return reverted satisfies never
  }
}

/** One step by itself. */
function judgeStep(
  step: RangeStep,
  { steps, failures, protects, isAgent }: RangeInput,
  merges: ReadonlySet<Sha>,
): Judged {
  const name =
    step.pulls.length > 0 ? listed(step.pulls.map(({ number }) => `#${number}`)) : code(short(step.sha))
  const judged = (verdict: Verdict, agents: Judged['agents'] = []): Judged => ({ name, verdict, agents })
  const revert = code(`git revert ${merges.has(step.sha) ? '-m 1 ' : ''}${short(step.sha)}`)
  const failure = failures.find(({ body }) => body.steps.includes(step.sha))
  // guard: rolledBackStays
  if (failure)
    return judged(
      fail(
        `It was part of what failed here (${failure.body.sentence.slice(0, 300)}). Revert it first: ${revert}, through a pull request.`,
      ),
    )
  if (step.pulls.length === 0) {
    // guard: directPush
    return step.pusher?.type === 'User' && !isAgent(step.pusher)
      ? judged(pass(`pushed by ${person(step.pusher)}, without a pull request.`))
      : judged(
          fail(
            `${code(short(step.sha))} came past pull requests, and not from a person who is known. Revert it, through a pull request: ${revert}.`,
          ),
        )
  }
  const agents: Judged['agents'] = []
  const elsewhere = step.pulls.map(({ number, facts }) => {
    const landed = lastFact(facts, 'merged')?.body.landedOn
    return landed === undefined || protects(landed) ? null : `#${number} was merged into ${code(landed)}`
  })
  if (elsewhere.every((one) => one !== null))
    return judged(
      fail(
        `${listed(elsewhere)}, which policy does not protect, so it passed no gates on its way here. Revert it, and bring it in through a pull request: ${revert}.`,
      ),
    )
  const landings = step.pulls.flatMap(({ facts }) => lastFact(facts, 'merged') ?? [])
  const landed = landings.some(({ body }) => steps.some(({ sha }) => sha === body.merge))
  for (const { number, facts } of step.pulls) {
    const merged = lastFact(facts, 'merged')
    // guard: knownMerge
    if (!merged)
      return judged(
        facts.length === 0
          ? fail(
              `Countersign has never judged #${number}. Revert it, and bring it in again through a pull request: ${revert}.`,
            )
          : wait(`How #${number} was merged is being read.`),
      )
    const incident = lastFact(facts, 'incident')
    // guard: bypassedStays
    if (incident)
      return judged(
        fail(
          `#${number} got past the gates: ${incident.body.sentence.slice(0, 300)} Revert it first: ${revert}.`,
        ),
      )
    // guard: wholePull
    if (!landed)
      return judged(
        fail(
          `It is a commit on the way of #${number}, which was judged and approved as a whole: deploy ${code(short(merged.body.merge))}, as which it was merged, or a later one.`,
        ),
      )
    if (factsOf(facts, 'origin.evidence').length > 0) agents.push({ number, head: merged.body.head })
  }
  return judged(
    pass(
      agents.length > 0
        ? "an agent's, approved and merged through the gates."
        : "a person's, merged through the gates.",
    ),
    agents,
  )
}
