/** The theatre: people, repository, rules and CI of the demo, and the eyes through which its steps look at GitHub. */
import { execFile } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Bundle } from '../src/core/bundle.ts'
import { type Ci, enableCi } from '../world/ci/ci.ts'
import type { Files, GitHubState, PersonDriver } from '../world/index.ts'
import type { ScriptedCommit } from './scripts/commits.ts'
import { filesBelow, type Stage } from './stage.ts'

export const repository = 'acme/ledgerly'
/** Numbers that GitHub will give, in the order in which the story opens issues and pull requests. */
export const deliveredIssue = 1

const workflow = `name: CI
on: push
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v5
      - uses: actions/setup-node@v5
        with: { node-version: 24 }
      - run: npm run typecheck && npm test
`

const policy = `# The policy of this repository. An empty file works too; this one names its commands and the merge mode.
version: 1
seniors: [acme/seniors]
commands:
  typecheck:
    run: npm run typecheck
  test:
    run: npm test
    reports:
      - { format: junit, path: reports/junit.xml }
      - { format: lcov, path: coverage/lcov.info }
gates:
  ci:
    workflows:
      - { path: .github/workflows/ci.yml, event: push }
approvals:
  profile: team
merge:
  mode: merge
`

export interface Theatre {
  stage: Stage
  ci: Ci
  /** Ana delegates; Ben and Cleo review; Dev pushes by hand; Eve is a stranger who can only read. */
  ana: PersonDriver
  ben: PersonDriver
  cleo: PersonDriver
  dev: PersonDriver
  eve: PersonDriver
  commentsOn(number: number): string[]
  issue(number: number): GitHubState.Issue
  pull(number: number): GitHubState.Pull
  /** Countersign's run of this name at a commit. */
  run(name: string, sha: string): GitHubState.CheckRun | undefined
  /** The address of an issue or pull request on the stand-in's pages, as seen by a person. */
  page(number: number, login: string): string
  identifier(run: GitHubState.CheckRun, label: string): string
  /** Apply a scripted commit of a person on a branch, on top of what the branch (or `base`) holds. */
  commit(by: PersonDriver, branch: string, commit: ScriptedCommit, base?: string): Promise<string>
  git(...args: string[]): Promise<string>
}

/** What a story adds to the sample repository. */
export interface Scenery {
  files: Files
  /** Appended to the policy file. */
  policy: string
}

/** Set the scene. Rules as merge mode needs them: the checks pinned to the App, and only the App may update main. */
export async function setTheatre(stage: Stage, sampleFolder: string, scenery?: Scenery): Promise<Theatre> {
  const { github } = stage
  for (const login of ['ana', 'ben', 'cleo', 'dev', 'eve', 'owner'])
    github.createUser(login, { name: named(login) })
  github.createOrg('acme', { owners: ['owner'], members: ['ana', 'ben', 'cleo', 'dev'] })
  github.createTeam('acme', 'seniors', { members: ['cleo'] })
  const repo = await github.createRepo('acme', 'ledgerly', {
    files: {
      ...(await filesBelow(sampleFolder)),
      '.github/workflows/ci.yml': workflow,
      ...scenery?.files,
      '.github/countersign.yml': `${policy}${scenery?.policy ?? ''}`,
    },
    collaborators: { ana: 'write', ben: 'write', cleo: 'write', dev: 'write', eve: 'read' },
  })
  github.installApp(github.app, 'acme')
  const owner = github.as('owner')
  for (const name of ['agent', 'agent:needs-human']) {
    await owner.api('POST', `/repos/${repository}/labels`, { name, color: '5319e7' })
  }
  await protectMain(owner, github.app.id)
  const ci = await enableCi(github, repository, {
    title: 'CI',
    jobs: [{ name: 'test', run: 'npm run typecheck && npm test' }],
    events: ['push'],
  })

  const inRepo = (one: { repoId: number }) => one.repoId === repo.id
  const issue = (number: number) => {
    const found = [...github.state.issues.values()].find((one) => inRepo(one) && one.number === number)
    if (!found) throw new Error(`no issue #${number}`)
    return found
  }
  return {
    stage,
    ci,
    ana: github.as('ana'),
    ben: github.as('ben'),
    cleo: github.as('cleo'),
    dev: github.as('dev'),
    eve: github.as('eve'),
    issue,
    commentsOn: (number) =>
      [...github.state.comments.values()]
        .filter((one) => one.issueId === issue(number).id)
        .map((one) => one.body),
    pull(number) {
      const found = [...github.state.pulls.values()].find((one) => inRepo(one) && one.number === number)
      if (!found) throw new Error(`no pull request #${number}`)
      return found
    },
    run: (name, sha) =>
      [...github.state.checkRuns.values()]
        .filter(
          (one) => inRepo(one) && one.appId === github.app.id && one.name === name && one.headSha === sha,
        )
        .at(-1),
    page: (number, login) =>
      `${github.url}/${repository}/${issue(number).pullId === null ? 'issues' : 'pull'}/${number}?as=${login}`,
    identifier(run, label) {
      const button = run.actions.find((one) => one.label === label)
      if (!button)
        throw new Error(`${run.name} shows no button "${label}": ${JSON.stringify(run.output.title)}`)
      return button.identifier
    },
    async commit(by, branch, commit, base) {
      const files: Record<string, string> = {}
      for (const { path, oldText, newText } of commit.edits) {
        const before = files[path] ?? (await show(`${base ?? branch}:${path}`))
        if (!before.includes(oldText)) throw new Error(`${path} on ${branch} lacks the text to replace`)
        files[path] = before.replace(oldText, newText)
      }
      return by.push(repository, branch, {
        files,
        message: commit.message,
        ...(base === undefined ? {} : { base }),
      })
    },
    git: (...args) => runGit(repo.dir, args),
  }

  function show(object: string): Promise<string> {
    return runGit(repo.dir, ['show', object])
  }
}

