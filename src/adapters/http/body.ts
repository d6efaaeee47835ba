/** Reading a request's body within bounds: of one request, and of all that are read at once. */
import type { IncomingMessage } from 'node:http'

/** GitHub sends at most 25 MB. */
export const maximumBodyBytes = 25 * 1024 * 1024
/** Many large bodies at once must not end the process; beyond this one of them is answered with 503, and counts as failed to GitHub. */
const maximumTogetherBytes = 8 * maximumBodyBytes

export type BodyReading =
  | { kind: 'read'; body: Buffer }
  | { kind: 'tooLarge' }
  | { kind: 'busy' }
  | { kind: 'broken' }

let together = 0
/**
 * Those that are read now, the one that began first in front. It is the one that gives way: a delivery of GitHub's is read in a
 * moment, and whoever sends slowly, unsigned as it is, must not keep all others out (T33).
 */
const reading = new Set<{ giveWay(): void }>()

/**
 * Read the whole body, unless it is over the bound: then reading stops at once, whatever Content-Length said, and the
 * connection is left open for the refusal. By events, because iterating costs a promise or more a chunk.
 */
export function readBody(request: IncomingMessage): Promise<BodyReading> {
  return new Promise((resolve) => {
    const announced = Number(request.headers['content-length'] ?? 0)
    if (announced > maximumBodyBytes) return resolve({ kind: 'tooLarge' })
    const chunks: Buffer[] = []
    let length = 0
    const here = { giveWay: () => stop({ kind: 'busy' }) }
    const end = (outcome: BodyReading) => {
      reading.delete(here)
      request.off('data', take).off('end', whole).off('close', broken).off('error', broken)
      together -= length
      length = 0
      resolve(outcome)
    }
    const take = (chunk: Buffer) => {
      length += chunk.length
      together += chunk.length
      chunks.push(chunk)
      if (length > maximumBodyBytes) stop({ kind: 'tooLarge' })
      for (const one of reading) {
        if (together <= maximumTogetherBytes) break
        one.giveWay()
      }
    }
    const stop = (outcome: BodyReading) => {
      request.pause()
      end(outcome)
    }
    const whole = () =>
      end({ kind: 'read', body: chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks) })
    // The other side went away in the middle; there is nobody left to answer.
    const broken = () => end({ kind: 'broken' })
    reading.add(here)
    request.on('data', take).on('end', whole).on('close', broken).on('error', broken)
  })
}
