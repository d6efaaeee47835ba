/** What hints become, behind the webhook's answer: the subjects that an event does not name, and the looks that it asks for. */
import { asJob } from '../adapters/abort.ts'
import type { HintResolvers } from '../app/hints.ts'
import { formatKey, type RepositoryName, type Sha, type SubjectKey } from '../core/ids.ts'
import type { Clock, Forge, Ledger, Log, Queue, Readings } from '../core/ports.ts'
import { scanRepositories } from '../sweep.ts'
import type { Audits } from './audit.ts'

export interface HintPorts {
  ledger: Pick<Ledger, 'facts'>
  forge: Pick<Forge, 'identity' | 'openPulls' | 'pullsWithHead'>
  readings: Pick<Readings, 'withHead'>
  queue: Pick<Queue, 'reconcile'>
  audit: Audits
  clock: Clock
  log: Log
}

/** Between two pull requests of a new installation's scan, so that it does not eat the rate limit. */
const scanPauseMs = 500

/** @param stop ends what is under way with the process. */
export function hintResolvers(ports: HintPorts, stop: AbortSignal): HintResolvers {
  const { forge, audit } = ports
  return {
    withHead: (repository, sha) =>
      asJob(stop, async () => [
        ...pullKeys(repository, await pullsWithHead(repository, sha, ports)),
        ...(await groupKeys(repository, sha, ports)),
      ]),
    onBase: (repository, ref) =>
      asJob(stop, async () => {
        await audit.branch(repository, ref)
        return pullKeys(repository, await forge.openPulls(repository, ref))
      }),
    onInstalled: (repositories) =>
      asJob(stop, async () => {
        // From the first event on it is known which are our own doing.
        await forge.identity()
        await scanRepositories(ports, repositories, scanPauseMs, stop)
      }),
  }
}

const pullKeys = (repository: RepositoryName, numbers: number[]) =>
  numbers.map((number) => formatKey({ kind: 'pull', repository, number }))

async function pullsWithHead(
  repository: RepositoryName,
  sha: Sha,
  { forge, readings }: HintPorts,
): Promise<number[]> {
  const shown = readings.withHead(repository, sha)
  return shown.length > 0 ? shown : forge.pullsWithHead(repository, sha)
}

/** The group of a merge queue that this commit is the head of, if one was asked for. */
async function groupKeys(
  repository: RepositoryName,
  head: Sha,
  { ledger }: HintPorts,
): Promise<SubjectKey[]> {
  const key = formatKey({ kind: 'group', repository, head })
  return (await ledger.facts(key)).length > 0 ? [key] : []
}
