/** The page of a backtest for people: what would have been stopped, by what, and the worst of it first; 100 columns wide. */
import { count } from '../core/sentences.ts'
import type { BacktestPull, BacktestReport, Finding, Outcome } from './backtestReport.ts'
import { plain } from './gatesReport.ts'

const width = 100
const barWidth = 40
/** Pull requests whose findings are written out; `--json` has all of them. */
const mostDetailed = 30
const mostPlacesShown = 3

const words: Record<Outcome, string> = {
  blocked: 'would have been blocked',
  flagged: 'would have been held for a person to look at',
  unknown: 'cannot be known',
  passes: 'would have passed',
}

export function asPage(report: BacktestReport): string {
  return [
    ...head(report),
    ...outcomeRows(report),
    ...partRows(report),
    ...pullRows(report),
    ...difference(report),
    ...foot(report),
  ]
    .map((line) => `${line.trimEnd()}\n`)
    .join('')
}

function head({ repository, branch, policy, summary, pulls }: BacktestReport): string[] {
  const days = pulls.map(({ mergedAt }) => mergedAt.slice(0, 10)).sort()
  const [first, last] = [days.at(0), days.at(-1)]
  const when = first === last ? `on ${first}` : `from ${first} to ${last}`
  const { origins } = summary
  const parts = [
    `${origins.person} of people`,
    `${origins.agent} of agents`,
    ...(origins['treated as an agent'] > 0 ? [`${origins['treated as an agent']} treated as agents'`] : []),
    ...(origins.unclear > 0 ? [`${origins.unclear} of unclear origin`] : []),
  ]
  return [
    `${repository}, ${branch}: ${count(summary.pulls, 'pull request')} merged ${when}`,
    `judged by ${plain(policy)}`,
    parts.join(', '),
    '',
  ]
}

function outcomeRows({ summary }: BacktestReport): string[] {
  const most = Math.max(...Object.values(summary.outcomes))
  const rows = (['blocked', 'flagged', 'unknown', 'passes'] as const).map((outcome) => {
    const number = summary.outcomes[outcome]
    const bar = '█'.repeat(number === 0 ? 0 : Math.max(1, Math.round((number / most) * barWidth)))
    return `  ${String(number).padStart(4)}  ${words[outcome].padEnd(44)}  ${bar}`
  })
  return [...rows, '']
}

function partRows({ summary }: BacktestReport): string[] {
  if (summary.parts.length === 0) return []
  const cell = (number: number) => (number === 0 ? '·' : String(number)).padStart(9)
  return [
    `${'What stopped them'.padEnd(58)}${['blocked', 'flagged', 'unknown'].map((word) => word.padStart(9)).join('')}`,
    ...summary.parts.map(
      ({ requirement, title, blocked, flagged, unknown }) =>
        `  ${requirement.padEnd(4)}  ${title.slice(0, 48).padEnd(50)}${cell(blocked)}${cell(flagged)}${cell(unknown)}`,
    ),
    '',
  ]
}

function pullRows({ pulls }: BacktestReport): string[] {
  const stopped = pulls.filter(({ findings }) => findings.length > 0)
  const detailed = stopped.slice(0, mostDetailed)
  const left = stopped.slice(mostDetailed)
  const passed = pulls.filter(({ findings }) => findings.length === 0)
  return [
    ...(detailed.length > 0 ? ['The worst first'] : []),
    ...detailed.flatMap((pull) => [...pullHead(pull), ...pull.findings.flatMap(findingLines), '']),
    ...(left.length > 0 ? ['More of them', ...left.map((pull) => pullLine(pull)), ''] : []),
    ...(passed.length > 0 ? ['Nothing stands against', ...passed.map((pull) => pullLine(pull)), ''] : []),
  ]
}

const pullLine = ({ outcome, number, title }: BacktestPull) =>
  `  ${outcome.padEnd(7)}  ${`#${number}`.padEnd(6)}  ${plain(title)}`.slice(0, width)

function pullHead(pull: BacktestPull): string[] {
  const indent = ' '.repeat(11)
  return [
    pullLine(pull),
    `${indent}${pull.url}, merged ${pull.mergedAt.slice(0, 10)}`,
    ...wrapped(pull.origin.sentence, indent, indent),
  ]
}

function findingLines({ state, requirement, part, sentence, places }: Finding): string[] {
  const lead = `${' '.repeat(11)}${state.padEnd(7)}  ${requirement.padEnd(3)}  ${part.padEnd(15)}  `
  const indent = ' '.repeat(lead.length)
  // Most sentences name the places already.
  const unsaid = places.filter(({ path }) => !sentence.includes(path))
  const more = unsaid.length - mostPlacesShown
  return [
    ...wrapped(sentence, lead, indent),
    ...unsaid
      .slice(0, mostPlacesShown)
      .flatMap(({ path, line }) => wrapped(`${path}:${line}`, indent, indent)),
    ...(more > 0 ? [`${indent}and ${count(more, 'more place')}`] : []),
  ]
}

function difference({ comparedWith, policy, summary, pulls }: BacktestReport): string[] {
  if (comparedWith === null) return []
  const changed = pulls.filter(({ number }) => summary.different.includes(number))
  if (changed.length === 0)
    return [`The policy in force (${plain(comparedWith)}) says the same of all of them.`, '']
  const parts = (findings: readonly Finding[]) => new Set(findings.map((one) => `${one.part} ${one.state}`))
  return [
    `Judged differently by ${plain(policy)} than by the policy in force (${plain(comparedWith)})`,
    ...changed.flatMap((pull) => {
      const was = parts(pull.inForce?.findings ?? [])
      const is = parts(pull.findings)
      const signed = [
        ...[...is].filter((one) => !was.has(one)).map((one) => `+ ${one}`),
        ...[...was].filter((one) => !is.has(one)).map((one) => `- ${one}`),
      ]
      const lead = `  #${pull.number}  ${pull.inForce?.outcome} -> ${pull.outcome}: `
      return wrapped(signed.join(', '), lead, ' '.repeat(lead.length))
    }),
    '',
  ]
}

/** What the figures do not say, so that nobody reads more out of them. */
function foot({ enforced, summary, requests }: BacktestReport): string[] {
  const notes = [
    ...(enforced
      ? []
      : ['This policy has `enforce: false`: it would have said all this, and held nothing up.']),
    ...(summary.withoutPlan > 0
      ? [
          `${count(summary.withoutPlan, 'pull request')} would also have waited for the approval of a plan. There were none then, so it is left out.`,
        ]
      : []),
    'Permissions, teams and labels are those of today, and so are checks as far as GitHub still shows them.',
    'A flag could have been accepted, and a missing approval given: both say that somebody would have been asked.',
  ]
  return [
    'What these figures leave out',
    ...notes.flatMap((note) => wrapped(note, '  - ', '    ')),
    '',
    `${count(requests, 'request')} to GitHub. All of it, for machines: --json.`,
  ]
}

/** Words of others broken into lines; a word that is longer than a line stays whole. */
function wrapped(text: string, lead: string, indent: string): string[] {
  const lines: string[] = []
  let line = lead
  let empty = true
  for (const word of plain(text.replace(/\s+/g, ' ')).split(' ')) {
    if (!empty && line.length + 1 + word.length > width) {
      lines.push(line)
      line = indent
      empty = true
    }
    line += empty ? word : ` ${word}`
    empty = false
  }
  return [...lines, line]
}
