/** G8: no bundle grows by more than policy allows against the merge base, read from size-limit's report at both. */
import { commandRequest } from '../core/commandSettings.ts'
import type { CommandBody } from '../core/evidence.ts'
import type { SizeReport } from '../core/reports.ts'
import { code, listed } from '../core/sentences.ts'
import { fail, flag, pass, type Verdict } from '../core/verdict.ts'
import { commandAt, judgeExit } from './command.ts'
import { diffRequest, type Gate, type GateInput, withDiff, worst } from './gate.ts'
import { notConfigured, readsUploads, uploadAtBase, uploadAtHead, uploadNeeds } from './reports.ts'

const wanted = (input: GateInput) =>
  input.commands.build?.reports.some((report) => report.format === 'size-limit') ?? false

export const bundleSize: Gate = {
  id: 'bundle-size',
  requirement: 'G8',
  title: 'Bundle size',
  about:
    "No bundle, and not their sum, grows by more than 10 % against the merge base, read from size-limit's report.",
  reads: 'command or report',
  acceptedBy: 'senior',
  off: (input) =>
    wanted(input) || readsUploads(input, 'sizes')
      ? null
      : notConfigured('format `size-limit`', ' or under `commands.build.reports`'),
  needs: (input) => {
    const uploads = uploadNeeds(input, 'sizes')
    if (!wanted(input)) return uploads
    const atHead = commandRequest(input.commands, 'build', input.head)
    const diff = input.evidence.get(diffRequest(input))
    const atBase = diff?.ok ? commandRequest(input.commands, 'build', diff.body.mergeBase) : null
    return [diffRequest(input), ...(atHead ? [atHead] : []), ...(atBase ? [atBase] : []), ...uploads]
  },
  evaluate: (input) =>
    worst([
      ...(wanted(input) ? [ofCommand(input)] : []),
      ...(readsUploads(input, 'sizes') ? [ofCi(input)] : []),
    ]),
}

function ofCi(input: GateInput): Verdict {
  const head = uploadAtHead(input, 'sizes')
  if ('verdict' in head) return head.verdict
  const base = uploadAtBase(input, 'sizes')
  if ('verdict' in base) return base.verdict
  return 'missing' in base ? unknownBase(base.missing) : compare(input, base.found, head.found)
}

function ofCommand(input: GateInput): Verdict {
  const result = commandAt(input, 'build')
  if ('verdict' in result) return result.verdict
  if (result.body.stoppedBy || result.body.exitCode !== 0) return judgeExit(input, 'build', result.body)
  const head = sizesOf(result.body)
  if (typeof head === 'string')
    return fail(`${head} A missing size does not pass; correct the report's path or format in policy.`)
  return withDiff(input, (diff) => {
    const before = commandAt(input, 'build', diff.mergeBase)
    if ('verdict' in before)
      return before.verdict.state === 'wait' ? before.verdict : unknownBase(before.verdict.sentence)
    const base = sizesOf(before.body)
    return typeof base === 'string' ? unknownBase(base) : compare(input, base, head)
  })
}

function sizesOf(body: CommandBody): SizeReport | string {
  if (!body.sizes) return 'The size report that policy names was not written.'
  return 'problem' in body.sizes ? `The size report cannot be used: ${body.sizes.problem}` : body.sizes
}

function unknownBase(why: string): Verdict {
  return flag(
    `The sizes at the merge base are not known, so growth cannot be judged: ${why} A senior accepts it with the Accept button.`,
  )
}

const total = (report: SizeReport) => report.entries.reduce((sum, one) => sum + one.bytes, 0)
const kilobytes = (bytes: number) => `${(bytes / 1000).toFixed(1)} kB`

function compare(input: GateInput, base: SizeReport, head: SizeReport): Verdict {
  const percent = input.settings.bundle.max_growth_percent
  const known = new Map(base.entries.map((one) => [one.name, one.bytes]))
  const pairs = head.entries.flatMap(({ name, bytes }) => {
    const before = known.get(name)
    return before === undefined ? [] : [{ name: code(name), before, now: bytes }]
  })
  // A new name for a grown bundle, or a new bundle, shows in the sum.
  const all = [...pairs, { name: 'the sum of all bundles', before: total(base), now: total(head) }]
  const grown = all.filter(({ before, now }) => now * 100 > before * (100 + percent))
  if (grown.length > 0)
    return fail(
      `${listed(
        grown.map(({ name, before, now }) => `${name} grew from ${kilobytes(before)} to ${kilobytes(now)}`),
        3,
      )}; policy allows ${percent} % (\`gates.bundle.max_growth_percent\`). Make it smaller and push.`,
    )
  return pass(`The bundles have ${kilobytes(total(head))}; the merge base had ${kilobytes(total(base))}.`)
}
