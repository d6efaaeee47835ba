/** Sensitive work through the front door, with every socket of the process watched (P10). */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { handIn, readFile, search, session, turn } from '../../demo/scripts/session.ts'
import { factsOf } from '../../src/core/facts.ts'
import { type ModelWorld, startModel } from '../../world/model/server.ts'
import { diagnosis, openWorkshop, plan, type Workshop } from './workshop.ts'

// A story has dozens of rounds, git pushes and CI runs: on a busy machine it takes a minute.
jest.setTimeout(180_000)

const key = 'sk-house-key-of-the-stand-in'
let house: ModelWorld
let folder: string
let shop: Workshop | null = null
/** Where sockets of this process were connected to, as `host:port`. */
let connected: string[]
const connect = Socket.prototype.connect

beforeEach(async () => {
  connected = []
  Socket.prototype.connect = function (this: Socket, ...args: unknown[]): Socket {
    const [given] = Array.isArray(args[0]) ? args[0] : args
    const { host, port, path } = Object(given)
    connected.push(typeof given === 'number' ? `${args[1]}:${given}` : `${path ?? host}:${port}`)
    return Reflect.apply(connect, this, args)
  }
  house = await startModel({ script: { sessions: [diagnosis] }, apiKey: key })
  folder = await mkdtemp(join(tmpdir(), 'countersign-house-'))
})
afterEach(async () => {
  Socket.prototype.connect = connect
  const open = shop
  shop = null
  await open?.close()
  await house.close()
  await rm(folder, { recursive: true })
})

const sensitive = (rule: string) => `models:
  fallbacks:
    strong: [{ endpoint: outside, model: claude-opus-5-5 }]
  tiers:
    strong: { endpoint: outside, model: claude-opus-5-5 }
    standard: { endpoint: outside, model: claude-sonnet-5-5 }
  sensitive:
    ${rule}
    use: [{ endpoint: house, model: own }]
`

/** The outside endpoint is the stage's own stand-in; `inHouse` says what the operator has marked. */
async function open(rule: string, { inHouse = true, sessions = [diagnosis] } = {}): Promise<Workshop> {
  const path = join(folder, 'endpoints.json')
  const outside = await startModel({ script: { sessions }, apiKey: key })
  const endpoint = (url: string, in_house: boolean) => ({
    base_url: url,
    key_variable: 'HOUSE_API_KEY',
    in_house,
  })
  await writeFile(
    path,
    JSON.stringify({
      endpoints: { outside: endpoint(outside.url, false), house: endpoint(house.url, inHouse) },
    }),
  )
  const opened = await openWorkshop({
    sessions,
    policy: sensitive(rule),
    settings: { COUNTERSIGN_MODEL_ENDPOINTS: path, HOUSE_API_KEY: key },
  })
  away = outside
  return {
    ...opened,
    async close() {
      await opened.close()
      await outside.close()
    },
  }
}
let away: ModelWorld
const portOf = (world: ModelWorld) => new URL(world.url).port
const reached = (world: ModelWorld) => connected.filter((where) => where.endsWith(`:${portOf(world)}`))

describe('P10: sensitive work', () => {
  test.each([
    ['the repository', 'repositories: [acme/shop]', ['hotfix']],
    ['a label', 'labels: [secret]', ['secret', 'hotfix']],
    ['the risk class', 'risk: [low]', ['hotfix']],
    ['a path that the issue names', 'paths: [src/price.txt]', ['hotfix']],
  ])('P10: pinned by %s, no socket goes to the outside endpoint', async (_name, rule, labels) => {
    shop = await open(rule)
    const issue = await shop.delegate(labels)
    await shop.pull()
    expect(factsOf(await shop.facts(issue), 'task.sensitive')).toHaveLength(1)
    expect(house.requests.length).toBeGreaterThan(0)
    expect(reached(house)).not.toEqual([])
    expect(reached(away)).toEqual([])
    const hosts = connected.map((where) => where.replace(/:\w+$/, ''))
    // Everything else that was spoken to: the stand-in GitHub and ourselves, by address, name or pipe.
    expect(hosts.filter((host) => !/^(127\.0\.0\.1|localhost|undefined)$/.test(host))).toEqual([])
  })

  test('P10: without the rule the same story does reach the outside endpoint, so the watch can see it', async () => {
    shop = await open('labels: [other]')
    await shop.delegate()
    await shop.pull()
    expect(reached(away)).not.toEqual([])
    expect(reached(house)).toEqual([])
  })

  test('P10: an in-house endpoint that is down, or that the operator has not marked, opens no way out', async () => {
    shop = await open('repositories: [acme/*]', { inHouse: false })
    const issue = await shop.delegate()
    const comment = await shop.commentWith(issue, 'so nothing was sent')
    expect(comment).toContain('The operator marks one (in_house)')
    await shop.stage.settle()
    expect([...reached(away), ...reached(house)]).toEqual([])
  })

  test('P10: a session outside can neither read nor find a sensitive path; a plan that names one is pinned', async () => {
    const sessions = [
      session(
        { phase: 'diagnosis' },
        turn('I look.', readFile('src/price.mjs'), search('export const')),
        turn('So.', handIn(plan)),
      ),
    ]
    shop = await open('paths: [src/price.mjs]', { sessions })
    const issue = await shop.delegate()
    await shop.pull()
    const seen = JSON.stringify(away.requests.at(-1)?.body.messages)
    expect(seen).toContain('only in-house models may see it')
    expect(seen).toContain('Nothing found')
    expect(seen).not.toContain('export const price')
    expect(factsOf(await shop.facts(issue), 'task.sensitive')[0]?.body.why).toContain('`src/price.mjs`')
  })

  test('P10, T22: a session outside that cites a sensitive path to be told what stands there is told nothing any more', async () => {
    const guess = { ...plan, citations: [{ path: 'src/price.mjs', line: 1, quote: 'what is here?' }] }
    const files = [{ path: 'src/other.mjs', change: 'add', why: 'No sensitive path among the files.' }]
    const sessions = [session({ phase: 'diagnosis' }, turn('I guess.', handIn({ ...guess, files })))]
    shop = await open('paths: [src/price.mjs]', { sessions })
    house.setScript({ sessions: [{ ...diagnosis, match: { phase: 'diagnosis', attempt: 2 } }] })
    const issue = await shop.delegate()
    await shop.pull()
    expect(JSON.stringify(house.requests.map(({ body }) => body.messages))).toContain(
      'does not resolve at the base commit',
    )
    expect(JSON.stringify(away.requests)).not.toMatch(/export const price|does not resolve/)
    expect(factsOf(await shop.facts(issue), 'task.sensitive')[0]?.body.why).toContain('`src/price.mjs`')
  })
})
