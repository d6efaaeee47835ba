/** A small repository under Countersign for attacks: people, an agent's App, branch rules, and no sandbox to wait for. */

import { ok } from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { createAppAuth } from '@octokit/auth-app'
import { Octokit } from '@octokit/rest'
import { openStage, type Stage, type StageOptions, webhookSecret } from '../../demo/stage.ts'
import { createUnsandboxedRunner } from '../../demo/unsandboxed.ts'
import { factsOf } from '../../src/core/facts.ts'
import { wantedRulesets } from '../../src/enforcement/rulesets.ts'
import type { Mode } from '../../src/enforcement/weaknesses.ts'
import type { Files, GitHubState } from '../../world/index.ts'
import { ledgerTemplate } from '../support/ledger.ts'

export const repository = 'acme/mill'

export interface Village {
  stage: Stage
  pull(number: number): GitHubState.Pull
  /** Countersign's newest run of this name at a commit. */
  run(name: Check, sha: string): GitHubState.CheckRun | undefined
  /** Resolves with the run once it has this conclusion; rejects with what it says instead. */
  becomes(name: Check, sha: string, conclusion: string | null): Promise<GitHubState.CheckRun>
  identifier(run: GitHubState.CheckRun, label: string): string
  /** A branch of the agent's, pushed by its bot, and a pull request from it. */
  agentPull(branch: string, files: Files, base?: string): Promise<GitHubState.Pull>
  personPull(login: string, branch: string, files: Files, base?: string): Promise<GitHubState.Pull>
  /** Everyone's latest approval button on plan and review, pressed by these people. */
  approve(name: 'plan' | 'review', sha: string, logins: string[]): Promise<void>
  /** An agent's pull request with the approvals that everybody must give. */
  approvedPull(branch: string, files: Files): Promise<GitHubState.Pull>
  /** `/agent merge` by Ana is refused with a sentence that is also on record, and nothing is merged (O1). */
  mergeRefused(number: number, why?: RegExp): Promise<void>
  /** A commit of the given tree and parents, as an attacker makes it by plumbing, on a branch of its own. */
  forge(input: { tree: string; parents: string[]; message?: string; date?: string }): Promise<string>
  /** Tree of a branch or commit with files laid over it. */
  treeWith(at: string, files: Files): Promise<string>
  tip(branch: string): Promise<string>
  facts(number: number): ReturnType<Stage['app']['ledger']['facts']>
  /** A delivery at the App's door, signed with this secret; resolves with the answer's status. */
  deliver(event: string, payload: object, options?: { id?: string; secret?: string }): Promise<number>
  commentsOn(number: number): string[]
  incidents(): string[]
  close(): Promise<void>
}
type Check = 'plan' | 'gates' | 'review' | 'deploy'

/** Code, a test and documentation together: what the gates of an empty policy let through. */
export const goodFiles = (name: string): Files => ({
  [`src/${name}.ts`]: `export const ${name} = 1\n`,
  [`test/${name}.test.ts`]: `import { ${name} } from '../src/${name}.ts'\nif (${name} !== 1) throw new Error()\n`,
  [`docs/${name}.md`]: `# ${name}\n\nIt is one.\n`,
})

