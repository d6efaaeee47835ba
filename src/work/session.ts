/** Runs one model session of one attempt: prompt, tools, the model, the host's commit, and the facts about it. */
import type { FactBody } from '../core/facts.ts'
import { parseKey, type RepositoryName, type Sha } from '../core/ids.ts'
import type {
  Clock,
  CommitIdentity,
  FileTools,
  Git,
  Ledger,
  Log,
  Model,
  Queue,
  SessionResult,
  Workspace,
  Worktree,
} from '../core/ports.ts'
import type { PolicyReading } from '../core/snapshot/common.ts'
import { sessionLimits } from '../pipeline/budget.ts'
import { mayWrite } from '../pipeline/checks/scope.ts'
import { openingMessage, systemPrompt } from '../pipeline/inputs.ts'
import { profileNameOf, taskState } from '../pipeline/taskState.ts'
import { type Agent, agentOf } from '../policy/profiles.ts'
import type { Policy } from '../policy/schema.ts'
import { taskTicket } from './release.ts'
import { type Due, dueOf, type SessionItem } from './sessionDue.ts'
import { endedFact } from './sessionEnd.ts'
import { type Instructions, readInstructions, recordFailure } from './sessionInstructions.ts'
import { commandsOf, gatherMaterial } from './sessionMaterial.ts'
import { providersOf } from './sessionProviders.ts'
import { type StopWatch, watchForStop } from './stopWatch.ts'
import { commandTools } from './tools/commands.ts'
import { askName, endingTools, handInName } from './tools/ending.ts'
import { readingTools } from './tools/reading.ts'
import type { ToolContext } from './tools/tool.ts'
import { writingTools } from './tools/writing.ts'

export interface SessionPorts {
  ledger: Ledger
  model: Model
  workspace: Workspace
  git: Git
  files: FileTools
  queue: Pick<Queue, 'reconcile'>
  clock: Clock
  log: Log
  /** Policy and tip of the default branch at this moment (S14). */
  readPolicy(repository: RepositoryName): Promise<{ policy: PolicyReading<Policy>; base: Sha }>
  /** Author of the commits that sessions lead to: the drafting App's bot. */
  author: CommitIdentity
}

/**
 * Run a session item. It decides nothing: whether it is still due is asked of the facts, its end is recorded, and the
 * task's key is queued.
 *
 * @param signal the host's shutdown. The session is then left as it is and resumes from its transcript.
 */
export async function runSession(item: SessionItem, ports: SessionPorts, signal: AbortSignal): Promise<void> {
  const subject = parseKey(item.subject)
  if (subject?.kind !== 'task') return
  const { repository } = subject
  const { policy, base } = await ports.readPolicy(repository)
  const facts = await ports.ledger.facts(item.subject)
  const agent = policy.ok ? agentOf(policy.policy, profileNameOf(facts)) : null
  const due = agent && !agent.gone ? dueOf(item, taskState(facts, agent.policy.pipeline), base) : null
  if (!agent || !due) {
    ports.log.info({ subject: item.subject, phase: item.phase }, 'session is no longer due')
    return ports.queue.reconcile(item.subject)
  }
  const { position } = due
  await ports.git.ensure(repository, [base, position.start])
  const planned = due.state.issued?.body.record.plan.files.map((file) => file.path) ?? []
  const instructions = await readInstructions(ports.git, repository, base, agent, planned)
  if (!instructions.ok) {
    await recordFailure(ports.ledger, item, instructions.reason)
    return ports.queue.reconcile(item.subject)
  }
  const worktree = await ports.workspace.open(repository, taskTicket(subject.issue), position.start)
  if (!due.started) {
    await worktree.reset(position.start)
    const body: FactBody = {
      kind: 'attempt.started',
      phase: item.phase,
      attempt: item.attempt,
      session: due.session,
      endpoint: item.endpoint,
      model: item.model,
    }
    if (!(await ports.ledger.append(item.subject, [{ actor: null, body }], { ifLength: facts.length })))
      return ports.queue.reconcile(item.subject)
  }
  const watch = watchForStop(ports, item.subject, facts.at(-1)?.seq ?? -1, signal)
  try {
    const result = await converse(
      item,
      ports,
      agent,
      due,
      worktree,
      { repository, base, subject: `${repository}#${subject.issue}`, instructions },
      watch,
    )
    // The host is going down: nothing has ended, and the next worker goes on from the transcript.
    if (result.kind === 'stopped' && !watch.stopped()) signal.throwIfAborted()
    await ports.ledger.append(item.subject, [
      { actor: null, body: await endedFact(item, ports, due, worktree, result, agent.allowed) },
    ])
  } finally {
    await watch.end()
  }
  await ports.queue.reconcile(item.subject)
}

async function converse(
  item: SessionItem,
  ports: SessionPorts,
  { policy, allowed }: Agent,
  due: Due,
  worktree: Worktree,
  where: { repository: RepositoryName; base: Sha; subject: string; instructions: Instructions },
  watch: StopWatch,
): Promise<SessionResult> {
  const { state, position } = due
  const { phase, of } = position
  const found = await gatherMaterial(ports.git, where.repository, state, position, due.attempt)
  const { own, repository } = where.instructions
  const material = { ...found, instructions: { own, repository } }
  const input = { subject: where.subject, phase, of, attempt: item.attempt, material }
  const plan = material.plan
  const providers = providersOf(item, where.repository, policy, due)
  const [main, ...fallbacks] = providers.chain
  const context: ToolContext = {
    worktree,
    workspace: ports.workspace,
    files: ports.files,
    mayRead: providers.mayRead,
    mayWrite: (path) => plan !== null && mayWrite(phase.writes, plan, allowed, path),
  }
  return ports.model.run(
    {
      session: due.session,
      ...main,
      fallbacks,
      inHouseOnly: providers.inHouseOnly,
      system: systemPrompt(input),
      opening: openingMessage(input),
      continues: due.continues,
      tools: [
        ...readingTools(context),
        ...(phase.writes === 'none' ? [] : writingTools(context)),
        ...commandTools(context, commandsOf(phase, policy)),
        ...endingTools(phase),
      ],
      // Validators and the choice of a route judge what they are given, and seldom look at a file.
      endsAtOnce: phase.tier === 'cheap',
      handIn: { deliverable: handInName, questions: phase.mayAsk ? askName : null },
      limits: sessionLimits(policy.budgets, state.spent, state.raised),
    },
    watch.signal,
  )
}
