/** Reading a request's body within bounds: of one request, and of all that are read at once. */
import type { IncomingMessage } from 'node:http'

/** GitHub sends at most 25 MB. */
export const maximumBodyBytes = 25 * 1024 * 1024
/** Many large bodies at once must not end the process; beyond this the answer is 503 and GitHub's delivery counts as failed. */
const maximumTogetherBytes = 8 * maximumBodyBytes

export type BodyReading =
  | { kind: 'read'; body: Buffer }
  | { kind: 'tooLarge' }
  | { kind: 'busy' }
  | { kind: 'broken' }

let together = 0

/** Read the whole body, unless it is over the bound: then reading stops at once, whatever Content-Length said. */
export async function readBody(request: IncomingMessage): Promise<BodyReading> {
  const announced = Number(request.headers['content-length'] ?? 0)
  if (announced > maximumBodyBytes) return { kind: 'tooLarge' }
  const chunks: Buffer[] = []
  let length = 0
  try {
    // Not destroyed on return, because the refusal still has to be sent on this connection.
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      length += chunk.length
      together += chunk.length
      if (length > maximumBodyBytes) return { kind: 'tooLarge' }
      if (together > maximumTogetherBytes) return { kind: 'busy' }
      chunks.push(chunk)
    }
    return {
      kind: 'read',
      body: chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks, length),
    }
  } catch {
    // The other side went away in the middle; there is nobody left to answer.
    return { kind: 'broken' }
  } finally {
    together -= length
  }
}
