/** Bounded capture of a command's output: the last part as readable text, and a cap on the whole. */

const tailLength = 20_000
const keptBytes = 4 * tailLength

export interface OutputTail {
  /** False once the cap is passed. */
  add(chunk: Buffer): boolean
  text(): string
}

/** Keep the last 20,000 characters; `maximumBytes` caps what may be written at all. */
export function createOutputTail(maximumBytes: number): OutputTail {
  let kept: Buffer[] = []
  let keptSize = 0
  let total = 0
  return {
    add(chunk) {
      total += chunk.length
      kept.push(chunk)
      keptSize += chunk.length
      if (keptSize > 2 * keptBytes) {
        kept = [Buffer.concat(kept).subarray(-keptBytes)]
        keptSize = keptBytes
      }
      return total <= maximumBytes
    },
    text: () => readable(Buffer.concat(kept).toString('utf8')).slice(-tailLength),
  }
}

/** Text without terminal sequences and control characters; lines and tabs stay. */
function readable(text: string): string {
  return (
    text
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is removed
      .replace(/\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])/g, '')
      .replace(/\r\n?/g, '\n')
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is removed
      .replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g, '')
  )
}
