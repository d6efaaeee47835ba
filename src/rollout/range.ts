/** The range of a rollout: whether everything between what stands and the new commit may come along (R1, T41). */
import type { CommitBody } from '../core/evidence.ts'
import { type FactOf, factsOf, lastFact } from '../core/facts.ts'
import type { Sha } from '../core/ids.ts'
import { code, count, listed, person, short } from '../core/sentences.ts'
import type { RangeStep } from '../core/snapshot/rollout.ts'
import { fail, pass, type Verdict, wait } from '../core/verdict.ts'

/** Steps that one rollout may bring; beyond it somebody deploys a nearer commit first. */
export const mostSteps = 100

export interface RangeVerdict {
  verdict: Verdict
  /** One line a step, oldest first. */
  lines: string[]
  /** The agents' pull requests that come along: what a person approves for the environment. */
  agents: { number: number; head: Sha }[]
}

/** The first-parent steps from `from` (not included) to `to`, oldest first; null when the walk does not end there. */
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
}

/** Judge the range. Whoever merged it: what nobody here has judged, and what failed before, does not come along. */
export function judgeRange({ from, to, commits, steps, failures }: RangeInput): RangeVerdict {
  if (from === null) {
    // guard: rolledBackStays
    const again = failures.find(({ body }) => body.sha === to)
    return {
      verdict: again
        ? fail(`${code(short(to))} failed here before: ${again.body.sentence}`)
        : pass('Nothing that Countersign knows stands here yet, so there is nothing to compare with.'),
      lines: [],
      agents: steps.flatMap(({ pulls }) =>
        pulls.flatMap(({ number, facts }) => {
          const head = lastFact(facts, 'merged')?.body.head
          return head && factsOf(facts, 'origin.evidence').length > 0 ? [{ number, head }] : []
        }),
      ),
    }
  }
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
  const reverted = revertedIn(commits)
  const judged = steps.map((step) => judgeStep(step, failures, reverted))
  const verdicts = judged.map(({ verdict }) => verdict)
  const worst =
    verdicts.find(({ state }) => state === 'fail') ?? verdicts.find(({ state }) => state !== 'pass')
  return {
    verdict:
      worst ??
      pass(
        steps.length === 0
          ? `${code(short(to))} brings nothing that does not stand here already.`
          : `${count(steps.length, 'step')} on the way, each judged: ${listed(judged.map(({ name }) => name))}.`,
      ),
    lines: judged.map(({ name, verdict }) => `${name}: ${verdict.sentence}`),
    agents: judged.flatMap(({ agents }) => agents),
  }
}

interface Judged {
  name: string
  verdict: Verdict
  agents: { number: number; head: Sha }[]
}

function judgeStep(
  step: RangeStep,
  failures: readonly FactOf<'rollout.failed'>[],
  reverted: ReadonlySet<Sha>,
): Judged {
  const name =
    step.pulls.length > 0 ? listed(step.pulls.map(({ number }) => `#${number}`)) : code(short(step.sha))
  const judged = (verdict: Verdict, agents: Judged['agents'] = []): Judged => ({ name, verdict, agents })
  const failure = failures.find(({ body }) => body.steps.includes(step.sha))
  // guard: rolledBackStays
  if (failure && !reverted.has(step.sha))
    return judged(
      fail(
        `It was part of what failed here (${failure.body.sentence.slice(0, 300)}). Revert it first: ${code(`git revert ${short(step.sha)}`)}, through a pull request.`,
      ),
    )
  if (step.pulls.length === 0) {
    // guard: directPush
    return step.pusher?.type === 'User'
      ? judged(pass(`pushed by ${person(step.pusher)}, without a pull request.`))
      : judged(
          fail(
            `${code(short(step.sha))} came past pull requests, and not from a person who is known. Revert it, or bring it in through a pull request.`,
          ),
        )
  }
  const agents: Judged['agents'] = []
  for (const { number, facts } of step.pulls) {
    const merged = lastFact(facts, 'merged')
    // guard: knownMerge
    if (!merged)
      return judged(
        facts.length === 0
          ? fail(
              `Countersign has never judged #${number}. Revert it, or bring it in again through a pull request.`,
            )
          : wait(`How #${number} was merged is being read.`),
      )
    const incident = lastFact(facts, 'incident')
    // guard: bypassedStays
    if (incident)
      return judged(
        fail(`#${number} got past the gates: ${incident.body.sentence.slice(0, 300)} Revert it first.`),
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

/** Commits that others in the range revert, by git's own words for it; a revert of a revert brings it back. */
function revertedIn(commits: readonly CommitBody[]): Set<Sha> {
  const named = new Map(
    commits.flatMap(({ sha, message }) =>
      [...message.matchAll(/^This reverts commit ([0-9a-f]{40,64})\.?/gm)].map((match) => [
        match[1] ?? '',
        sha,
      ]),
    ),
  )
  const isReverted = (sha: Sha, depth = 0): boolean => {
    const by = named.get(sha)
    return by !== undefined && depth < 20 && !isReverted(by, depth + 1)
  }
  return new Set([...named.keys()].filter((sha) => isReverted(sha)))
}
