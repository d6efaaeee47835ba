/** The audit: what moved a protected branch past the pull requests that Countersign knows is reported, once (A5, T20). */

import { formatKey, type RepositoryName } from './core/ids.ts'
import type { BranchMove, ForgeActs, ForgeReads, Ledger, Log, Metrics, Queue } from './core/ports.ts'
import { code, person } from './core/sentences.ts'
import type { RepositoryReading } from './core/snapshot/common.ts'
import { EnforcementProof, proofSetting } from './core/snapshot/rules.ts'
import { isWatched } from './enforcement/watch.ts'
import { type PolicyPorts, readPolicy } from './observe/policy.ts'
import { isProtectedBranch } from './policy/branches.ts'

export interface AuditPorts extends PolicyPorts {
  forge: PolicyPorts['forge'] & Pick<ForgeReads, 'moves' | 'mergedPulls'> & Pick<ForgeActs, 'reportIncident'>
  ledger: Pick<Ledger, 'setting' | 'putSetting' | 'setOpen'>
  queue: Pick<Queue, 'reconcile'>
  metrics: Metrics
  log: Log
}

/** The move that was looked at last: all branches of a repository share GitHub's one list. */
const positionSetting = (name: RepositoryName) => `audit:${name.toLowerCase()}`

/** What is there now was there before the App, and is not its story. Does nothing where the audit has begun. */
export async function beginAudit(
  name: RepositoryName,
  { forge, ledger }: Pick<AuditPorts, 'forge' | 'ledger'>,
): Promise<void> {
  if ((await positionOf(name, ledger)) !== null) return
  const found = await forge.moves(name, null)
  if (found.found) await ledger.putSetting(positionSetting(name), String(found.value.moves.at(-1)?.id ?? 0))
}

/**
 * A branch moved, as an event tells: look at what did it. Where the audit has not begun, that is the branch's newest move.
 *
 * @throws RetryLater when GitHub is out; the position stays, and the next look starts there.
 */
export async function auditBranch(name: RepositoryName, branch: string, ports: AuditPorts): Promise<void> {
  const ground = await readGround(name, ports)
  if (!ground?.protects(branch)) return
  if (branch === ground.defaultBranch) await queueRollouts(name, ground, ports)
  const position = await positionOf(name, ports.ledger)
  const found = await ports.forge.moves(name, position)
  if (!found.found) return
  const { moves, whole } = found.value
  const newest = moves.findLast((move) => move.branch === branch)
  const news = position === null ? moves.filter((move) => move === newest) : moves
  const before = await groundBefore(ground, news, ports)
  await judgeMoves(name, { news, whole, last: moves.at(-1)?.id }, before, ports)
}

/**
 * The sweep's look at all protected branches of a repository: the event of a move may be lost, or the process that was
 * told may have ended (T12). Where nothing has moved it costs one conditional request, and writes nothing.
 */
export async function auditRepository(name: RepositoryName, ports: AuditPorts): Promise<void> {
  const position = await positionOf(name, ports.ledger)
  if (position === null) return beginAudit(name, ports)
  const found = await ports.forge.moves(name, position)
  if (!found.found || found.value.moves.length === 0) return
  const ground = await readGround(name, ports)
  if (!ground) return
  const { moves: news, whole } = found.value
  if (news.some(({ branch }) => branch === ground.defaultBranch)) await queueRollouts(name, ground, ports)
  const before = await groundBefore(ground, news, ports)
  await judgeMoves(name, { news, whole, last: news.at(-1)?.id }, before, ports)
}

interface Ground {
  repository: RepositoryReading
  defaultBranch: string
  environments: string[]
  protects(branch: string): boolean
  /** Whether rules were promised to prevent what went past pull requests. */
  promised(branch: string): Promise<boolean>
}

async function readGround(name: RepositoryName, ports: AuditPorts): Promise<Ground | null> {
  const repository = await ports.forge.repository(name)
  if (!repository.found) return null
  const { defaultBranch } = repository.value
  const tip = await ports.forge.branchTip(name, defaultBranch)
  return tip.found ? groundOf(repository.value, tip.value, ports) : null
}

