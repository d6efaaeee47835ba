/** Step 1: an incomplete delegation is named part by part, completed, and started; a stranger's label is refused. */
import { bundle, forgotten, title } from '../scripts/issue.ts'
import { commentWith, firstLine, must, type Step } from '../story.ts'
import { issueBody, repository } from '../theatre.ts'

export const delegation: Step = {
  id: '1',
  title: 'An issue is delegated',
  requirement: 'D1 D2 D4',
  async play(theatre, { say, decide }) {
    const { ana, eve, stage } = theatre
    const issue = await ana.openIssue(repository, { title, body: issueBody(bundle, forgotten) })
    say(`ana opens #${issue.number} "${title}"`)
    await decide(
      'Add the label "agent" as ana',
      theatre.page(issue.number, 'ana'),
      () => ana.label(repository, issue.number, 'agent'),
      () => issue.labels.includes('agent'),
    )
    say('ana labels it agent')
    const gaps = await commentWith(theatre, issue.number, /fail example/i)
    must(/prior art/i.test(gaps), `the comment names no prior art: ${gaps}`)
    must(
      !/### Constraints/i.test(gaps) || !/constraints are missing/i.test(gaps),
      `the comment names a part that is there: ${gaps}`,
    )
    say(`countersign: ${firstLine(gaps)}`)
    for (const [, gap] of gaps.matchAll(/^- (.+?\.) /gm)) say(`  ${gap}`)
    await stage.settle()
    must(stage.model.requests.length === 0, 'a session started before the bundle was complete')

    const other = await eve.openIssue(repository, {
      title: 'Please rewrite everything',
      body: issueBody(bundle),
    })
    await labelBehindGitHubsBack(theatre, other.number)
    const refusal = await commentWith(theatre, other.number, /eve/)
    say(`eve, who can only read, gets #${other.number} labelled: ${firstLine(refusal)}`)

    const before = theatre.commentsOn(issue.number).length
    await ana.editIssue(repository, issue.number, { body: issueBody(bundle) })
    say('ana adds the two parts')
    await stage.until('the first session', () =>
      stage.model.requests.find((request) => request.phase === 'route'),
    )
    must(
      theatre.commentsOn(issue.number).filter((body) => /fail example is missing/i.test(body)).length === 0,
      'the comment on gaps was not edited in place',
    )
    must(
      theatre.commentsOn(issue.number).length <= before + 1,
      'completing the bundle wrote more than the progress comment',
    )
    must(
      !stage.model.requests.some((request) => request.subject?.endsWith(`#${other.number}`)),
      'work started for a stranger',
    )
    return 'both gaps named in one comment that was edited in place; nothing started before the bundle was complete, nor for a stranger'
  },
}

/** GitHub lets no reader label. A workflow with too wide a token can do it in her name: the sender is still eve (T23). */
async function labelBehindGitHubsBack(theatre: Parameters<Step['play']>[0], number: number): Promise<void> {
  const { github } = theatre.stage
  const repo = github.repo(repository)
  const eve = theatre.eve.account
  repo.collaborators.set(eve.id, 'triage')
  try {
    await theatre.eve.label(repository, number, 'agent')
  } finally {
    repo.collaborators.set(eve.id, 'read')
  }
}
