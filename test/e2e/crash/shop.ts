/**
 * One story in which the App does everything that it can do on GitHub: a question, a plan, red CI, a repair, a review, a
 * fix, a merge, and an incident of somebody else's. People wait for what they see, so that it is told the same way
 * however often the App dies.
 */
import { editFile, handIn, session, turn } from '../../../demo/scripts/session.ts'
import { openStage, type Stage } from '../../../demo/stage.ts'
import { createClock } from '../../../src/adapters/clock.ts'
import { enableCi } from '../../../world/ci/ci.ts'
import type { GitHubState, PersonDriver } from '../../../world/index.ts'
import { epicSessions, epicText, split, splitting } from '../epicShop.ts'
import { goodFiles, protectMain } from '../town.ts'
import { issueText, plan, review, workflow } from '../workshop.ts'
import type { KillableApp } from './app.ts'
import { count, onlooker, type Story, storySettings, waitMs } from './play.ts'
import { speed } from './program.ts'

export const repository = 'acme/shop'
const policy = `version: 1
agents: { accounts: [robo] }
approvals: { profile: solo }
fix: { resolve: true }
gates:
  tests_with_code: false
  docs_with_code: false
  ci:
    workflows:
      - { path: .github/workflows/ci.yml, event: push }
merge: { mode: merge }
pipeline: { rerun_flaky_ci: true, validate: false }
`
const call = (name: string, input: object) => ({ name, input: { ...input } })
const price = (phase: string, from: string, to: string, deliverable: object) =>
  session(
    { phase },
    turn('I change the price.', editFile('src/price.mjs', `'${from}'`, `'${to}'`)),
    turn('Done.', handIn(deliverable)),
  )
