/** Load for the webhook benchmark: signed deliveries over kept connections, and the figures of each run. */
import { Agent, request } from 'node:http'
import { sign } from '../src/adapters/http/signature.ts'

export interface Shot {
  body: Buffer
  headers: Record<string, string>
}

export interface Figures {
  perSecond: number
  p50Ms: number
  p99Ms: number
  refused: number
}

/** About 10.9 kB, as GitHub's median payload. */
const bodyBytes = 10_900

/** A delivery made ready before the clock runs: the client must not be what is measured. */
export function shot(secret: string, event: string, id: string, payload: object): Shot {
  const bare = JSON.stringify({ ...payload, filler: '' })
  const body = Buffer.from(
    JSON.stringify({ ...payload, filler: 'x'.repeat(Math.max(0, bodyBytes - bare.length)) }),
  )
  return {
    body,
    headers: {
      'content-type': 'application/json',
      'content-length': String(body.length),
      'x-github-event': event,
      'x-github-delivery': id,
      'x-hub-signature-256': sign(secret, body),
    },
  }
}

/** Send all shots over `connections` kept connections, each waiting for its answer before the next. */
export async function fire(url: string, shots: readonly Shot[], connections: number): Promise<Figures> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  const tookMs: number[] = []
  let refused = 0
  let next = 0
  const began = performance.now()
  const lane = async () => {
    for (let at = shots[next++]; at; at = shots[next++]) {
      const start = performance.now()
      const status = await send(url, agent, at)
      tookMs.push(performance.now() - start)
      if (status !== 202) refused += 1
    }
  }
  await Promise.all(Array.from({ length: connections }, lane))
  const seconds = (performance.now() - began) / 1000
  agent.destroy()
  tookMs.sort((a, b) => a - b)
  const at = (share: number) => tookMs[Math.min(tookMs.length - 1, Math.floor(tookMs.length * share))] ?? 0
  return { perSecond: shots.length / seconds, p50Ms: at(0.5), p99Ms: at(0.99), refused }
}

function send(url: string, agent: Agent, { body, headers }: Shot): Promise<number> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method: 'POST', agent, headers }, (response) => {
      response.resume()
      response.on('end', () => resolve(response.statusCode ?? 0))
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}
