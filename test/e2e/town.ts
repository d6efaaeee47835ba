/** The town: a small repository whose gates read only the diff, for tests of what people and GitHub do to the App. */
import { createHmac } from 'node:crypto'
import { openStage, type Stage, type StageOptions, webhookSecret } from '../../demo/stage.ts'
import { createUnsandboxedRunner } from '../../demo/unsandboxed.ts'
import type { GitHubState, PersonDriver } from '../../world/index.ts'
import { ledgerTemplate } from '../support/ledger.ts'

export const repository = 'acme/town'
export const checkNames = ['countersign/plan', 'countersign/gates', 'countersign/review'] as const
export type CheckName = (typeof checkNames)[number]

export const townPolicy = `version: 1
seniors: [acme/seniors]
agents:
  accounts: [robo]
gates:
  ci:
    enabled: false
merge:
  mode: merge
`

/** A complete bundle for the town. */
export const hallBundle = (goal = 'Let the hall say its name.') => `### Goal

${goal}

### Acceptance criteria

- It says its name
  - Pass example: asked, it says hall
  - Fail example: asked, it says 1

### Constraints

- No new dependency

### Prior art

- src/hall.mjs

### Risk class

low
`

export interface Town {
  stage: Stage
  /** Write: ana, ben, cleo (a senior), dev. Read: eve. robo is an agent's account by policy, with write. */
  ana: PersonDriver
  ben: PersonDriver
  cleo: PersonDriver
  dev: PersonDriver
  eve: PersonDriver
  robo: PersonDriver
  owner: PersonDriver
  comments(number: number): string[]
  commentWith(number: number, text: RegExp): Promise<string>
  /** Newest run of a check at a commit. */
  run(name: CheckName, sha: string): GitHubState.CheckRun | undefined
  /** The run once it has this conclusion (or is `in_progress`). */
  runIs(name: CheckName, sha: string, state: string): Promise<GitHubState.CheckRun>
  /** Press a button as it is shown now. */
  press(by: PersonDriver, name: CheckName, sha: string, label: string): Promise<void>
  /** A pull request with code, test and document of its own, so that the gates pass. */
  openPull(
    by: PersonDriver,
    branch: string,
    input?: { base?: string; body?: string; draft?: boolean },
  ): Promise<GitHubState.Pull>
  /** What people can see of the App's doings; equal before and after means that nothing was done. */
  seen(): unknown
  facts(subject: string): ReturnType<Stage['app']['ledger']['facts']>
  deliver(event: string, payload: unknown, options?: Delivering): Promise<{ status: number; text: string }>
  close(): Promise<void>
}

export interface Delivering {
  id?: string
  headers?: Record<string, string | undefined>
  /** Sent instead of the payload's JSON. */
  body?: string
}

/** Files that pass every gate of the diff; the name keeps pull requests from colliding. */
export const goodFiles = (name: string) => ({
  [`src/${name}.mjs`]: `export const ${name} = 1\n`,
  [`test/${name}.test.mjs`]: `import '../src/${name}.mjs'\n`,
  [`docs/${name}.md`]: `# ${name}\n`,
})

