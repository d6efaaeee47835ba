/** What a backtest looks at: the place, the pull requests of the range, and whether GitHub lets so many be read in this hour. */
import type { Reader } from '../adapters/github/reader.ts'
import { Terminal } from '../core/errors.ts'
import type { RepositoryName } from '../core/ids.ts'
import type { MergedPull } from '../core/ports.ts'
import { count } from '../core/sentences.ts'
import type { BacktestOptions } from './backtestOptions.ts'

/** Requests that a pull request takes of each of GitHub's two interfaces, at the usual; people are looked up once. */
const restEach = 3
const restOnce = 10

/** @throws Terminal with what to type instead, when one of the two cannot be seen. */
export async function placeOf(forge: Reader, { repository: name, branch }: BacktestOptions) {
  const repository = await forge.repository(name)
  if (!repository.found)
    throw new Terminal(
      `${name} not found`,
      `${name} cannot be seen with this token. Check the name, and what the token may read.`,
    )
  const ref = branch ?? repository.value.defaultBranch
  const tip = await forge.branchTip(repository.value.name, ref)
  if (!tip.found)
    throw new Terminal(
      `no branch ${ref}`,
      `${name} has no branch ${ref} with a commit. Name another with --branch.`,
    )
  return { repository: repository.value, base: { ref, tip: tip.value } }
}

/** The range that was asked for, the one merged last first; an empty one is no answer. */
export async function mergedOf(
  forge: Reader,
  name: RepositoryName,
  ref: string,
  { last, sinceMs, since }: BacktestOptions,
): Promise<MergedPull[]> {
  const merged = await forge.merged(name, ref, { most: last + 1, sinceMs: sinceMs ?? 0 })
  const range = since === null ? '' : ` since ${since}`
  if (merged.length === 0)
    throw new Terminal(
      'nothing merged',
      `No pull request was merged into ${ref} of ${name}${range}. Name an earlier date with --since, or another branch with --branch.`,
    )
  if (since !== null && merged.length > last)
    throw new Terminal(
      'too many',
      `More than ${last} pull requests were merged into ${ref}${range}. Name a later date, or use --last ${last}.`,
    )
  return merged.slice(0, last)
}

/** What it will take, or the refusal to begin what could not be ended in this hour. */
export async function announced(
  forge: Reader,
  name: RepositoryName,
  ref: string,
  merged: readonly MergedPull[],
): Promise<string> {
  const what = `${count(merged.length, 'merged pull request')} of ${name} (${ref})`
  const least = restOnce + restEach * merged.length
  const needed = least + merged.length
  const allowance = await forge.allowance()
  if (!allowance) return `Looking at ${what}: about ${needed} requests to GitHub.`
  const { left, limit, renewedAtMs } = allowance
  const numbers = `about ${needed} requests to GitHub, and ${left} of ${limit} are left in this hour`
  if (left >= least) return `Looking at ${what}: ${numbers}.`
  const fitting = Math.floor((left - restOnce) / restEach)
  const fewer = fitting > 0 ? `Look at fewer with --last ${fitting}, or run` : 'Run'
  throw new Terminal(
    'rate limit',
    `Looking at ${what} takes ${numbers}. ${fewer} it after ${new Date(renewedAtMs).toISOString().slice(11, 16)} UTC.`,
  )
}