async function groundOf(repository: RepositoryReading, tip: string, ports: AuditPorts): Promise<Ground> {
  const { name, defaultBranch } = repository
  const reading = await readPolicy(ports, repository, { ref: defaultBranch, tip })
  return {
    repository,
    defaultBranch,
    environments: reading.ok ? Object.keys(reading.policy.rollout.environments) : [],
    protects: (branch) =>
      reading.ok ? isProtectedBranch(reading.policy, defaultBranch, branch) : branch === defaultBranch,
    async promised(branch) {
      // A broken policy may have been merge mode: nothing is promised less for it.
      if (!reading.ok) return true
      const kept = await ports.ledger.setting(proofSetting(name, branch))
      const proof = kept === null ? null : EnforcementProof.parse(JSON.parse(kept))
      return reading.policy.enforce && isWatched(reading.policy.merge.mode, proof)
    },
  }
}

/** A push may have loosened the policy itself: what was in force before the first of these moves holds as well (T14). */
async function groundBefore(
  ground: Ground,
  moves: readonly BranchMove[],
  ports: AuditPorts,
): Promise<Ground> {
  const first = moves.find(({ branch, from }) => branch === ground.defaultBranch && from !== null)
  if (!first?.from) return ground
  const earlier = await groundOf(ground.repository, first.from, ports)
  return {
    ...ground,
    protects: (branch) => ground.protects(branch) || earlier.protects(branch),
    promised: async (branch) => (await ground.promised(branch)) || earlier.promised(branch),
  }
}

async function queueRollouts(name: RepositoryName, { environments }: Ground, { queue }: AuditPorts) {
  for (const environment of environments)
    await queue.reconcile(formatKey({ kind: 'rollout', repository: name, environment }))
}

async function judgeMoves(
  name: RepositoryName,
  { news, whole, last }: { news: BranchMove[]; whole: boolean; last: number | undefined },
  ground: Ground,
  ports: AuditPorts,
): Promise<void> {
  const { forge, ledger } = ports
  const before = await positionOf(name, ledger)
  if (!whole && before !== null) {
    const sentence = `More than ${news.length} moves of branches came since Countersign looked last, and the oldest could not be looked at (T20). Look through the history of ${code(ground.defaultBranch)} for commits that no pull request brought.`
    await forge.reportIncident(name, `moves:${before}`, sentence)
  }
  for (const move of news.filter(({ branch }) => ground.protects(branch))) {
    await judgeMove(name, move, ground, ports)
    await ledger.putSetting(positionSetting(name), String(move.id))
  }
  if (last !== undefined) await ledger.putSetting(positionSetting(name), String(last))
}

/**
 * A merge is left to its pull request's own round. Everything else is an incident where rules were promised to prevent
 * it, and always when it was not a person's.
 */
async function judgeMove(
  name: RepositoryName,
  move: BranchMove,
  ground: Ground,
  { forge, ledger, queue, metrics, log }: AuditPorts,
): Promise<void> {
  const pulls = move.to === null ? [] : await forge.mergedPulls(name, move.to)
  for (const { number } of pulls) {
    const key = formatKey({ kind: 'pull', repository: name, number })
    await ledger.setOpen(key, true)
    await queue.reconcile(key)
  }
  // What was merged elsewhere, or goes back to what was merged before, came here past pull requests all the same; and so did a
  // commit on the way of one, which nobody approved by itself.
  if (!move.forced && pulls.some(({ base, landed }) => landed && ground.protects(base))) return
  if (move.by?.type === 'User' && !(await ground.promised(move.branch))) return
  const sentence = `${sentenceOf(move)} (T20). Look at it, revert it if it does not belong there, and run \`npm run countersign -- doctor ${name}\` to see who may bypass the rules.`
  const { branch, to: sha, by } = move
  // First to the operator: where a repository takes no issues any more, nothing else tells of it.
  log.error({ repository: name, branch, sha, by: by?.login }, 'a push bypassed the checks')
  await forge.reportIncident(name, `push:${move.branch.replace(/[^\w./-]/g, '_')}:${move.id}`, sentence)
  metrics.count('incidents_total', { kind: 'push' })
}

function sentenceOf({ branch, from, to, forced, by }: BranchMove): string {
  const who = by ? person(by) : 'An account that GitHub no longer knows'
  const where = code(branch)
  if (to === null) return `${who} deleted ${where}, which stood at ${from}`
  if (forced) return `${who} force-pushed ${where} from ${from} to ${to}, past pull requests and their checks`
  return `${who} pushed ${to} to ${where} past pull requests and their checks`
}

async function positionOf(name: RepositoryName, ledger: Pick<Ledger, 'setting'>): Promise<number | null> {
  const kept = await ledger.setting(positionSetting(name))
  return kept === null ? null : Number(kept)
}
