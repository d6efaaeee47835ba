/** One session of a fix: what it is told and given, and its start and end on record (F2, P11). */
import { digestOf } from '../core/digest.ts'
import type { FactBody } from '../core/facts.ts'
import type { RepositoryName, Sha } from '../core/ids.ts'
import type {
  Clock,
  CommitIdentity,
  FileTools,
  Ledger,
  Model,
  SessionResult,
  Worktree,
} from '../core/ports.ts'
import { fixContinuation, fixOpening, fixSystemPrompt, handInTool } from '../fix/prompt.ts'
import type { FixGroup } from '../fix/region.ts'
import type { FixState } from '../fix/state.ts'
import { modelFor, sessionLimits, spentOf } from '../pipeline/budget.ts'
import type { Policy } from '../policy/schema.ts'
import type { CheckPorts } from './fixChecks.ts'
import type { CitedThread } from './fixLook.ts'
import { fixHandIn, type Region, regionTool } from './fixTools.ts'
import { providersOfFix } from './sessionProviders.ts'
import type { StopWatch } from './stopWatch.ts'
import { readingTools } from './tools/reading.ts'

export interface GroupPorts extends CheckPorts {
  ledger: Ledger
  model: Model
  files: FileTools
  clock: Clock
  author: CommitIdentity
}

export interface GroupRun {
  repository: RepositoryName
  /** The pull request's head branch. */
  branch: string
  /** `owner/repo#34` */
  pull: string
  subject: string
  fix: FixState
  /** As the agent profile of the task behind the branch has it. */
  policy: Policy
  /** Instruction files of the base branch. */
  conventions: readonly string[]
  worktree: Worktree
  /** The commit that this group starts on: the head, or the accepted work of the group before. */
  tip: Sha
  group: FixGroup<CitedThread>
  number: number
  watch: StopWatch
  host: AbortSignal
}

function choice({ policy, fix }: GroupRun) {
  return { ...modelFor('implementation', policy.models, 'medium'), request: fix.accepted.body.request }
}

/** Put the start of a session on record. Each start has its own name: after a crash the work begins anew. */
export async function startSession(run: GroupRun, attempt: number, ports: GroupPorts): Promise<string> {
  const { endpoint, model, request } = choice(run)
  const starts = (await ports.ledger.facts(run.subject)).filter(
    ({ body }) => body.kind === 'attempt.started',
  ).length
  const digest = digestOf({ subject: run.subject, request, group: run.number, attempt, starts }).slice(0, 16)
  const session = `fix-${request}-${run.number}-${attempt}-${digest}`
  await record(run, ports, { kind: 'attempt.started', phase: 'fix', attempt, session, endpoint, model })
  return session
}

/** Put its end on record, with what it cost. */
export async function endSession(
  run: GroupRun,
  attempt: number,
  session: string,
  result: SessionResult,
  candidate: Sha | null,
  ports: GroupPorts,
) {
  const { endpoint, model } = choice(run)
  const { usage, costUsd, durationMs } = result
  await record(run, ports, {
    kind: 'attempt.ended',
    phase: 'fix',
    attempt,
    session,
    candidate,
    usage,
    costUsd,
    durationMs,
    model: result.by?.model ?? model,
    endpoint: result.by?.endpoint ?? endpoint,
    outcome:
      result.kind === 'deliverable'
        ? { kind: 'deliverable', digest: digestOf(result.deliverable), deliverable: result.deliverable }
        : {
            kind: result.kind === 'stopped' ? 'stopped' : 'failed',
            reason: (result.kind === 'questions' ? 'asked questions' : result.reason).slice(0, 4000),
          },
  })
}

export const record = (run: GroupRun, { ledger }: GroupPorts, body: FactBody) =>
  ledger.append(run.subject, [{ actor: null, body }])

/** Talk to the model: the region, the window, the threads, and the one editing tool. */
export async function converse(
  run: GroupRun,
  region: Region,
  session: string,
  attempt: number,
  objections: readonly string[],
  earlier: string | null,
  ports: GroupPorts,
): Promise<SessionResult> {
  const { policy, group, worktree } = run
  const where = { repository: run.repository, branch: run.branch, path: group.path }
  const { chain, inHouseOnly, mayRead } = await providersOfFix(where, policy, choice(run), ports.ledger)
  const [main, ...fallbacks] = chain
  const opening = fixOpening({
    subject: run.pull,
    path: group.path,
    text: Buffer.from(region.before, 'latin1').toString('utf8'),
    range: group.range,
    windowLines: policy.fix.window_lines,
    conventions: run.conventions,
    threads: group.members.map(({ comments }) => ({ comments })),
  })
  const context = { worktree, files: ports.files, workspace: ports.workspace, mayRead, mayWrite: () => false }
  return ports.model.run(
    {
      ...main,
      fallbacks,
      inHouseOnly,
      session,
      system: fixSystemPrompt,
      opening,
      continues:
        earlier === null ? null : { session: earlier, message: fixContinuation(attempt, objections) },
      tools: [...readingTools(context), regionTool(ports.files, region), fixHandIn()],
      handIn: { deliverable: handInTool, questions: null },
      limits: sessionLimits(policy.budgets, spentOf(await ports.ledger.facts(run.subject))),
    },
    run.watch.signal,
  )
}
