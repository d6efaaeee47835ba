/** Step 8: stopping, people's own pull requests, and the pull requests of other agents. */
import { createAppAuth } from '@octokit/auth-app'
import { Octokit } from '@octokit/rest'
import { factsOf } from '../../src/core/facts.ts'
import { otherAgentsCommit, personsCommit } from '../scripts/commits.ts'
import { stoppedBundle, stoppedTitle } from '../scripts/issue.ts'
import { commentWith, firstLine, must, runIs, type Step } from '../story.ts'
import { issueBody, repository } from '../theatre.ts'

export const stopping: Step = {
  id: '8a',
  title: 'A second issue is stopped halfway',
  requirement: 'O4',
  async play(theatre, { say }) {
    const { ana, stage } = theatre
    const issue = await ana.openIssue(repository, { title: stoppedTitle, body: issueBody(stoppedBundle) })
    await ana.label(repository, issue.number, 'agent')
    await stage.until('the spec session', async () => {
      const facts = await stage.app.ledger.facts(`task:${repository}#${issue.number}`)
      return factsOf(facts, 'attempt.started').find((fact) => fact.body.phase === 'spec')
    })
    say(`#${issue.number} "${stoppedTitle}" is at its spec; ana comments /agent stop`)
    const started = Date.now()
    await ana.comment(repository, issue.number, '/agent stop')
    const progress = await commentWith(theatre, issue.number, /stopped/i)
    await stage.settle()
    const seconds = (Date.now() - started) / 1000
    must(seconds < 15, `the stop took ${seconds} s`)
    say(firstLine(progress))
    must(
      stage.model.requests.filter((one) => one.subject?.endsWith(`#${issue.number}`) && one.phase === 'plan')
        .length === 0,
      'work went on after the stop',
    )
    return `the running session was ended ${seconds.toFixed(1)} s after the comment, and nothing followed`
  },
}

export const person: Step = {
  id: '8b',
  title: "A person's own pull request",
  requirement: 'A5 A6',
  async play(theatre, { say, decide }) {
    const { dev, ana } = theatre
    await theatre.commit(dev, 'readme-node', personsCommit, 'main')
    const pull = await dev.openPull(repository, {
      title: personsCommit.message,
      head: 'readme-node',
      body: 'A small note.',
    })
    for (const name of ['plan', 'gates', 'review']) {
      const run = await runIs(theatre, `countersign/${name}`, pull.headSha, 'success')
      if (name === 'review') say(`#${pull.number} by dev: ${run.output.title}`)
    }
    await decide(
      'Comment "/agent merge" as ana',
      theatre.page(pull.number, 'ana'),
      () => ana.comment(repository, pull.number, '/agent merge'),
      () => pull.merged,
    )
    say('ana comments /agent merge, and it is merged')
    return 'it passed at once, saying why, and was merged by command under the same rules'
  },
}

export const otherAgent: Step = {
  id: '8c',
  title: "Another agent's pull request",
  requirement: 'A6',
  async play(theatre, { say }) {
    const { ana, stage } = theatre
    const { github } = stage
    const app = github.createApp({
      slug: 'copilot-swe-agent',
      permissions: { metadata: 'read', contents: 'write', pull_requests: 'write' },
      events: [],
    })
    const installation = github.installApp(app, 'acme')
    await theatre.commit(ana, 'copilot/trim-names', otherAgentsCommit, 'main')
    const octokit = new Octokit({
      baseUrl: github.apiUrl,
      authStrategy: createAppAuth,
      auth: { appId: app.id, privateKey: app.privateKeyPem, installationId: installation.id },
    })
    const opened = await octokit.rest.pulls.create({
      owner: 'acme',
      repo: 'ledgerly',
      title: otherAgentsCommit.message,
      head: 'copilot/trim-names',
      base: 'main',
      body: 'Trims customer names.',
    })
    const pull = theatre.pull(opened.data.number)
    const plan = await runIs(theatre, 'countersign/plan', pull.headSha, 'action_required')
    say(`#${pull.number} by ${app.slug}: ${plan.output.title}`)
    const run = await runIs(theatre, 'countersign/review', pull.headSha, 'action_required')
    say(`countersign/review: ${run.output.title}`)
    await ana.comment(repository, pull.number, '/agent merge')
    const refusal = await commentWith(theatre, pull.number, /Not merged/)
    say(`/agent merge: ${firstLine(refusal)}`)
    await stage.settle()
    must(!pull.merged, 'an unapproved pull request of an agent was merged')
    return 'the same three checks, gates and approvals hold it as hold our own'
  },
}