function runGit(directory: string, args: string[]): Promise<string> {
  return new Promise((resolve, reject) =>
    execFile('git', ['--git-dir', directory, ...args], { maxBuffer: 16_000_000 }, (error, stdout) =>
      error ? reject(error) : resolve(stdout),
    ),
  )
}

/** Two rulesets: checks that the App cannot bypass, and the right to update main, which only the App has. */
async function protectMain(owner: PersonDriver, appId: number): Promise<void> {
  const conditions = { ref_name: { include: ['~DEFAULT_BRANCH'], exclude: [] } }
  const checks = ['countersign/plan', 'countersign/gates', 'countersign/review']
  await owner.api('POST', `/repos/${repository}/rulesets`, {
    name: 'Countersign: checks',
    target: 'branch',
    enforcement: 'active',
    conditions,
    rules: [
      { type: 'deletion' },
      { type: 'non_fast_forward' },
      {
        type: 'required_status_checks',
        parameters: {
          strict_required_status_checks_policy: false,
          required_status_checks: checks.map((context) => ({ context, integration_id: appId })),
        },
      },
    ],
  })
  await owner.api('POST', `/repos/${repository}/rulesets`, {
    name: 'Countersign: only the App updates',
    target: 'branch',
    enforcement: 'active',
    conditions,
    bypass_actors: [{ actor_id: appId, actor_type: 'Integration', bypass_mode: 'pull_request' }],
    rules: [{ type: 'update' }],
  })
}

const named = (login: string) => `${login[0]?.toUpperCase()}${login.slice(1)}`

/** The bundle as the issue form renders it; parts that a person forgot are left out. */
export function issueBody(
  bundle: Bundle,
  forgotten: { failExampleOfCriterion?: number; priorArt?: boolean } = {},
): string {
  const criteria = bundle.criteria.flatMap((criterion, index) => [
    `- ${criterion.statement}`,
    `  - Pass example: ${criterion.passExample}`,
    ...(forgotten.failExampleOfCriterion === index + 1 ? [] : [`  - Fail example: ${criterion.failExample}`]),
  ])
  const list = (items: string[]) => items.map((item) => `- ${item}`)
  return [
    '### Goal',
    bundle.goal,
    '### Acceptance criteria',
    ...criteria,
    '### Constraints',
    ...list(bundle.constraints),
    '### Prior art',
    ...(forgotten.priorArt ? ['_No response_'] : list(bundle.priorArt)),
    '### Risk class',
    bundle.riskClass,
  ]
    .join('\n\n')
    .replaceAll('\n\n-', '\n-')
    .replaceAll('\n\n  -', '\n  -')
}

/** Keep what a person would want to look at afterwards, and say where. */
export async function keepReadme(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true })
  await writeFile(
    join(directory, 'README.txt'),
    [
      'What the demo left for a look.',
      '',
      'github/        the stand-in GitHub; the repositories are bare git repositories: git --git-dir <one of them> log --graph',
      'countersign/   the data folder of Countersign: ledger, mirrors',
      '',
      'COUNTERSIGN_DATA_DIR=<this folder>/countersign npm run countersign -- ledger verify',
      '',
    ].join('\n'),
  )
}
