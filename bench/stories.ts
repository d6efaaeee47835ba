/** `npm run bench:stories`: stories, from label to ready for review, finished a minute with fifty at once on the whole App. */
import { availableParallelism } from 'node:os'
import { countRequests } from '../demo/requests.ts'
import { chooseSandbox } from '../demo/sandbox.ts'
import { editFile, handIn, session, turn } from '../demo/scripts/session.ts'
import { openStage } from '../demo/stage.ts'
import { diagnosis, issueText, review, shopFiles, shopPolicy } from '../test/e2e/workshop.ts'
import { enableCi } from '../world/ci/ci.ts'
import { line } from './story.ts'

/**
 * Ten organisations with five stories each: GitHub bounds what one installation may write in a minute and in an hour
 * (bench:requests says how many stories that is), and here the machine is measured.
 */
const organisations = 10
const stories = Number(process.argv[2] ?? 50)
/** The bench ends here whatever is finished, so that a slow machine gives a figure and no hang. */
const boundMs = 10 * 60_000

const implementation = session(
  { phase: 'implementation' },
  turn('I change the price.', editFile('src/price.mjs', "'5'", "'5.00'")),
  turn('Done.', handIn({ summary: 'The price has two decimals.', notes: [] })),
)
const validation = session(
  { phase: 'validate' },
  turn('It follows.', handIn({ verdict: 'pass', objections: [] })),
)
const { sandbox, notice, remove } = await chooseSandbox()
const stage = await openStage({
  sandbox,
  script: { sessions: [diagnosis, implementation, review, validation] },
  settings: { COUNTERSIGN_WORK_AT_ONCE: String(stories) },
})
const { github, model } = stage
for (const login of ['ana', 'owner']) github.createUser(login)
const ana = github.as('ana')
const repositories: string[] = []
for (let number = 0; number < organisations; number++) {
  const org = `acme${number}`
  const name = `${org}/shop`
  github.createOrg(org, { owners: ['owner'], members: ['ana'] })
  const policy = shopPolicy().replace('validate: false', 'validate: true')
  const files = { ...shopFiles, '.github/countersign.yml': policy }
  await github.createRepo(org, 'shop', { files, collaborators: { ana: 'write' } })
  github.installApp(github.app, org)
  for (const label of ['agent', 'agent:needs-human', 'hotfix'])
    await github.as('owner').api('POST', `/repos/${name}/labels`, { name: label, color: '5319e7' })
  await enableCi(github, name, { jobs: [{ name: 'test', run: 'true' }], events: ['push'] })
  await ana.push(name, 'main', { files: { 'NOTE.md': 'A note.\n' }, message: 'Add a note' })
  repositories.push(name)
}
await stage.settle()
try {
  const from = github.requests.length
  const beganMs = performance.now()
  await Promise.all(
    Array.from({ length: stories }, async (_, index) => {
      const name = repositories[index % organisations] ?? ''
      const { number } = await ana.openIssue(name, { title: `Two decimals ${index}`, body: issueText })
      for (const label of ['hotfix', 'agent']) await ana.label(name, number, label)
    }),
  )
  const pressed = new Set<number>()
  const finishedMs: number[] = []
  await stage
    .until(
      `${stories} stories`,
      async () => {
        // Each plan is approved as soon as it is asked for, as by a person who waits for it.
        for (const run of github.state.checkRuns.values()) {
          if (run.name !== 'countersign/plan' || run.conclusion !== 'action_required' || pressed.has(run.id))
            continue
          const approve = run.actions.find(({ label }) => label === 'Approve')
          if (!approve) continue
          pressed.add(run.id)
          await ana.press(run.id, approve.identifier)
        }
        const ready = [...github.state.pulls.values()].filter(({ draft }) => !draft).length
        while (finishedMs.length < ready) finishedMs.push(performance.now() - beganMs)
        return ready >= stories ? true : undefined
      },
      boundMs,
    )
    .catch((error: Error) => line('ended early', `${error.message}; ${finishedMs.length} were finished`))
  const seconds = (performance.now() - beganMs) / 1000
  const each = (count: number) => (count / stories).toFixed(1)
  const counts = countRequests(github, from)
  if (notice !== null) line('commands', notice)
  line('processors', String(availableParallelism()))
  line('stories at once', `${stories} in ${organisations} organisations`)
  line(
    'sessions, requests to the model, of one story',
    `${each(sessionsOf())}, ${each(model.requests.length)}`,
  )
  line(
    'requests to GitHub of one story',
    `${each(counts.counted)} counted, of them ${each(counts.writes)} writes; ${each(counts.conditional)} unchanged`,
  )
  line('first ready for review after', `${((finishedMs[0] ?? seconds * 1000) / 1000).toFixed(1)} s`)
  line('last ready for review after', `${((finishedMs.at(-1) ?? seconds * 1000) / 1000).toFixed(1)} s`)
  line('stories finished a minute', ((finishedMs.length * 60) / seconds).toFixed(1))
  for (const problem of new Set(model.unmatched)) line('not in the script', problem)
} finally {
  await stage.close()
  await remove()
}

function sessionsOf(): number {
  return model.requests.filter(({ body }) => body.messages.length === 1).length
}