const lacking = issueText.replace(/ {2}Fail example.*\n/, '').replace(/### Risk class[\s\S]*/, '')
const proposal = {
  criteria: [
    {
      statement: 'A price is printed with two decimals',
      passExample: '5 is printed as 5.00',
      failExample: '5 is printed as 5',
    },
  ],
  riskClass: 'low',
  notes: [],
}
const sessions = [
  session({ phase: 'draft' }, turn('Done.', handIn(proposal))),
  ...epicSessions,
  splitting(split),
  session(
    { phase: 'diagnosis', attempt: 1 },
    turn('Which decimals?', call('ask', { questions: ['A point or a comma?'] })),
  ),
  session({ phase: 'diagnosis', attempt: 2 }, turn('A point.', handIn(plan))),
  price('implementation', '5', '5.0', { summary: 'Changed the price.', notes: [] }),
  price('repair', '5.0', '5.00', { summary: 'Two decimals.' }),
  review,
  session(
    { phase: 'fix' },
    turn('I name it.', call('replace_in_region', { old_text: 'const price', new_text: 'const thePrice' })),
    turn(
      'Done.',
      handIn({
        summary: 'Name the value',
        answers: [{ thread: 1, outcome: 'fixed', answer: 'Renamed it.' }],
        cause: 'wrong-pattern',
      }),
    ),
  ),
]
/** On the base the price is bare and CI passes; a wrong number of decimals fails. */
const ci = `grep -Eq "'5'|'5[.]00'" src/price.mjs || { echo 'error: wrong decimals'; exit 1; }`

export async function openShop(app: KillableApp, directory: string, startedMs: number): Promise<Story> {
  const clock = createClock(speed, startedMs)
  const stage = await openStage({
    directory,
    clock,
    launch: app.launch,
    script: { sessions },
    settings: storySettings,
  })
  const { github } = stage
  for (const login of ['ana', 'robo', 'owner']) github.createUser(login)
  github.createOrg('acme', { owners: ['owner'], members: ['ana', 'robo'] })
  await github.createRepo('acme', 'shop', {
    files: {
      'src/price.mjs': "export const price = '5'\n",
      'src/price.txt': 'A price.\n',
      '.github/workflows/ci.yml': workflow,
      '.github/countersign.yml': policy,
    },
    collaborators: { ana: 'write', robo: 'write' },
  })
  github.app.permissions = { ...github.app.permissions, actions: 'write' }
  github.installApp(github.app, 'acme')
  const owner = github.as('owner')
  for (const name of ['agent', 'agent:needs-human', 'hotfix', 'epic'])
    await owner.api('POST', `/repos/${repository}/labels`, { name, color: '5319e7' })
  await enableCi(github, repository, { jobs: [{ name: 'test', run: ci }], events: ['push'] })
  const ana = github.as('ana')
  // Actions runs what is pushed from now on: the base gets its own run of CI.
  await ana.push(repository, 'main', { files: { 'NOTE.md': 'A note.\n' }, message: 'Add a note' })
  await protectMain(owner, repository, github.app.id)
  // The note went past the rules of merge mode: that is told, looked at and closed before the story begins.
  await stage.until(
    'the incident of the note',
    () => [...github.state.comments.values()].find(({ body }) => body.includes('past pull requests')),
    waitMs,
  )
  const [incidents] = [...github.state.issues.values()]
  await ana.closeIssue(repository, incidents?.number ?? 0)
  return { stage, tell: () => tell(stage, ana, owner), close: async () => undefined }
}

async function tell(stage: Stage, ana: PersonDriver, owner: PersonDriver): Promise<void> {
  const { github } = stage
  const { state } = github
  const { until, run, press } = onlooker(stage, ana)
  const bodies = () => [...state.comments.values()].map(({ body }) => body)
  const delegate = async (title: string, body: string, route: string) => {
    const opened = await ana.openIssue(repository, { title, body })
    for (const label of [route, 'agent']) await ana.label(repository, opened.number, label)
    return opened
  }
  /** The first digits of what a comment shows whole. */
  const shownBy = (words: RegExp) =>
    until(`a comment with ${words}`, () => {
      const found = bodies().find((body) => words.test(body))
      return /shown here whole as `([0-9a-f]{8})`/.exec(found ?? '')?.[1]
    })

  const issue = await delegate('Two decimals', lacking, 'hotfix')
  await until('what is missing', () => bodies().find((body) => body.includes('the issue needs (D2)')))
  await ana.comment(repository, issue.number, '/agent draft')
  const draft = await shownBy(/A session proposes what the issue lacks/)
  await ana.comment(repository, issue.number, `/agent draft accept ${draft}`)
  await until('the question', () => bodies().find((body) => body.includes('A point or a comma?')))
  await until('the label', () => (issue.labels.includes('agent:needs-human') ? true : undefined))
  // The first delivery of the answer is lost; the sweep asks for it again.
  github.faults.webhook({ kind: 'lose', when: ({ event }) => event === 'issue_comment' })
  await ana.comment(repository, issue.number, '/agent answer With a point')

  const pull = await until('the pull request', () =>
    [...state.pulls.values()].find((one) => one.headRef.startsWith('agent/')),
  )
  const planned = pull.headSha
  await press(
    'countersign/plan',
    'Approve',
    () => pull.headSha,
    () => run('countersign/plan', planned)?.conclusion === 'success' || pull.headSha !== planned,
  )
  await until('ready for review', () => (pull.draft ? undefined : true))

  const reviewed = await ana.review(repository, pull.number, '', [
    { path: 'src/price.mjs', line: 1, body: 'Please call it thePrice.' },
  ])
  const comment = [...state.reviewComments.values()].find((one) => one.reviewId === reviewed.id)
  if (!comment) throw new Error('the comment is missing')
  await ana.reply(repository, pull.number, comment.id, '/agent fix')
  await until('the reply', () =>
    [...state.reviewComments.values()].find(
      (one) => one.threadId === comment.threadId && /Fixed in/.test(one.body),
    ),
  )
  await until(
    'the thread to be resolved',
    () => state.threads.get(comment.threadId)?.resolvedById ?? undefined,
  )

  await press(
    'countersign/review',
    'Approve',
    () => pull.headSha,
    () => run('countersign/review', pull.headSha)?.conclusion === 'success',
  )
  await press(
    'countersign/review',
    'Merge',
    () => pull.headSha,
    () => pull.merged,
  )

  // Somebody who may bypass the rules merges an agent's pull request.
  const robo = github.as('robo')
  await robo.push(repository, 'robo/work', { files: goodFiles('work'), message: 'Work', base: 'main' })
  const other = await robo.openPull(repository, { title: 'Work', head: 'robo/work' })
  await until('its checks', () => run('countersign/gates', other.headSha)?.conclusion ?? undefined)
  await owner.merge(repository, other.number)
  await until('the incident', () => bodies().find((body) => body.includes('had not decided to merge it')))

  const epic = await delegate('Proper prices', epicText, 'epic')
  const parts = await shownBy(/would be split into 2 issue/)
  await ana.comment(repository, epic.number, `/agent start ${parts}`)
  const child = await until('the first child to ask', () =>
    [...state.issues.values()].find(
      (one) => one.parentId === epic.id && one.labels.includes('agent:needs-human'),
    ),
  )
  await until('the second child', () =>
    [...state.issues.values()].find((one) => one.parentId === epic.id && one.id !== child.id),
  )
}

/** What there is in the end, without what only time or chance decides: SHAs, numbers of comments and runs, costs. */
export async function endOfShop({ stage: { github } }: Story) {
  const { state } = github
  const mine = <T extends { viaAppId: number | null }>(all: Iterable<T>) =>
    [...all].filter((one) => one.viaAppId === github.app.id)
  const marker = ({ body }: { body: string }) =>
    /<!-- countersign:([a-z-]+)/.exec(body)?.[1] ?? body.slice(0, 60)
  const repo = github.repo(repository)
  const tree = await github.site.git.text(repo.dir, ['rev-parse', 'main^{tree}'])
  const subjects = await github.site.git.text(repo.dir, ['log', '--format=%s', 'main'])
  return {
    issues: [...state.issues.values()].map(({ title, labels, state: is }) => ({
      title,
      labels: [...labels].sort(),
      is,
    })),
    pulls: [...state.pulls.values()].map((pull) => ({
      merged: pull.merged,
      draft: pull.draft,
      checks: checksAt(state, pull.headSha),
    })),
    comments: count(mine(state.comments.values()).map(marker)),
    replies: count(mine(state.reviewComments.values()).map(marker)),
    reviews: mine(state.reviews.values()).length,
    resolved: [...state.threads.values()].filter((one) => one.resolvedById !== null).length,
    reactions: count([...state.reactions.values()].map(({ subject, content }) => `${content} ${subject}`)),
    tree: tree.trim(),
    main: subjects
      .trim()
      .split('\n')
      .map((subject) => subject.replace(/[0-9a-f]{8,}/g, 'SHA')),
  }
}

function checksAt(state: GitHubState.State, sha: string) {
  const runs = [...state.checkRuns.values()].filter(
    (one) => one.headSha === sha && one.name.startsWith('countersign/'),
  )
  return runs.map(({ name, conclusion }) => `${name} ${conclusion}`).sort()
}
