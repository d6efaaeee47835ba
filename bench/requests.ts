/**
 * `npm run bench:requests`: what one story, from label to merge, asks of GitHub, against the limits (github-facts).
 * With `-- --list` each counted request is listed in its order.
 */
import { countRequests } from '../demo/requests.ts'
import { line, openStory, type Story } from './story.ts'

/** The aim for one story; more is no failure of the benchmark, the tests hold the bound. */
const aim = 60
/** GitHub's smallest hourly limit of an installation, and its bound on content writes. */
const hourly = 5000
const writesHourly = 500
const lists = process.argv.includes('--list')

await measure('A story in which all goes well', (story) => story.playPlainly())
await measure("The demo's, with what goes wrong in it", ({ stage, play }) =>
  play((id) => {
    const from = stage.github.requests.length
    return () => {
      const { counted, conditional, writes } = countRequests(stage.github, from)
      line(`  step ${id}`, `${counted} counted (${writes} writes), ${conditional} unchanged`)
    }
  }),
)

async function measure(name: string, play: (story: Story) => Promise<void>): Promise<void> {
  const story = await openStory()
  const { github } = story.stage
  try {
    const begin = github.requests.length
    const beganMs = performance.now()
    await play(story)
    const counts = countRequests(github, begin)
    line(name, `${((performance.now() - beganMs) / 1000).toFixed(1)} s`)
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
    if (lists) for (const [at, request] of counts.list.entries()) line(`  ${at + 1}`.padEnd(6) + request, '')
  } finally {
    await story.close()
  }
}