export async function openTown(
  options: StageOptions & { policy?: string; files?: Record<string, string> } = {},
): Promise<Town> {
  const stage = await openStage({
    ledgerTemplate,
    sandbox: createUnsandboxedRunner(),
    ...options,
    // A restart sweeps at once; beside that the tests say themselves when something happens.
    settings: { COUNTERSIGN_SWEEP_SECONDS: '3600', ...options.settings },
  })
  const { github } = stage
  const logins = ['ana', 'ben', 'cleo', 'dev', 'eve', 'robo', 'owner'] as const
  for (const login of logins) github.createUser(login)
  github.createOrg('acme', { owners: ['owner'], members: ['ana', 'ben', 'cleo', 'dev', 'robo'] })
  github.createTeam('acme', 'seniors', { members: ['cleo'] })
  const repo = await github.createRepo('acme', 'town', {
    files: {
      'README.md': '# Town\n',
      'src/hall.mjs': 'export const hall = 1\n',
      '.github/countersign.yml': options.policy ?? townPolicy,
      ...options.files,
    },
    collaborators: { ana: 'write', ben: 'write', cleo: 'write', dev: 'write', robo: 'write', eve: 'read' },
  })
  github.installApp(github.app, 'acme')
  const owner = github.as('owner')
  for (const name of ['agent', 'agent:needs-human'])
    await owner.api('POST', `/repos/${repository}/labels`, { name, color: '5319e7' })
  await protectMain(owner, repository, github.app.id)
  await stage.settle()

  const { state } = github
  const mine = (one: { repoId: number }) => one.repoId === repo.id
  let deliveries = 0
  const town: Town = {
    stage,
    ana: github.as('ana'),
    ben: github.as('ben'),
    cleo: github.as('cleo'),
    dev: github.as('dev'),
    eve: github.as('eve'),
    robo: github.as('robo'),
    owner,
    comments(number) {
      const issue = [...state.issues.values()].find((one) => mine(one) && one.number === number)
      return [...state.comments.values()].filter((one) => one.issueId === issue?.id).map((one) => one.body)
    },
    commentWith: (number, text) =>
      stage.until(`a comment on #${number} with ${text}`, () =>
        town.comments(number).find((body) => text.test(body)),
      ),
    run: (name, sha) =>
      [...state.checkRuns.values()]
        .filter((one) => mine(one) && one.name === name && one.headSha === sha)
        .filter((one) => one.appId === github.app.id)
        .at(-1),
    async runIs(name, sha, wanted) {
      let shown = 'nothing'
      const look = () => {
        const run = town.run(name, sha)
        if (run) shown = `${run.status}/${run.conclusion}: ${run.output.title}\n${run.output.summary}`
        return run && (run.conclusion ?? run.status) === wanted ? run : undefined
      }
      return stage.until(`${name} to be ${wanted}`, look).catch((error: Error) => {
        throw new Error(`${error.message}; it shows ${shown}`, { cause: error })
      })
    },
    async press(by, name, sha, label) {
      const run = town.run(name, sha)
      const button = run?.actions.find((one) => one.label === label)
      if (!run || !button) throw new Error(`${name} shows no button ${label}: ${run?.output.title}`)
      await by.press(run.id, button.identifier)
    },
    async openPull(by, branch, { base = 'main', body = 'A change.', draft = false } = {}) {
      const name = branch.replace(/\W/g, '_')
      await by.push(repository, branch, { files: goodFiles(name), message: `Add ${name}`, base })
      return by.openPull(repository, { title: `Add ${name}`, head: branch, base, body, draft })
    },
    seen: () => ({
      comments: [...state.comments.values()].map(({ id, body }) => ({ id, body })),
      reactions: state.reactions.size,
      labels: [...state.issues.values()].map(({ number, labels }) => ({ number, labels: [...labels] })),
      runs: [...state.checkRuns.values()].map((run) => ({
        id: run.id,
        conclusion: run.conclusion,
        output: run.output,
      })),
      pulls: [...state.pulls.values()].map(({ number, headSha, merged }) => ({ number, headSha, merged })),
    }),
    facts: (subject) => stage.app.ledger.facts(subject),
    async deliver(event, payload, { id = `guid-${++deliveries}`, headers = {}, body } = {}) {
      const sent = body ?? JSON.stringify(payload)
      const all: Record<string, string | undefined> = {
        'content-type': 'application/json',
        'x-github-event': event,
        'x-github-delivery': id,
        'x-hub-signature-256': `sha256=${createHmac('sha256', webhookSecret).update(sent).digest('hex')}`,
        ...headers,
      }
      const given = Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined)
      const response = await fetch(`${stage.app.url}/api/github/webhooks`, {
        method: 'POST',
        headers: Object.fromEntries(given),
        body: sent,
      })
      return { status: response.status, text: await response.text() }
    },
    close: () => stage.close(),
  }
  return town
}

/** The rules that merge mode needs. The owner may pass them, so that a test can change the policy on main. */
export async function protectMain(owner: PersonDriver, repository: string, appId: number): Promise<void> {
  const common = {
    target: 'branch',
    enforcement: 'active',
    conditions: { ref_name: { include: ['~DEFAULT_BRANCH'], exclude: [] } },
  }
  const ownerPasses = { actor_id: 1, actor_type: 'OrganizationAdmin', bypass_mode: 'always' }
  const appUpdates = { actor_id: appId, actor_type: 'Integration', bypass_mode: 'pull_request' }
  await owner.api('POST', `/repos/${repository}/rulesets`, {
    ...common,
    name: 'Countersign: checks',
    bypass_actors: [ownerPasses],
    rules: [
      { type: 'deletion' },
      { type: 'non_fast_forward' },
      {
        type: 'required_status_checks',
        parameters: {
          strict_required_status_checks_policy: false,
          required_status_checks: checkNames.map((context) => ({ context, integration_id: appId })),
        },
      },
    ],
  })
  await owner.api('POST', `/repos/${repository}/rulesets`, {
    ...common,
    name: 'Countersign: only the App updates',
    bypass_actors: [ownerPasses, appUpdates],
    rules: [{ type: 'update' }],
  })
}
