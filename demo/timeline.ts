/** The timeline that the demo prints: one block a step, or one JSON object a step with `--json`. */
import { styleText } from 'node:util'

export interface StepReport {
  step: string
  ok: boolean
  requirement: string
  detail: string
}

export interface Timeline {
  /** Announce a step; what `progress` says meanwhile stands under it. */
  begin(step: string, title: string, requirement: string): void
  /** One line of what just happened. */
  progress(line: string): void
  end(report: StepReport): void
  /** Plain lines for the summary; nothing in `--json` mode, which ends with a `summary` object instead. */
  summary(rows: [name: string, value: string][], json: object): void
}

type Output = { write(text: string): unknown }

/** The readable form: what a person watches in a terminal. `startedMs` is the real time of the start. */
export function terminalTimeline(output: Output, startedMs: number, colour: boolean): Timeline {
  const paint = (style: Parameters<typeof styleText>[0], text: string) =>
    colour ? styleText(style, text, { validateStream: false }) : text
  const seconds = () => `${((Date.now() - startedMs) / 1000).toFixed(1).padStart(5)} s`
  return {
    begin: (step, title, requirement) =>
      output.write(`\n${paint('bold', `${step}  ${title}`)}  ${paint('dim', requirement)}\n`),
    progress: (line) => output.write(`  ${paint('dim', seconds())}  ${line}\n`),
    end: (report) => {
      const mark = report.ok ? paint('green', 'proven') : paint('red', 'FAILED')
      output.write(`  ${paint('dim', seconds())}  ${mark}  ${report.detail}\n`)
    },
    summary: (rows) => {
      const width = Math.max(...rows.map(([name]) => name.length))
      output.write(`\n${paint('bold', 'Summary')}\n`)
      for (const [name, value] of rows) output.write(`  ${name.padEnd(width)}  ${value}\n`)
      output.write('\n')
    },
  }
}

/** One JSON object a line: `{"step", "ok", "requirement", "detail"}`, and the summary last. */
export function jsonTimeline(output: Output): Timeline {
  const line = (value: object) => void output.write(`${JSON.stringify(value)}\n`)
  return {
    begin: () => undefined,
    progress: () => undefined,
    end: ({ step, ok, requirement, detail }) => line({ step, ok, requirement, detail }),
    summary: (_rows, json) => line({ summary: json }),
  }
}
