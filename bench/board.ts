/**
 * `npm run bench:board`: what a repository's page of the board costs where as much is open as a page lists: time, size, and
 * what GitHub is asked. Against the same page of a repository in which nothing happens, in the same run.
 */
import { createReader, type Reader } from '../demo/reader.ts'
import { openStage } from '../demo/stage.ts'
import { createUnsandboxedRunner } from '../demo/unsandboxed.ts'
import { systemClock } from '../src/adapters/clock.ts'
import { line } from './story.ts'

/** As many as a page lists (src/web/repository.ts). */
const tasks = 40
const pulls = 20
const loads = 10
/** As often as an open page asks for itself again, so that its look is not merely shared (src/connect/looks.ts). */
const renewMs = 10_000
/** The aim for a page that a person waits for. */
const aimMs = 500
const busy = 'acme/busy'

// A sweep reads everything anew by itself.
const settings = { COUNTERSIGN_SWEEP_SECONDS: '3600' }
const stage = await openStage({ sandbox: createUnsandboxedRunner(), settings })
try {
  const { github } = stage
  for (const login of ['ana', 'robo', 'owner']) github.createUser(login)
  github.createOrg('acme', { owners: ['owner'], members: ['ana', 'robo'] })
  for (const name of ['busy', 'quiet'])
    await github.createRepo('acme', name, {
      files: {
        '.github/countersign.yml':
          'version: 1\nagents: { accounts: [robo] }\ngates: { ci: { enabled: false } }\n',
      },
      collaborators: { ana: 'write', robo: 'write' },
    })
  github.installApp(github.app, 'acme')
  await github.as('owner').api('POST', `/repos/${busy}/labels`, { name: 'agent', color: '5319e7' })
  const ana = github.as('ana')
  const robo = github.as('robo')
  for (let at = 0; at < tasks; at++) {
    const issue = await ana.openIssue(busy, { title: `Wish ${at}`, body: 'Please.' })
    await ana.label(busy, issue.number, 'agent')
  }
  for (let at = 0; at < pulls; at++) {
    await robo.push(busy, `robo/${at}`, { files: { [`${at}.txt`]: 'one\n' }, message: 'Work', base: 'main' })
    await robo.openPull(busy, { title: `Work ${at}`, head: `robo/${at}` })
  }
  const commented = () => [...github.state.comments.values()].filter((one) => one.viaAppId !== null).length
  const judged = () =>
    [...github.state.checkRuns.values()].filter(({ status }) => status === 'completed').length
  await stage.until('every comment', () => (commented() >= tasks ? true : undefined), 600_000)
  await stage.until('every check', () => (judged() >= 3 * pulls ? true : undefined), 600_000)
  await stage.settle()

  const reader = createReader(stage, ana)
  await reader.signIn()
  const cold = await load(reader, busy, 1, renewMs)
  const unchanged = await load(reader, busy, loads, renewMs)
  const shared = await load(reader, busy, loads, 0)
  const quiet = await load(reader, 'acme/quiet', loads, renewMs)
  const home = await load(reader, '', loads, 0)
  line('open on the page', `${tasks} tasks, ${pulls} pull requests`)
  line('first load', told(cold))
  line('again, nothing has changed', `${told(unchanged)} (aim: under ${aimMs} ms)`)
  line('  of a page with nothing open', told(quiet))
  line('  ratio', (unchanged.ms / quiet.ms).toFixed(1))
  line('again while a look is shared', told(shared))
  line('the first page', told(home))
} finally {
  await stage.close()
}

interface Load {
  ms: number
  kB: number
  /** Requests a load. */
  requests: number
  counted: number
}

/** The median of some loads, each after a pause. */
async function load(reader: Reader, repository: string, times: number, pauseMs: number): Promise<Load> {
  const each: number[] = []
  let bytes = 0
  const from = stage.github.requests.length
  for (let at = 0; at < times; at++) {
    await systemClock.sleep(pauseMs)
    const began = performance.now()
    const page = await reader.open(`/board/${repository}`.replace(/\/$/, ''))
    each.push(performance.now() - began)
    bytes = page.html.length
    if (page.status !== 200) throw new Error(`the page answers ${page.status}`)
  }
  const asked = stage.github.requests.slice(from)
  const counted = asked.filter(({ status }) => status !== 304).length
  return { ms: median(each), kB: bytes / 1000, requests: asked.length / times, counted: counted / times }
}

function told({ ms, kB, requests, counted }: Load): string {
  return `${ms.toFixed(0)} ms, ${kB.toFixed(0)} kB, ${requests.toFixed(1)} requests of which ${counted.toFixed(1)} count`
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}
