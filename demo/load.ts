/** Steady load on the sample service, so that a version under watch has requests to be judged by. */
import { Agent, request } from 'node:http'

/** One line of a real invoice; the service renders it each time. */
const invoice = JSON.stringify({
  number: '2026-001',
  customer: 'Acme',
  lines: [{ description: 'Consulting', quantity: 1500, unitPrice: 12_000 }],
})
/** Requests under way at once: a slow service is asked less often, not drowned. */
const mostAtOnce = 50
const timeoutMs = 10_000
const longestWaitMs = 120_000

export interface Load {
  /** Answers by status; `none` counts requests that got none, as while a version is replaced. */
  readonly answers: Readonly<Record<string, number>>
  /** Resolves when so many more answers have come; rejects after two minutes, saying what came. */
  further(answers: number): Promise<void>
  stop(): Promise<void>
}

/** @param url of the service, without a path. */
export function startLoad(url: string, { perSecond = 100 }: { perSecond?: number } = {}): Load {
  const agent = new Agent({ keepAlive: true, maxSockets: mostAtOnce })
  const answers: Record<string, number> = {}
  const waiting = new Set<() => void>()
  let atOnce = 0
  let total = 0

  const done = (outcome: string) => {
    atOnce -= 1
    total += outcome === 'none' ? 0 : 1
    answers[outcome] = (answers[outcome] ?? 0) + 1
    for (const look of waiting) look()
  }
  const send = () => {
    if (atOnce >= mostAtOnce) return
    atOnce += 1
    const sent = request(`${url}/invoices`, { method: 'POST', agent, timeout: timeoutMs })
    let outcome = 'none'
    sent.on('response', (response) => {
      outcome = String(response.statusCode)
      response.resume()
    })
    sent.on('timeout', () => sent.destroy())
    // What went wrong is counted when the request closes, as everything is.
    sent.on('error', () => undefined)
    sent.on('close', () => done(outcome))
    sent.end(invoice)
  }
  const timer = setInterval(send, 1000 / perSecond)
  return {
    answers,
    further: (wanted) =>
      new Promise((resolve, reject) => {
        const from = total
        const look = () => {
          if (total - from < wanted) return
          waiting.delete(look)
          clearTimeout(limit)
          resolve()
        }
        const limit = setTimeout(() => {
          waiting.delete(look)
          reject(new Error(`only ${total - from} of ${wanted} answers came: ${JSON.stringify(answers)}`))
        }, longestWaitMs)
        waiting.add(look)
        look()
      }),
    async stop() {
      clearInterval(timer)
      agent.destroy()
      while (atOnce > 0) await new Promise((resolve) => setTimeout(resolve, 10))
    },
  }
}
