/** A CI job's log cut to what failed: readable lines, from the first error of the failing step, within a bound (P8). */

/** Bound of the result, UTF-16 units; a repair session reads a few of these. */
export const longestCiLog = 6000
/** Lines before the first error that explain it. */
const linesBefore = 6
const longestLine = 500

// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is taken out here.
const escapes = /\u001b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-Z\\-_])/g
const controls = /(?![\t\n\r])\p{Cc}/gu
const timeStamp = /^\uFEFF?\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z ?/
const errorLine =
  /##\[error\]|\berror\b|\bfailed\b|\bfailure\b|^\s*(?:FAIL|✖|✕|×|not ok)\b|^\s*[✖✕×]|\bException\b|\bTraceback\b|\bpanic:|\bfatal:|\bAssertionError\b/i
/** A summary that counts no failure is not one. */
const harmless = /\b0 (?:errors?|failed|failures?)\b|\b(?:errors?|failed|failures?)[:=]? 0\b/i
const stepStart = /^##\[group\]Run (.*)$/

interface Line {
  text: string
  isError: boolean
}

/**
 * Cut a log.
 *
 * @param log as GitHub keeps it: each line dated, coloured, grouped by `##[group]` marks.
 * @param most bound of the result in UTF-16 units.
 * @returns the failing step from a little before its first error, and its end when that is further down; lines that
 *   were left out are counted. A log that names no error is given by its end.
 */
export function cutLog(log: string, most = longestCiLog): string {
  const lines = collapse(failingStep(cleanLines(log)))
  const first = lines.findIndex((line) => line.isError)
  const from = first === -1 ? 0 : Math.max(0, first - linesBefore)
  const kept = lines.slice(from).map((line) => line.text)
  const whole = kept.join('\n').trim()
  if (whole.length <= most) return whole
  // Without an error to start from the end says most; else the first error says why, and the end how it went out.
  const headShare = first === -1 ? 0 : Math.floor(most * 0.6)
  const head: string[] = []
  for (let size = 0; head.length < kept.length; ) {
    const next = kept[head.length] ?? ''
    size += next.length + 1
    if (size > headShare) break
    head.push(next)
  }
  const tail: string[] = []
  for (let size = 0, at = kept.length - 1; at >= head.length; at--) {
    size += (kept[at]?.length ?? 0) + 1
    if (size > most - headShare - 60) break
    tail.unshift(kept[at] ?? '')
  }
  const left = kept.length - head.length - tail.length
  return [...head, `(… ${left} lines left out …)`, ...tail].join('\n').slice(0, most)
}

/** Lines without date, colour and control characters; of a line that was redrawn only its last form. */
function cleanLines(log: string): string[] {
  return log.split('\n').map((raw) => {
    const text = raw.replace(timeStamp, '').replace(escapes, '').replace(/\r+$/, '')
    const drawn = text.slice(text.lastIndexOf('\r') + 1).replace(controls, '')
    return drawn.length > longestLine ? `${drawn.slice(0, longestLine)} … (cut)` : drawn.trimEnd()
  })
}

/** The lines of the first step that reports an error, opened by what it ran; all steps when none does. */
function failingStep(lines: readonly string[]): Line[] {
  const starts = lines.flatMap((line, at) => (stepStart.test(line) ? [at] : []))
  const failed = lines.findIndex((line) => line.startsWith('##[error]'))
  const start = starts.filter((at) => at <= failed).at(-1) ?? 0
  const next = starts.find((at) => at > failed)
  const own = failed === -1 ? lines : lines.slice(start, next)
  return unmarked(own)
}

/** Without the marks of groups and of commands; the group that shows a step's settings is one line: what was run. */
function unmarked(lines: readonly string[]): Line[] {
  const found: Line[] = []
  let inSettings = false
  for (const line of lines) {
    const step = stepStart.exec(line)
    if (step) {
      inSettings = true
      found.push({ text: `$ ${step[1]}`, isError: false })
    } else if (line.startsWith('##[endgroup]')) inSettings = false
    else if (!inSettings && !/^##\[(?:command|debug)\]/.test(line)) {
      const text = line
        .replace(/^##\[(?:group|section)\]/, '')
        .replace(/^##\[(error|warning|notice)\]/, '$1: ')
      found.push({ text, isError: errorLine.test(line) && !harmless.test(line) })
    }
  }
  return found
}

/** Equal lines that follow each other are shown once and counted. */
function collapse(lines: readonly Line[]): Line[] {
  const found: (Line & { times: number })[] = []
  for (const line of lines) {
    const last = found.at(-1)
    if (last && last.text === line.text) last.times += 1
    else found.push({ ...line, times: 1 })
  }
  return found
    .filter((line) => line.text !== '' || line.times === 1)
    .map(({ text, isError, times }) => ({
      text: times > 1 && text !== '' ? `${text} (${times} times)` : text,
      isError,
    }))
}
