/** `npm run bench:rollouts`: what watching 200 environments at once costs, and how soon a breach becomes a rollback. */
import { setTimeout as sleep } from 'node:timers/promises'
import { countRequests } from '../demo/requests.ts'
import { factsOf } from '../src/core/facts.ts'
import { openRolloutTown, watched } from '../test/e2e/rolloutTown.ts'
import { environmentsEach, openWatch, organisations, queriesASample, sampleSeconds } from './rolloutWatch.ts'
import { line } from './story.ts'

const quietMs = 20_000
/** Whole intervals, so that each window has as many samples in it. */
const measuredMs = sampleSeconds * 1000
const processors = 2
/** Watching is beside the work: so much of two processors, and of memory, may 200 windows take. */
const aimShare = 0.1
const aimMb = 2
/** GitHub's smallest hourly limit of an installation. */
const hourly = 5000
/** From the sample that decides to the deployment that takes the change back. */
const aimSamples = 1
/** A healthy window needs no more than this to be over. */
const windowMs = 6000
const intervalMs = 2000

await watching()
await rollingBack({ errors: 0.2, samples: 1 })
await rollingBack({ errors: 0.004, samples: 3 })

async function watching(): Promise<void> {
  const watch = await openWatch()
  try {
    const without = await during(quietMs)
    await watch.deployEverywhere()
    const windows = organisations * environmentsEach
    const full = await during(measuredMs)
    const more = full.share - without.share
    line(
      `${windows} windows open, a sample every ${sampleSeconds} s`,
      `${percent(full.share)} of ${processors} processors, ${percent(without.share)} without them: ${percent(more)} (aim: under ${percent(aimShare)}; ${met(more < aimShare)})`,
    )
    const mb = (full.rss - without.rss) / windows / 1024 ** 2
    line('resident memory', `${mb.toFixed(2)} MB a window (aim: under ${aimMb}; ${met(mb < aimMb)})`)
    const expected = (windows * queriesASample * 60) / sampleSeconds
    line(
      'queries of monitors',
      `${full.queries} a minute, ${(full.queries / expected).toFixed(2)} of the ${expected} that policy asks for`,
    )
    const hour = (full.github.counted * 60) / organisations
    line(
      'requests to GitHub',
      `${full.github.counted} a minute, ${((100 * hour) / hourly).toFixed(1)} % of an installation's limit with ${environmentsEach} windows each; beside them ${full.github.conditional} answered 304`,
    )
  } finally {
    await watch.close()
  }

  /** Rates are a minute; memory is as it is in the end. */
  async function during(ms: number) {
    const from = watch.github.requests.length
    const before = { ...(await watch.measure()), asked: watch.asked() }
    await sleep(ms)
    const github = countRequests(watch.github, from)
    const after = { ...(await watch.measure()), asked: watch.asked() }
    return {
      share: (after.cpuMicros - before.cpuMicros) / 1000 / ms / processors,
      rss: after.rss,
      queries: Math.round(((after.asked - before.asked) * 60_000) / ms),
      github,
    }
  }
}

/** A change that fails after it stands; the sample that decides is the first over a ceiling, or the third over a limit. */
async function rollingBack({ errors, samples }: { errors: number; samples: number }): Promise<void> {
  const settings = (text: string) =>
    text
      .replace(/sample_seconds: .*/, `sample_seconds: ${intervalMs / 1000}`)
      .replace(/window_minutes: .*/, `window_minutes: ${windowMs / 60_000}`)
  const town = await openRolloutTown({
    environments: (service) => `
    production:
      deploy: create
      approval: none${settings(watched(service, 'production'))}`,
  })
  const facts = () => town.factsIn('production')
  try {
    const first = await town.ship('first')
    await town.stage.until('production to be healthy', async () =>
      factsOf(await facts(), 'window.ended').find(
        ({ body }) => body.sha === first && body.outcome === 'healthy',
      ),
    )
    const sha = await town.ship('change')
    town.service.behave(sha, { errors })
    const made = await town.stage.until('the rollback', async () => {
      const all = await facts()
      const intent = factsOf(all, 'deploy.intended').find(({ body }) => body.purpose === 'rollback')
      return factsOf(all, 'deploy.made').find(({ body }) => body.intent === intent?.seq)
    })
    const window = factsOf(await facts(), 'window.opened').find(({ body }) => body.sha === sha)
    if (!window) throw new Error('no window was opened')
    const firstMs = window.body.atMs + intervalMs
    const afterMs = made.atMs - firstMs - (samples - 1) * intervalMs
    const after = afterMs / intervalMs
    line(
      `errors of ${errors * 100} %, which sample ${samples} over the limit decides`,
      `rolled back ${((made.atMs - firstMs) / intervalMs).toFixed(2)} samples of ${intervalMs / 1000} s after the first, ${after.toFixed(2)} (${afterMs} ms) after the one that decides (aim: under ${aimSamples}; ${met(after < aimSamples)})`,
    )
  } finally {
    await town.close()
  }
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`
}

function met(is: boolean): string {
  return is ? 'met' : 'missed'
}
