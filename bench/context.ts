/** `npm run bench:context`: what the story sends to models, against one conversation that carries everything on the strongest. */
import { objectorNames } from '../src/pipeline/objections.ts'
import { phaseOf } from '../src/pipeline/phases.ts'
import { defaultPolicy } from '../src/policy/schema.ts'
import type { RecordedRequest } from '../world/model/server.ts'
import { PromptCache } from '../world/model/usage.ts'
import { monolith } from './monolith.ts'
import { line, openStory, subject } from './story.ts'

/** What we aim at, ours over the one conversation. */
const aim = { tokens: 0.35, cost: 0.2 }

/** The caches of the endpoint live five minutes: what a person decides takes longer. */
type Caching = 'kept' | 'lost while people decide' | 'none'

interface Sent {
  model: string
  body: RecordedRequest['body']
  output: number
}

const nothing: Cost = {
  requests: 0,
  bytes: 0,
  sent: 0,
  read: 0,
  written: 0,
  output: 0,
  outputUsd: 0,
  usd: 0,
}
const { prices } = defaultPolicy.models.endpoints['anthropic'] ?? { prices: {} }

const story = await openStory()
try {
  await story.play()
  const sessions = story.stage.model.requests.filter((one) => one.subject === subject && one.answer !== null)
  const strongest = defaultPolicy.models.tiers.strong.model
  const ours = sentOf(sessions)
  const theirs = sentOf(await monolith(sessions, strongest))
  const waits = new Set(
    sessions.flatMap((one, index) => (isAfterWait(one, sessions[index - 1]) ? [index] : [])),
  )

  process.stdout.write(
    'session                requests      bytes  tokens sent   from cache     to cache  output     cost  model\n',
  )
  const named = new Map<string, number[]>()
  for (const [index, { phase, attempt, body }] of sessions.entries()) {
    const checks = /Checks: (\w+)/.exec(JSON.stringify(body.system))?.[1]
    const name = `${phase} ${checks ?? attempt}`
    named.set(name, [...(named.get(name) ?? []), index])
  }
  const costs = costsOf(ours, 'kept', waits)
  for (const [name, at] of named)
    row(name, sum(at.map((index) => costs[index] ?? nothing)), ours[at[0] ?? 0]?.model ?? '')
  const total = sum(costs)
  const one = sum(costsOf(theirs, 'kept', waits))
  row('all sessions', total, '')
  row('one conversation', one, strongest)
  line('tokens sent, ours over one conversation', against(total.sent / one.sent, aim.tokens))
  line('bytes sent', (total.bytes / one.bytes).toFixed(3))
  for (const caching of ['none', 'lost while people decide', 'kept'] as const) {
    const [a, b] = [sum(costsOf(ours, caching, waits)), sum(costsOf(theirs, caching, waits))]
    line(
      `cost, prompt caching ${caching}`,
      `${against(a.usd / b.usd, aim.cost)}; $${a.usd.toFixed(3)} against $${b.usd.toFixed(3)}`,
    )
  }
  line('  of that, what our answers alone cost', (total.outputUsd / one.usd).toFixed(3))
} finally {
  await story.close()
}

/** Whether a person decided since the request before: a plan was approved, or sent back. */
function isAfterWait(now: RecordedRequest, before: RecordedRequest | undefined): boolean {
  if (!before || now.phase === before.phase) {
    const newest = JSON.stringify(now.body.messages.at(-1)?.content ?? '')
    return now.attempt !== before?.attempt && newest.includes(`From ${objectorNames.person}`)
  }
  const reads = (phase: string | null) => phaseOf(phase ?? '')?.phase.input.some((name) => name === 'plan')
  return (
    Boolean(reads(now.phase)) &&
    before.phase === 'validate' &&
    !/Checks: (?!plan|diagnosis)/.test(JSON.stringify(before.body.system))
  )
}

function sentOf(requests: readonly Pick<RecordedRequest, 'model' | 'body' | 'answer'>[]): Sent[] {
  return requests.map(({ model, body, answer }) => ({
    model,
    body,
    output: answer?.usage.output_tokens ?? 0,
  }))
}

interface Cost {
  requests: number
  bytes: number
  sent: number
  read: number
  written: number
  output: number
  outputUsd: number
  usd: number
}

/** What each request cost, by the stand-in's count of tokens and the list prices of the default policy. */
function costsOf(requests: readonly Sent[], caching: Caching, waits: ReadonlySet<number>): Cost[] {
  let cache = new PromptCache()
  return requests.map(({ model, body, output }, index) => {
    if (caching === 'lost while people decide' && waits.has(index)) cache = new PromptCache()
    const {
      input_tokens,
      cache_read_input_tokens: read,
      cache_creation_input_tokens: written,
    } = cache.measure(body, true)
    const price = prices[model]
    if (!price) throw new Error(`the default policy names no price for ${model}`)
    const sent = input_tokens + read + written
    const outputUsd = (output * price.output) / 1e6
    const inputUsd =
      caching === 'none'
        ? sent * price.input
        : input_tokens * price.input +
          read * (price.cache_read ?? price.input) +
          written * (price.cache_write ?? price.input)
    const bytes = Buffer.byteLength(JSON.stringify(body))
    return { requests: 1, bytes, sent, read, written, output, outputUsd, usd: inputUsd / 1e6 + outputUsd }
  })
}

function sum(costs: readonly Cost[]): Cost {
  return costs.reduce((a, b) => {
    const added = Object.entries(a).map(([name, value]) => [name, value + b[name as keyof Cost]])
    return Object.fromEntries(added) as Cost
  }, nothing)
}

function row(name: string, { requests, bytes, sent, read, written, output, usd }: Cost, model: string): void {
  const cells = [requests, bytes, sent, read, written, output]
  const widths = [8, 10, 12, 12, 12, 7]
  const numbers = cells.map((cell, index) => cell.toLocaleString('en-US').padStart(widths[index] ?? 0))
  process.stdout.write(`${name.padEnd(22)} ${numbers.join(' ')}  $${usd.toFixed(4)}  ${model}\n`)
}

function against(ratio: number, most: number): string {
  return `${ratio.toFixed(3)} (aim: ${most} or less; ${ratio <= most ? 'met' : 'missed'})`
}
