/** `npm run bench:requests`: what one story, from label to merge, asks of GitHub, against the limits (github-facts). */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { countRequests } from '../demo/requests.ts'
import { chooseSandbox } from '../demo/sandbox.ts'
import { demoScript } from '../demo/scripts/story.ts'
import { openStage } from '../demo/stage.ts'
import { steps, stoppedIssue } from '../demo/steps/all.ts'
import { deliveredIssue, repository, setTheatre } from '../demo/theatre.ts'

/** The aim for one story; more is no failure of the benchmark, the tests hold the bound. */
const aim = 60
/** GitHub's smallest hourly limit of an installation, and its bound on content writes. */
const hourly = 5000
const writesHourly = 500

const directory = await mkdtemp(join(tmpdir(), 'countersign-requests-'))
const { sandbox, remove } = await chooseSandbox()
const stage = await openStage({
  directory,
  sandbox,
  script: demoScript({
    delivered: `${repository}#${deliveredIssue}`,
    stopped: `${repository}#${stoppedIssue}`,
  }),
})
try {
  const theatre = await setTheatre(stage, join(import.meta.dirname, '../demo/repository'))
  const last = steps.findIndex(({ id }) => id === '7')
  const begin = stage.github.requests.length
  const beganMs = performance.now()
  for (const step of steps.slice(0, last + 1)) {
    const from = stage.github.requests.length
    await step.play(theatre, {
      say: () => undefined,
      async decide(invitation, _page, act, done) {
        await act()
        await stage.until(invitation, async () => ((await done()) ? true : undefined))
      },
    })
    const { counted, conditional, writes } = countRequests(stage.github, from)
    line(`  step ${step.id}`, `${counted} counted (${writes} writes), ${conditional} unchanged`)
  }
  await stage.settle()
  const counts = countRequests(stage.github, begin)
  line('one story', `${((performance.now() - beganMs) / 1000).toFixed(1)} s`)
  line(
    'counted',
    `${counts.counted} (aim: under ${aim}; ${Math.floor(hourly / counts.counted)} stories an hour)`,
  )
  line('  REST reads that had changed', String(counts.reads))
  line('  GraphQL queries', String(counts.graphql))
  line('  content writes', `${counts.writes} (${Math.floor(writesHourly / counts.writes)} stories an hour)`)
  line('not counted: 304', String(counts.conditional))
  line('with the App key', `${counts.appKey}, of which ${counts.tokens} tokens minted`)
  for (const [kind, count] of [...counts.byKind].sort((a, b) => b[1] - a[1]))
    line(`    ${kind}`, String(count))
} finally {
  await stage.close()
  await remove()
  await rm(directory, { recursive: true, force: true })
}

function line(name: string, value: string): void {
  process.stdout.write(`${name.padEnd(72)} ${value}\n`)
}
