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
  /** Something a person must do now, and where. */
  turn(invitation: string, address: string): void
  end(report: StepReport): void
  /** Plain lines for the summary; in `--json` mode the object takes their place. */
  summary(rows: [name: string, value: string][], json: object): void
}

type Output = { write(text: string): unknown }

/** `   12.3 s  `, and as much before the lines that continue it. */
const indent = 11
const narrowest = 60
const widest = 120

/**
 * The readable form: what a person watches in a terminal.
 *
 * @param startedMs the real time of the start.
 * @param columns of the terminal; long lines are broken at words.
 */
export function terminalTimeline(
  output: Output,
  { startedMs, colour, columns }: { startedMs: number; colour: boolean; columns: number },
): Timeline {
  const width = Math.min(widest, Math.max(narrowest, columns))
  const paint = (style: Parameters<typeof styleText>[0], text: string) =>
    colour ? styleText(style, text, { validateStream: false }) : text
  const seconds = () => paint('dim', `${((Date.now() - startedMs) / 1000).toFixed(1).padStart(7)} s  `)
  const block = (text: string, at: number) => wrapped(text, width - at).join(`\n${' '.repeat(at)}`)
  const line = (text: string) => output.write(`${seconds()}${block(text, indent)}\n`)
  return {
    begin: (step, title, requirement) =>
      output.write(`\n${paint('bold', `${step.padEnd(3)} ${title}`)}  ${paint('dim', requirement)}\n`),
    progress: (text) => line(withoutMarkup(text)),
    turn(invitation, address) {
      line(paint(['bold', 'yellow'], `YOUR TURN  ${invitation}`))
      output.write(`${' '.repeat(indent)}${address}\n`)
    },
    end({ ok, detail }) {
      const mark = ok ? paint(['bold', 'green'], 'PROVEN ') : paint(['bold', 'red'], 'FAILED ')
      output.write(`${seconds()}${mark} ${block(withoutMarkup(detail), indent + 8)}\n`)
    },
    summary(rows) {
      const names = Math.max(...rows.map(([name]) => name.length))
      output.write(`\n${paint('bold', 'Summary')}\n`)
      for (const [name, value] of rows)
        output.write(`    ${name.padEnd(names)}  ${block(value, names + 6)}\n`)
      output.write('\n')
    },
  }
}

/** One JSON object a line: `{"step", "ok", "requirement", "detail"}`, and the summary last. */
export function jsonTimeline(output: Output, invitations: Output): Timeline {
  const line = (value: object) => void output.write(`${JSON.stringify(value)}\n`)
  return {
    begin: () => undefined,
    progress: () => undefined,
    turn: (invitation, address) => void invitations.write(`YOUR TURN  ${invitation}: ${address}\n`),
    end: ({ step, ok, requirement, detail }) => line({ step, ok, requirement, detail }),
    summary: (_rows, json) => line({ summary: json }),
  }
}

/** Comments and checks are Markdown, and a terminal is not: the marks for bold go, the rest reads well as it is. */
const withoutMarkup = (text: string) => text.replace(/\*\*/g, '')

/** The text in lines of at most `width` characters, broken at spaces; a longer word stands alone. Leading art stays. */
function wrapped(text: string, width: number): string[] {
  if (text.length <= width) return [text]
  const lines: string[] = []
  let current = ''
  for (const word of text.split(' ')) {
    if (current !== '' && current.length + 1 + word.length > width) {
      lines.push(current)
      current = word
    } else current = current === '' ? word : `${current} ${word}`
  }
  return [...lines, current]
}