/** @param policy YAML of the policy file on main; the branch rules follow `mode`. */
export async function openVillage({
  policy = '',
  mode = 'merge' as Mode,
  files = {} as Files,
  settings = {} as Record<string, string>,
  options = {} as Pick<StageOptions, 'log' | 'stopGraceMs'>,
} = {}): Promise<Village> {
  const stage = await openStage({ ledgerTemplate, sandbox: createUnsandboxedRunner(), settings, ...options })
  const { github } = stage
  for (const login of ['ana', 'ben', 'cleo', 'dev', 'eve', 'owner']) github.createUser(login)
  github.createOrg('acme', { owners: ['owner'], members: ['ana', 'ben', 'cleo', 'dev'] })
  github.createTeam('acme', 'seniors', { members: ['cleo'] })
  const repo = await github.createRepo('acme', 'mill', {
    files: {
      'README.md': '# Mill\n',
      'src/mill.ts': 'export const mill = 1\n',
      '.github/countersign.yml': `seniors: [acme/seniors]\ngates:\n  ci:\n    enabled: false\nmerge:\n  mode: ${mode}\n${policy}`,
      ...files,
    },
    collaborators: { ana: 'write', ben: 'write', cleo: 'write', dev: 'write', eve: 'read' },
  })
  github.installApp(github.app, 'acme')
  for (const ruleset of wantedRulesets(mode, github.app.id, ['~DEFAULT_BRANCH']))
    await github.as('owner').api('POST', `/repos/${repository}/rulesets`, ruleset)
  const agent = github.createApp({
    slug: 'copilot-swe-agent',
    permissions: { metadata: 'read', contents: 'write', pull_requests: 'write' },
    events: [],
  })
  const installation = github.installApp(agent, 'acme')
  const octokit = new Octokit({
    baseUrl: github.apiUrl,
    authStrategy: createAppAuth,
    auth: { appId: agent.id, privateKey: agent.privateKeyPem, installationId: installation.id },
  })

  const inRepo = (one: { repoId: number }) => one.repoId === repo.id
  const pull = (number: number) => {
    const found = [...github.state.pulls.values()].find((one) => inRepo(one) && one.number === number)
    if (!found) throw new Error(`no pull request #${number}`)
    return found
  }
  const run = (name: Check, sha: string) =>
    [...github.state.checkRuns.values()]
      .filter((one) => inRepo(one) && one.appId === github.app.id)
      .filter((one) => one.name === `countersign/${name}` && one.headSha === sha)
      .at(-1)
  const identifier = (of: GitHubState.CheckRun, label: string) => {
    const button = of.actions.find((one) => one.label === label)
    if (!button) throw new Error(`${of.name} shows no button "${label}": ${of.output.title}`)
    return button.identifier
  }
  const becomes = async (name: Check, sha: string, conclusion: string | null) => {
    try {
      return await stage.until(
        `${name} at ${sha.slice(0, 7)} to be ${conclusion}`,
        () => {
          const found = run(name, sha)
          return found && found.conclusion === conclusion ? found : undefined
        },
        45_000,
      )
    } catch (error) {
      const found = run(name, sha)
      throw new Error(`${(error as Error).message}; it is ${found?.conclusion}: ${found?.output.summary}`)
    }
  }
  const commentsOf = (wanted: (issue: GitHubState.Issue) => boolean) =>
    [...github.state.comments.values()].flatMap((one) => {
      const issue = github.state.issues.get(one.issueId)
      return issue && inRepo(issue) && wanted(issue) ? [one.body] : []
    })
  const { git } = github.site
  const tip = async (branch: string) => (await git.commitSha(repo.dir, branch)) ?? ''
  const village: Village = {
    stage,
    pull,
    run,
    becomes,
    identifier,
    tip,
    facts: (number) => stage.app.ledger.facts(`pull:${repository}#${number}`),
    async approvedPull(branch, changed) {
      const opened = await village.agentPull(branch, changed)
      await becomes('gates', opened.headSha, 'success')
      await village.approve('plan', opened.headSha, ['ben'])
      await village.approve('review', opened.headSha, ['ben', 'cleo', 'dev'])
      await becomes('review', opened.headSha, 'success')
      return opened
    },
    async mergeRefused(number, why = /./) {
      const refusals = () =>
        commentsOf((issue) => issue.number === number).filter((body) => /Not merged/.test(body))
      const before = refusals().length
      await github.as('ana').comment(repository, number, '/agent merge')
      const said = await stage.until('the refusal', () => refusals()[before], 45_000)
      await stage.settle()
      ok(why.test(said), `the refusal says: ${said}`)
      ok(!pull(number).merged, `#${number} was merged`)
      const settled = factsOf(await village.facts(number), 'settled').map(({ body }) => body)
      ok(
        settled.some(({ outcome, sentence }) => outcome === 'refused' && sentence.startsWith('Not merged')),
        'the refusal is not on record',
      )
    },
    async forge({ tree, parents, message = 'Forged', date }) {
      const who = { name: 'ana', email: 'ana@example.test', date: date ?? github.site.now() }
      const sha = await git.commitTree(repo.dir, tree, parents, message, who, who)
      await git.updateRef(repo.dir, `refs/heads/forged/${sha}`, sha, '0'.repeat(40))
      return sha
    },
    async treeWith(at, files) {
      const sha = await github
        .as('ana')
        .push(repository, `scratch/${github.site.nextId()}`, { files, base: at })
      return (await git.commit(repo.dir, sha)).tree
    },
    async deliver(event, payload, { id = crypto.randomUUID(), secret = webhookSecret } = {}) {
      const body = JSON.stringify(payload)
      const answer = await fetch(`${stage.app.url}/api/github/webhooks`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'x-github-event': event,
          'x-github-delivery': id,
          'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
        },
        body,
      })
      await answer.text()
      await stage.settle()
      return answer.status
    },
    async agentPull(branch, changed, base = 'main') {
      await github.as('ana').push(repository, branch, { files: changed, base, message: `Work on ${branch}` })
      const opened = await octokit.rest.pulls.create({
        owner: 'acme',
        repo: 'mill',
        title: `Work on ${branch}`,
        head: branch,
        base,
        body: 'As asked.',
      })
      return pull(opened.data.number)
    },
    async personPull(login, branch, changed, base = 'main') {
      const person = github.as(login)
      await person.push(repository, branch, { files: changed, base, message: `Work on ${branch}` })
      return person.openPull(repository, { title: `Work on ${branch}`, head: branch, base, body: 'By hand.' })
    },
    async approve(name, sha, logins) {
      for (const login of logins) {
        const shown = await becomes(name, sha, 'action_required')
        await github.as(login).press(shown.id, identifier(shown, 'Approve'))
        await stage.settle()
      }
    },
    commentsOn: (number) => commentsOf((issue) => issue.number === number),
    incidents: () => commentsOf((issue) => issue.title === 'Countersign: incidents'),
    close: () => stage.close(),
  }
  return village
}
