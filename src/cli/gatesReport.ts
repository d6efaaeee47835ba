/** How `countersign gates` answers: for people, as JSON, and as SARIF 2.1.0 for code scanning. */
import { short } from '../core/sentences.ts'
import { type GateLine, otherGates, type RangeReport } from './gatesRange.ts'

/** Whether a gate's verdict would stop the change: everything but a pass, and a flag too unless it is allowed. */
export function stops(line: GateLine, allowFlags: boolean): boolean {
  return line.state === 'fail' || line.state === 'wait' || (line.state === 'flag' && !allowFlags)
}

/** One line a gate; of several commits only those that something stops. */
export function asText(reports: readonly RangeReport[], policy: string): string {
  const many = reports.length > 1
  const blocks = reports.map((report) => {
    const shown = many ? report.gates.filter((line) => stops(line, false)) : report.gates
    if (shown.length === 0) return ''
    const lines = shown.flatMap((line) => [
      `${line.state.padEnd(4)}  ${line.requirement.padEnd(3)}  ${line.gate.padEnd(16)}  ${plain(line.sentence)}`,
      ...line.annotations
        .slice(0, 10)
        .map((one) => `            ${plain(one.path)}:${one.startLine}  ${plain(one.message)}`),
    ])
    return `${short(report.base)}..${short(report.head)}\n${lines.join('\n')}\n\n`
  })
  const all = reports.flatMap((report) => report.gates)
  const number = (state: GateLine['state']) => all.filter((line) => line.state === state).length
  return [
    ...blocks,
    `${reports.length === 1 ? '1 range' : `${reports.length} commits`} judged by ${policy}: `,
    `${number('pass')} passed, ${number('flag')} need a person, ${number('fail') + number('wait')} failed, ${number('off')} off.\n`,
    `Not asked here: ${otherGates.map((gate) => gate.id).join(', ')} (they need the App: its sandbox, GitHub, or reports of CI).\n`,
  ].join('')
}

/** Control characters of file names or text under judgement never reach the terminal. */
export function plain(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu, '\u{fffd}')
}

/** Machine-readable: one entry a range, with every gate and annotation. */
export function asJson(reports: readonly RangeReport[], policy: string, allowFlags: boolean): string {
  const stopped = reports.some((report) => report.gates.some((line) => stops(line, allowFlags)))
  const notAsked = otherGates.map(({ id, requirement }) => ({ gate: id, requirement }))
  return `${JSON.stringify({ version: 1, policy, stopped, ranges: reports, notAsked }, null, 2)}\n`
}

const levels = { notice: 'note', warning: 'warning', failure: 'error' } as const

/** SARIF: a result for each annotation of a gate that does not pass, or one at the policy file where it has none. */
export function asSarif(reports: readonly RangeReport[]): string {
  const lines = reports.flatMap((report) => report.gates)
  const rules = new Map(lines.map((line) => [line.gate, line]))
  const results = lines
    .filter((line) => stops(line, false))
    .flatMap((line) => {
      const level = line.state === 'flag' ? ('warning' as const) : ('error' as const)
      if (line.annotations.length === 0)
        return [result(line, level, line.sentence, '.github/countersign.yml', 1, 1)]
      return line.annotations.map((one) =>
        result(line, levels[one.level], one.message, one.path, one.startLine, one.endLine),
      )
    })
  return `${JSON.stringify(
    {
      $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
      version: '2.1.0',
      runs: [
        {
          tool: {
            driver: {
              name: 'countersign',
              rules: [...rules.values()].map((line) => ({
                id: line.gate,
                name: line.gate,
                shortDescription: { text: `${line.requirement}: ${line.title}` },
              })),
            },
          },
          results,
        },
      ],
    },
    null,
    2,
  )}\n`
}

function result(
  line: GateLine,
  level: 'note' | 'warning' | 'error',
  text: string,
  path: string,
  startLine: number,
  endLine: number,
) {
  return {
    ruleId: line.gate,
    level,
    message: { text },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: path.split('/').map(encodeURIComponent).join('/') },
          region: { startLine, endLine },
        },
      },
    ],
  }
}
