/** `npm run bench:memory`: resident memory of a whole App with 1, 50 and 200 model sessions at work, over real HTTP. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readFile, session, turn } from '../demo/scripts/session.ts'
import { webhookSecret } from '../demo/stage.ts'
import { issueText, repository, shopPolicy } from '../test/e2e/workshop.ts'
import { createContract } from '../world/contract/contract.ts'
import { startGitHub } from '../world/index.ts'
import { startModel } from '../world/model/server.ts'
import { startMeasured } from './measured.ts'
import type { Memory } from './memoryApp.ts'
import { line } from './story.ts'

const steps = [1, 50, 200]
/** Each further session may take this much. */
const aimMb = 10
/** What a session has done when it is measured: this many files read, of this size, all in its history. */
const filesRead = 12
const fileBytes = 8000
/** Longer than the bench: the sessions stay in the middle of a request. */
const heldMs = 600_000

const directory = await mkdtemp(join(tmpdir(), 'countersign-memory-'))
const key = 'sk-bench'
const paths = Array.from({ length: filesRead }, (_, index) => `src/file${index}.txt`)
const github = await startGitHub({
  webhookSecret,
  contract: createContract(),
  dataDir: join(directory, 'github'),
})
const model = await startModel({
  apiKey: key,
  script: {
    sessions: [
      session({ phase: 'diagnosis' }, ...paths.map((path) => turn('I read on.', readFile(path))), {
        text: 'This takes a while.',
        fault: { kind: 'slow', delayMs: heldMs },
      }),
    ],
  },
})
for (const login of ['ana', 'owner']) github.createUser(login)
github.createOrg('acme', { owners: ['owner'], members: ['ana'] })
const text = 'A line of ordinary length, as a file of a repository has.\n'
await github.createRepo('acme', 'shop', {
  files: {
    'src/price.txt': 'A price.\n',
    '.github/countersign.yml': shopPolicy(),
    ...Object.fromEntries(paths.map((path, at) => [path, `${at} ${text.repeat(fileBytes / text.length)}`])),
  },
  collaborators: { ana: 'write' },
})
github.installApp(github.app, 'acme')
for (const name of ['agent', 'hotfix'])
  await github.as('owner').api('POST', `/repos/${repository}/labels`, { name, color: '5319e7' })

const app = await startMeasured(github, directory, {
  COUNTERSIGN_WORK_AT_ONCE: '256',
  ANTHROPIC_API_KEY: key,
  COUNTERSIGN_MODEL_BASE_URL: model.url,
})
try {
  const ana = github.as('ana')
  const measured: (Memory & { sessions: number })[] = [{ sessions: 0, ...(await app.measure()) }]
  let delegated = 0
  for (const sessions of steps) {
    for (; delegated < sessions; delegated++) {
      const { number } = await ana.openIssue(repository, { title: `Price ${delegated}`, body: issueText })
      for (const label of ['hotfix', 'agent']) await ana.label(repository, number, label)
    }
    await held(sessions)
    measured.push({ sessions, ...(await app.measure()) })
  }
  const [, first] = measured
  for (const { sessions, rss, heapUsed, external } of measured) {
    const further = first && sessions > 1 ? (rss - first.rss) / (sessions - 1) / 1024 ** 2 : null
    line(
      `${sessions} sessions at work`,
      `RSS ${mb(rss)} MB, heap ${mb(heapUsed)} MB, external ${mb(external)} MB${
        further === null
          ? ''
          : `; each further session ${further.toFixed(2)} MB (aim: under ${aimMb}; ${further < aimMb ? 'met' : 'missed'})`
      }`,
    )
  }
  line('history of a session when measured', `${Math.round(historyBytes() / 1024)} KB sent with each request`)
} finally {
  await app.stop()
  await model.close()
  await github.close()
  await rm(directory, { recursive: true, force: true })
}

/** Until this many sessions wait for the answer that is held back. */
async function held(sessions: number): Promise<void> {
  const last = () =>
    new Set(model.requests.filter(({ turn: at }) => at === filesRead - 1).map(({ subject }) => subject)).size
  while (last() < sessions) await new Promise((resolve) => setTimeout(resolve, 200))
  await github.idle()
  await new Promise((resolve) => setTimeout(resolve, 3000))
}

function historyBytes(): number {
  return Buffer.byteLength(
    JSON.stringify(model.requests.findLast(({ turn: at }) => at === filesRead - 1)?.body),
  )
}

function mb(bytes: number): string {
  return (bytes / 1024 ** 2).toFixed(0)
}
