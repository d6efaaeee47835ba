/** Steps 9 and 10: from main to production with a person's word, and back by itself when it goes wrong. */
import { factsOf } from '../../src/core/facts.ts'
import { short } from '../../src/core/sentences.ts'
import { behaviourChange, behaviours } from '../deploying.ts'
import type { Production } from '../production.ts'
import { commentWith, firstLine, must, runIs, type Step } from '../story.ts'
import { repository, type Theatre } from '../theatre.ts'

const deploy = 'countersign/deploy'

const facts = (theatre: Theatre, environment = 'production') =>
  theatre.stage.app.ledger.facts(`rollout:${repository}@${environment}`)

/** The title of countersign/deploy once it matches, awaited. */
async function says(theatre: Theatre, sha: string, text: RegExp): Promise<string> {
  return theatre.stage.until(`${deploy} to say ${text}`, () => {
    const title = theatre.run(deploy, sha)?.output.title ?? ''
    return text.test(title) ? title : undefined
  })
}

async function approve(
  theatre: Theatre,
  sha: string,
  { decide }: Parameters<Step['play']>[1],
): Promise<void> {
  const run = await runIs(theatre, deploy, sha, 'action_required')
  await decide(
    'Approve the deployment as cleo',
    `${theatre.stage.github.url}/${repository}/commit/${sha}?as=cleo`,
    () => theatre.cleo.press(run.id, theatre.identifier(run, 'Approve deploy')),
    async () => factsOf(await facts(theatre), 'deploy.decided').some(({ body }) => body.sha === sha),
  )
}

/** The commit that main is at. */
const tip = async (theatre: Theatre) => (await theatre.git('rev-parse', 'main')).trim()

export function toProduction(production: Production): Step {
  return {
    id: '9',
    title: 'From main to production, with a person in between',
    requirement: 'R1 R2 A1',
    async play(theatre, hands) {
      const { say } = hands
      const sha = await tip(theatre)
      const asked = await runIs(theatre, deploy, sha, 'action_required')
      must(production.version('staging') === sha, 'staging does not run what main is at')
      must(production.version('production') === undefined, 'production runs something that nobody approved')
      say(`staging runs ${short(sha)}; its canary and window passed`)
      say(`${deploy}: ${asked.output.title}`)
      await production.open()
      await approve(theatre, sha, hands)
      say('cleo approves, and customers come')
      say(await says(theatre, sha, /Watched: \d+ of/))
      const title = await says(theatre, sha, /Healthy in production/)
      must(production.version('production') === sha, 'production runs another commit')
      say(title)
      return 'the same commit passed staging first, a person approved the range, and production was watched to the end'
    },
  }
}

export function rolledBack(production: Production): Step {
  return {
    id: '10',
    title: 'A change that leaks errors is taken back',
    requirement: 'R3 R4 O2',
    async play(theatre, hands) {
      const { say } = hands
      const { dev, stage } = theatre
      const good = await tip(theatre)
      await dev.push(repository, 'faster', {
        files: behaviourChange(behaviours.leakingErrors),
        message: 'Keep rendered invoices',
        base: 'main',
      })
      const pull = await dev.openPull(repository, {
        title: 'Keep rendered invoices',
        head: 'faster',
        body: 'Rendering twice is a waste.',
      })
      await runIs(theatre, 'countersign/review', pull.headSha, 'success')
      await dev.comment(repository, pull.number, '/agent merge')
      await stage.until('the merge', () => (pull.merged ? true : undefined))
      const bad = await tip(theatre)
      say(`#${pull.number} by dev is merged as ${short(bad)}; staging finds nothing wrong with it`)
      await approve(theatre, bad, hands)
      say('cleo approves; the first samples are well')
      const failed = await stage.until('the breach', async () =>
        factsOf(await facts(theatre), 'rollout.failed').at(-1),
      )
      say(failed.body.sentence.replaceAll('`', ''))
      say(await says(theatre, bad, /stands again/))
      must(production.version('production') === good, 'production does not run the last healthy commit')
      const window = factsOf(await facts(theatre), 'window.ended').find(
        ({ body }) => body.outcome === 'failed',
      )
      must(window, 'the window did not end by a breach')
      // Whatever only tells people may wait for its turn among an App's writes; the rollback does not.
      const incident = await stage.until('the incident', () =>
        [...stage.github.state.issues.values()].find(({ title }) => /incidents/.test(title)),
      )
      say(
        `#${incident.number}: ${firstLine(await commentWith(theatre, incident.number, /failed in production/))}`,
      )
      await stage.until('both alerts', () => (production.alerts.length >= 2 ? true : undefined))
      for (const alert of production.alerts) say(`ops: ${firstLine(alert)}`)
      return 'the last healthy commit was deployed again without anybody asking, and people were told'
    },
  }
}
