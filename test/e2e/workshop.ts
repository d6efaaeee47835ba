/** The workshop: a small repository on the stage, whose tasks take few sessions, for tests through the front door. */

import { handIn, session, turn } from '../../demo/scripts/session.ts'
import { openStage, type Stage, type StageOptions } from '../../demo/stage.ts'
import { createUnsandboxedRunner } from '../../demo/unsandboxed.ts'
import type { Plan } from '../../src/core/plan.ts'
import { type Ci, enableCi } from '../../world/ci/ci.ts'
import type { Files, GitHubState, PersonDriver } from '../../world/index.ts'
import type { SessionScript } from '../../world/model/script.ts'

export const repository = 'acme/shop'
export const issueText = `### Goal

Print the price with two decimals.

### Acceptance criteria

- A price is printed with two decimals
  Pass example: 5 is printed as 5.00
  Fail example: 5 is printed as 5

### Constraints

- No new dependency

### Prior art

- src/price.txt

### Risk class

low
`

/** One file, no tests, no documents: a hotfix whose only phases are diagnosis, implementation and review. */
export const plan: Plan = {
  summary: 'Print two decimals.',
  steps: [{ title: 'Print', detail: 'Write the price with two decimals.' }],
  files: [{ path: 'src/price.mjs', change: 'modify', why: 'The price is made here.' }],
  newSymbols: [],
  citations: [{ path: 'src/price.mjs', line: 1, quote: "export const price = '5'" }],
  tests: { kind: 'none', reason: 'A constant.' },
  documentation: { kind: 'none', reason: 'Nobody documents it.' },
  risks: [],
}

export const diagnosis = session({ phase: 'diagnosis' }, turn('The price is bare.', handIn(plan)))
export const review = session(
  { phase: 'review' },
  turn('It does what the plan says.', handIn({ summary: 'It prints two decimals.', findings: [] })),
)

/** The policy file; `pipeline` is added to its pipeline part. */
export const shopPolicy = (pipeline = ''): string => `version: 1
pipeline:
  validate: false
${pipeline}
gates:
  tests_with_code: false
  docs_with_code: false
  ci:
    workflows:
      - { path: .github/workflows/ci.yml, event: push }
approvals:
  profile: solo
`

export interface WorkshopOptions extends Omit<StageOptions, 'script'> {
  sessions: SessionScript[]
  /** Appended to the policy file. */
  policy?: string
  /** What CI runs at a commit. */
  ci?: string
  files?: Files
}

export interface Workshop {
  stage: Stage
  ci: Ci
  ana: PersonDriver
  ben: PersonDriver
  /** Open an issue with a complete bundle and delegate it; returns its number. */
  delegate(labels?: string[]): Promise<number>
  /** The agent's pull request, awaited. */
  pull(): Promise<GitHubState.Pull>
  /** Approve the plan as ana. */
  approvePlan(): Promise<GitHubState.Pull>
  comments(number: number): string[]
  commentWith(number: number, text: string | RegExp): Promise<string>
  facts(issue: number): ReturnType<Stage['app']['ledger']['facts']>
  close(): Promise<void>
}

export const workflow =
  'name: CI\non: push\njobs:\n  test:\n    runs-on: ubuntu-latest\n    steps:\n      - run: sh ci.sh\n'

/** The repository without its policy. */
export const shopFiles: Record<string, string> = {
  'src/price.mjs': "export const price = '5'\n",
  'src/price.txt': 'A price.\n',
  '.github/workflows/ci.yml': workflow,
}

export async function openWorkshop(options: WorkshopOptions): Promise<Workshop> {
  const stage = await openStage({
    ...options,
    script: { sessions: options.sessions },
    sandbox: options.sandbox ?? createUnsandboxedRunner(),
  })
  const { github } = stage
  for (const login of ['ana', 'ben', 'eve', 'owner']) github.createUser(login)
  github.createOrg('acme', { owners: ['owner'], members: ['ana', 'ben'] })
  const repo = await github.createRepo('acme', 'shop', {
    files: {
      ...shopFiles,
      '.github/countersign.yml': `${shopPolicy()}${options.policy ?? ''}`,
      ...options.files,
    },
    collaborators: { ana: 'write', ben: 'write', eve: 'read' },
  })
  github.installApp(github.app, 'acme')
  if (stage.drafter) github.installApp(stage.drafter, 'acme')
  for (const name of ['agent', 'agent:needs-human', 'hotfix', 'epic', 'secret'])
    await github.as('owner').api('POST', `/repos/${repository}/labels`, { name, color: '5319e7' })
  const ci = await enableCi(github, repository, {
    jobs: [{ name: 'test', run: options.ci ?? 'true' }],
    events: ['push'],
  })
  const ana = github.as('ana')
  // Actions runs what is pushed from now on: the base gets its own run of CI.
  await ana.push(repository, 'main', { files: { 'NOTE.md': 'A note.\n' }, message: 'Add a note' })
  await stage.settle()
  const pull = () =>
    stage.until('the pull request of the agent', () =>
      [...github.state.pulls.values()].find(
        (one) => one.repoId === repo.id && one.headRef.startsWith('agent/'),
      ),
    )
  const comments = (number: number) => {
    const issue = [...github.state.issues.values()].find(
      (one) => one.repoId === repo.id && one.number === number,
    )
    return [...github.state.comments.values()]
      .filter((one) => one.issueId === issue?.id)
      .map((one) => one.body)
  }
  return {
    stage,
    ci,
    ana,
    ben: github.as('ben'),
    comments,
    pull,
    async delegate(labels = ['hotfix']) {
      const issue = await ana.openIssue(repository, { title: 'Two decimals', body: issueText })
      for (const label of [...labels, 'agent']) await ana.label(repository, issue.number, label)
      return issue.number
    },
    async approvePlan() {
      const opened = await pull()
      const run = await stage.until('the plan check', () =>
        [...github.state.checkRuns.values()].find(
          (one) =>
            one.name === 'countersign/plan' &&
            one.headSha === opened.headSha &&
            one.conclusion === 'action_required',
        ),
      )
      const approve = run.actions.find((one) => one.label === 'Approve')
      await ana.press(run.id, approve?.identifier ?? '')
      return opened
    },
    commentWith: (number, text) =>
      stage
        .until(
          `a comment on #${number} with ${text}`,
          () =>
            comments(number).find((body) =>
              typeof text === 'string' ? body.includes(text) : text.test(body),
            ),
          120_000,
        )
        .catch((error: Error) => {
          throw new Error(
            `${error.message}; it has:\n${comments(number).join('\n---\n')}\nmodel: ${stage.model.unmatched.join('; ')}`,
            { cause: error },
          )
        }),
    facts: (issue) => stage.app.ledger.facts(`task:${repository}#${issue}`),
    async close() {
      await stage.settle()
      await stage.close()
    },
  }
}
