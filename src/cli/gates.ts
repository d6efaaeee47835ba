/** `countersign gates`: what the diff gates say about a local range of commits, without network and without the App. */
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { type LocalRepository, openLocalRepository } from '../adapters/workspace/localRepository.ts'
import { Terminal } from '../core/errors.ts'
import type { Sha } from '../core/ids.ts'
import { policyPath } from '../core/policyFiles.ts'
import { parsePolicy } from '../policy/parse.ts'
import type { Policy } from '../policy/schema.ts'
import { evaluateRange, type RangeReport } from './gatesRange.ts'
import { asJson, asSarif, asText, stops } from './gatesReport.ts'

/** Most commits that `--each` judges one by one. */
const mostCommits = 1000
/** Ranges judged at once: each waits for git most of its time. */
const atOnce = 4

const options = {
  base: { type: 'string' },
  head: { type: 'string', default: 'HEAD' },
  policy: { type: 'string' },
  repo: { type: 'string' },
  each: { type: 'boolean', default: false },
  'allow-flags': { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  sarif: { type: 'boolean', default: false },
} as const

export interface Output {
  out(text: string): void
  err(text: string): void
}

/**
 * Run the command.
 *
 * @param args what follows `gates` on the command line.
 * @param directory where the person stands; `--repo` and `--policy` are relative to it.
 * @returns exit code: 0 when nothing stops the change, 1 when a gate fails or wants a person (unless `--allow-flags`),
 *   2 when it could not be judged: bad arguments, no repository, no such commit, a broken policy.
 */
export async function gates(args: string[], directory: string, print: Output): Promise<number> {
  try {
    const { values } = parseArgs({ args, options, strict: true })
    if (values.base === undefined) return refuse(print, '--base REV is missing: the commit to compare with.')
    if (values.json && values.sarif) return refuse(print, 'Choose one of --json and --sarif.')
    const repository = await openLocalRepository(resolve(directory, values.repo ?? '.'))
    try {
      const base = await repository.resolve(values.base)
      const head = await repository.resolve(values.head)
      const file = values.policy === undefined ? undefined : resolve(directory, values.policy)
      const policy = await readPolicy(repository, base, file)
      const ranges = values.each ? await rangesOf(repository, base, head) : [{ base, head }]
      const reports = await evaluateAll(repository, policy.policy, ranges)
      const allowFlags = values['allow-flags']
      if (values.json) print.out(asJson(reports, policy.source, allowFlags))
      else print.out(values.sarif ? asSarif(reports) : asText(reports, policy.source))
      return reports.some((report) => report.gates.some((line) => stops(line, allowFlags))) ? 1 : 0
    } finally {
      await repository.close()
    }
  } catch (error) {
    if (error instanceof Terminal) return refuse(print, error.forUser)
    // parseArgs says which argument it does not know.
    const { code, message } = error as NodeJS.ErrnoException
    if (code?.startsWith('ERR_PARSE_ARGS_')) return refuse(print, message)
    throw error
  }
}

function refuse(print: Output, why: string): number {
  print.err(`${why}\nUsage: countersign gates --base REV [--head REV] [--repo DIR] [--policy FILE] `)
  print.err('[--each] [--allow-flags] [--json | --sarif]\n')
  return 2
}

async function rangesOf(repository: LocalRepository, base: Sha, head: Sha) {
  const commits = await repository.commitsBetween(base, head, mostCommits + 1)
  if (commits.length > mostCommits)
    throw new Terminal(
      `more than ${mostCommits} commits`,
      `--each judges at most ${mostCommits} commits; choose a nearer --base.`,
    )
  return commits.map((commit) => ({ base: commit.parent, head: commit.sha }))
}

/** Judge ranges a few at a time; reports keep their order. */
export async function evaluateAll(
  repository: LocalRepository,
  policy: Policy,
  ranges: readonly { base: Sha; head: Sha }[],
): Promise<RangeReport[]> {
  const reports: RangeReport[] = []
  let next = 0
  const worker = async () => {
    for (let at = next++; at < ranges.length; at = next++) {
      const range = ranges[at]
      if (range) reports[at] = await evaluateRange(repository, policy, range)
    }
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, ranges.length) }, worker))
  return reports
}

/** A file that was named, else the repository's own at the base commit, as the App reads it, else the built-in one. */
async function readPolicy(
  repository: LocalRepository,
  base: Sha,
  file: string | undefined,
): Promise<{ policy: Policy; source: string }> {
  const atBase = file === undefined ? await repository.read(base, policyPath) : null
  const text = file === undefined ? (atBase ?? '') : await readPolicyFile(file)
  const parsed = parsePolicy(text, file ?? policyPath)
  if (!parsed.ok) throw new Terminal('broken policy', parsed.sentence)
  const source = file ?? (atBase === null ? 'the built-in policy' : `${policyPath} at the base`)
  return { policy: parsed.policy, source }
}

/** @throws Terminal when it cannot be read. */
export async function readPolicyFile(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw new Terminal(
      `policy ${file}`,
      `The policy file ${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown reason'}). Name another with --policy.`,
      { cause: error },
    )
  }
}
