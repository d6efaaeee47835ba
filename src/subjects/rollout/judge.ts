/** The verdicts on an environment: what stands, what wants to come, whether it may, and how what came is doing (R1 to R4). */
import { isAgentAccount } from '../../approvals/origin.ts'
import type { Sha } from '../../core/ids.ts'
import { code, headline, listed, person, short } from '../../core/sentences.ts'
import type { RolloutSnapshot } from '../../core/snapshot/rollout.ts'
import { fail, pass, type Verdict, wait } from '../../core/verdict.ts'
import { isProtectedBranch } from '../../policy/branches.ts'
import type { Policy } from '../../policy/schema.ts'
import { frozenUntil } from '../../rollout/freeze.ts'
import { judgeRange, type RangeVerdict } from '../../rollout/range.ts'
import type { EnvironmentSettings } from '../../rollout/settings.ts'
import { inVain, passedHere, type RolloutState, type Seen } from '../../rollout/state.ts'
import { wayTo } from '../../rollout/way.ts'
import { deployDigest, freezeLifted, judgeApproval, stoppedBy, wordsIn } from './approval.ts'
import { startOf } from './needs.ts'
import type { Approval, RolloutVerdicts } from './verdicts.ts'
import { judgeWatched } from './watched.ts'

export function judge(snapshot: RolloutSnapshot<Policy>): RolloutVerdicts {
  const { settings, state, questions, target, last, stranger, focus } = startOf(snapshot)
  const policy = snapshot.policy.ok ? snapshot.policy.policy : null
  const range =
    target === null ? unread : judgeWay(snapshot, policy, state, { to: target, steps: snapshot.range })
  const candidate = questions.candidate?.sha ?? null
  const approval =
    policy && settings && candidate !== null
      ? judgeApproval(
          snapshot,
          policy,
          settings,
          deployDigest(snapshot.environment, state.standing, candidate, range.agents),
        )
      : null
  const watched = judgeWatched(snapshot, settings, state.current)
  const frozenUntilMs =
    settings && policy && !freezeLifted(snapshot, policy)
      ? frozenUntil(settings.freeze, snapshot.nowMs)
      : null
  const earlier = candidate === null ? null : beforeAsking(snapshot, settings, state, candidate)
  return {
    settings,
    state,
    questions,
    range,
    approval,
    go: judgeGo(snapshot, {
      candidate,
      rules: (questions.candidate?.rules.length ?? 0) > 0,
      earlier,
      range: range.verdict,
      approval,
      frozenUntilMs,
      state,
    }),
    askable: candidate !== null && earlier === null,
    frozenUntilMs,
    watched,
    stranger: stranger && {
      seen: stranger,
      range:
        stranger.sha === target
          ? range
          : judgeWay(snapshot, policy, state, { to: stranger.sha, steps: snapshot.came }),
    },
    last: last && last.id !== watched?.seen.id ? judgeWatched(snapshot, settings, last) : watched,
    focus,
  }
}

const unread: RangeVerdict = {
  verdict: wait('What is on the way could not be read.'),
  lines: [],
  agents: [],
}

/** The way to a commit, with the steps that were read of it. */
function judgeWay(
  { facts, evidence, repository, app }: RolloutSnapshot<Policy>,
  policy: Policy | null,
  { failures }: RolloutState,
  { to, steps }: { to: Sha; steps: RolloutSnapshot['range'] },
): RangeVerdict {
  if (steps === 'unknown') return unread
  const { from, commits, problem } = wayTo(facts, to, evidence)
  if (problem !== null) return { verdict: fail(problem), lines: [], agents: [] }
  return judgeRange({
    from,
    to,
    commits,
    steps,
    failures,
    evidence,
    protects: (branch) => !policy || isProtectedBranch(policy, repository.defaultBranch, branch),
    isAgent: (account) => isAgentAccount(app, policy?.agents ?? null, account),
  })
}

interface GoInput {
  candidate: string | null
  /** Whether jobs ask for it, and not policy. */
  rules: boolean
  earlier: Verdict | null
  range: Verdict
  approval: Approval | null
  frozenUntilMs: number | null
  state: RolloutState
}

