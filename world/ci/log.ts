/** A job's log in the form GitHub stores it: every line dated, commands grouped and coloured, the exit code at the end. */

const BYTE_ORDER_MARK = '\uFEFF'
const CYAN_BOLD = '\u001b[36;1m'
const RESET = '\u001b[0m'

export type JobLog = {
  /** Bytes as the command wrote them; broken into lines here. */
  write(text: string): void
  line(text: string): void
  /** Why the job failed: it finds room in a log that is full too. */
  error(message: string): void
  /** The whole log so far, with any unfinished line. */
  text(): string
}

/** `now` is the world's time in milliseconds; `limitBytes` bounds the log, which ends with a sentence when reached. */
export function createJobLog(now: () => number, limitBytes: number): JobLog {
  const lines: string[] = []
  let size = 0
  let open = ''
  let full = false

  const line = (text: string) => {
    if (full) return
    const dated = `${stamp(now())} ${text}`
    size += Buffer.byteLength(dated) + 1
    full = size > limitBytes
    lines.push(full ? `${stamp(now())} ##[warning]The log reached ${limitBytes} bytes and ends here.` : dated)
  }
  return {
    line,
    error: (message) => void lines.push(`${stamp(now())} ##[error]${message}`),
    write(text) {
      const pieces = (open + text).split(/\r?\n/)
      // A line without an end would otherwise grow without bound.
      open = (pieces.pop() ?? '').slice(0, limitBytes)
      for (const piece of pieces) line(piece)
    },
    text() {
      const rest = open === '' || full ? [] : [`${stamp(now())} ${open}`]
      return `${BYTE_ORDER_MARK}${[...lines, ...rest].join('\n')}\n`
    },
  }
}

/** The opening of a `run:` step: what is run, shown in a group. */
export function openRunStep(log: JobLog, command: string): void {
  const [first = ''] = command.split('\n')
  log.line(`##[group]Run ${first}`)
  for (const part of command.split('\n')) log.line(`${CYAN_BOLD}${part}${RESET}`)
  log.line('shell: /usr/bin/bash -e {0}')
  log.line('##[endgroup]')
}

/** GitHub writes seven decimals of a second. */
const stamp = (ms: number) => new Date(ms).toISOString().replace('Z', '0000Z')
