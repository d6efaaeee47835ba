/** The handlers of long work: each unit gets just the ports it needs; a kind without a handler does not compile. */
import { fileTools } from '../adapters/tools/fileTools.ts'
import { Bug, Terminal } from '../core/errors.ts'
import type { RepositoryName } from '../core/ids.ts'
import type {
  Alerts,
  Clock,
  CommitIdentity,
  Forge,
  Git,
  Ledger,
  Log,
  Metrics,
  Model,
  Monitors,
  Probes,
  Queue,
  QueueHandlers,
  Readings,
  Workspace,
} from '../core/ports.ts'
import type { RepositoryReading } from '../core/snapshot/common.ts'
import { type PolicyPorts, readPolicy } from '../observe/policy.ts'
import { runAlert } from '../work/alert.ts'
import { runCollect } from '../work/collect.ts'
import { runIssuePlan, runPush } from '../work/commit.ts'
import { runFix } from '../work/fix.ts'
import { runOpenChildren } from '../work/openChildren.ts'
import { runReadCi } from '../work/readCi.ts'
import { runRelease } from '../work/release.ts'
import { runSession, type SessionPorts } from '../work/session.ts'

export interface WorkPorts {
  forge: Forge
  readings: Readings
  ledger: Ledger
  queue: Queue
  git: Git
  workspace: Workspace
  model: Model
  monitors: Monitors
  probes: Probes
  alerts: Alerts
  clock: Clock
  metrics: Metrics
  log: Log
}

/** One handler for all work; each item's time is observed by its kind. */
export function workHandler(ports: WorkPorts): QueueHandlers['work'] {
  const { forge, readings, ledger, queue, git, workspace, model, clock, metrics, log } = ports
  const { monitors, probes, alerts } = ports
  /** Work starts on what the round that asked for it has read; what it ends in is judged by a round of its own. */
  const kept = () => readings.open({ fresh: false }).forge
  const sessions: Omit<SessionPorts, 'author'> = {
    ledger,
    model,
    workspace,
    git,
    files: fileTools(),
    queue,
    clock,
    log,
    readPolicy: (repository) => policyOfDefaultBranch(repository, { ledger, forge: kept() }),
  }
  return async (item, signal) => {
    const began = performance.now()
    switch (item.kind) {
      case 'collect':
        await runCollect(item, { forge, git, workspace, ledger, queue, monitors, probes, clock, log }, signal)
        break
      case 'alert':
        await runAlert(item, { alerts, ledger, queue, clock, metrics, log }, signal)
        break
      case 'issuePlan':
        await runIssuePlan(item, { git, ledger, forge: { ...forge, ...kept() }, queue, log })
        break
      case 'openChildren':
        await runOpenChildren(item, { ledger, forge, queue, log })
        break
      case 'push':
        await runPush(item, { git, ledger, forge, queue, log })
        break
      case 'readCi':
        await runReadCi(item, { forge, ledger, queue, log })
        break
      case 'fix': {
        const { files } = sessions
        const policyAt = (repository: RepositoryReading, base: { ref: string; tip: string }) =>
          readPolicy({ ledger, forge: kept() }, repository, base)
        const fixing = {
          forge,
          readings,
          ledger,
          queue,
          git,
          workspace,
          model,
          files,
          clock,
          log,
          readPolicy: policyAt,
        }
        await runFix(item, { ...fixing, author: await authorOf(forge) }, signal)
        break
      }
      case 'release':
        await runRelease(item.subject, { ledger, workspace, log })
        break
      case 'session':
        await runSession(item, { ...sessions, author: await authorOf(forge) }, signal)
        break
      default:
        throw new Bug(`no such work: ${JSON.stringify(item satisfies never)}`)
    }
    const seconds = (performance.now() - began) / 1000
    metrics.observe('work_seconds', seconds, { kind: item.kind })
    log.debug({ work: item.kind, seconds }, 'work ended')
  }
}

/** Commits of the host carry the bot's address, so that GitHub shows them as the App's. */
async function authorOf(forge: Forge): Promise<CommitIdentity> {
  const { bot, drafterBot } = await forge.identity()
  const { id, login } = drafterBot ?? bot
  return { name: login, email: `${id}+${login}@users.noreply.github.com` }
}

/** Policy and tip of a repository's default branch, for work that is not bound to a pull request (S14). */
async function policyOfDefaultBranch(name: RepositoryName, ports: PolicyPorts) {
  const repository = await ports.forge.repository(name)
  if (!repository.found)
    throw new Terminal(`${name} cannot be seen any more`, 'This repository cannot be read.')
  const ref = repository.value.defaultBranch
  const tip = await ports.forge.branchTip(name, ref)
  if (!tip.found) throw new Terminal(`${name} has no ${ref}`, `The default branch ${ref} cannot be read.`)
  return { policy: await readPolicy(ports, repository.value, { ref, tip: tip.value }), base: tip.value }
}