/** Whether the candidate may be deployed now: nothing unread, nothing open before it, and people behind it (S9, S11). */
function judgeGo(snapshot: RolloutSnapshot<Policy>, input: GoInput): Verdict {
  const { candidate, earlier, range, approval, frozenUntilMs, state } = input
  if (candidate === null) return wait('Nothing wants to be deployed here.')
  if (!snapshot.policy.ok) return fail(snapshot.policy.sentence)
  // guard: readWhole
  const { deployments, missing } = snapshot
  if (missing.length > 0 || deployments === 'unknown')
    return wait(
      `Could not be read: ${listed(missing.length > 0 ? missing : ['the deployments'], 3)}. It is asked for again.`,
    )
  if (earlier) return earlier
  const again = input.rules ? null : beforeAgain(snapshot, state, candidate)
  if (again) return again
  if (range.state !== 'pass') return range
  if (!approval) return wait('Who must approve is not known yet.')
  // guard: approvalFirst
  if (approval.verdict.state !== 'pass') return approval.verdict
  const stopper = stoppedBy(snapshot)
  if (stopper)
    return wait(`${person(stopper)} stopped it. ${code('/agent resume')} on the same pull request goes on.`)
  const busy = busyWith(state, candidate, approval.asked)
  if (busy) return wait(busy)
  // guard: freeze
  if (frozenUntilMs !== null)
    return wait(
      `No deployments until ${new Date(frozenUntilMs).toISOString().slice(0, 16).replace('T', ' ')} UTC (freeze window). A senior lifts it by ${code('/agent accept freeze <reason>')} on a merged pull request of the range.`,
    )
  return pass(
    `${approval.asked ? approval.verdict.sentence : 'Nobody is asked here.'} ${headline(range.sentence, 300)}`,
  )
}

/** What was tried in vain is tried again when somebody says so, and never by itself. A job that asks again was run by somebody. */
function beforeAgain(
  snapshot: RolloutSnapshot<Policy>,
  state: RolloutState,
  candidate: string,
): Verdict | null {
  const vain = inVain(snapshot.facts, state, candidate)
  // guard: againByWord
  if (!vain || wordsIn(snapshot).some(({ body, atMs }) => body.verb === 'retry' && atMs > vain.atMs))
    return null
  const what = vain.body.kind === 'work.failed' ? vain.body.reason : vain.body.sentence
  return wait(
    `It did not come up: ${code('/agent retry')} on a merged pull request of the range deploys it again, once. ${what} Running its job again on GitHub does the same.`,
  )
}

/** What must be over before anybody is asked at all, or null. */
function beforeAsking(
  snapshot: RolloutSnapshot<Policy>,
  settings: EnvironmentSettings | null,
  state: RolloutState,
  candidate: string,
): Verdict | null {
  if (!settings) return fail(`Policy names no environment ${code(snapshot.environment)}.`)
  // guard: failedStays
  if (state.failures.some(({ body }) => body.sha === candidate))
    return fail(
      `${code(short(candidate))} failed here and was taken back. It is not deployed again; revert what broke it and deploy what comes of that.`,
    )
  const { after } = settings
  if (after === undefined) return null
  // guard: stagingFirst
  if (!snapshot.before || !passedHere(snapshot.before.facts, candidate))
    return wait(`${code(short(candidate))} has not passed its window in ${code(after)} yet.`)
  return null
}

/** Something else that is going on in the environment, or null: one rollout at a time. */
function busyWith(
  { rollingBack, underWay, pending, current }: RolloutState,
  candidate: string,
  asked: boolean,
): string | null {
  // guard: oneAtATime
  if (rollingBack) return `A rollback to ${code(short(rollingBack.body.sha))} is under way.`
  // Where nobody is asked nobody could answer: what is held there is left behind by the next commit.
  if (asked && current?.held && current.ended?.body.outcome === 'held' && !current.failed)
    return `What stands here is held (${headline(current.held.body.sentence, 200)}); a person decides on it first.`
  const other = [...underWay.map(({ sha }) => sha), ...pending.map(({ intent }) => intent.body.sha)].find(
    (sha) => sha !== candidate,
  )
  if (other !== undefined) return `A deployment of ${code(short(other))} is under way here.`
  if (current && !current.adopted && isOpen(current)) return 'What was deployed last is still being watched.'
  return null
}

/** Whether a deployment that succeeded is still looked after. */
function isOpen({ ended, failed, rollback }: Seen): boolean {
  return ended === null && failed === null && rollback === null
}
