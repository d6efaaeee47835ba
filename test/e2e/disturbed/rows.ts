/** What people do to a task, and what must follow at each moment: its sentence, or that the work goes on to its end. */
import { emitIssue } from '../../../world/github/ops/issues.ts'
import { issuePayload } from '../../../world/github/views/hook.ts'
import { repository as repositoryView } from '../../../world/github/views/repo.ts'
import { lackingIssue } from '../shellShop.ts'
import { repository } from '../workshop.ts'
import type { Moment } from './moments.ts'
import type { Story } from './story.ts'

type Act = (story: Story, issue: number) => Promise<unknown>
/** `head` is that of the branch before it was disturbed. */
type Remedy = (story: Story, issue: number, head: string) => Promise<unknown>

export type Expected =
  /** The disturbance changes nothing, and the task comes to its end; or it begins anew, and comes to its plan. */
  | { goesOn: true; anew?: boolean }
  /** The sentence that stands there; then a person does what it says, and the task goes on as above. */
  | { says: RegExp; on: 'issue' | 'pull' | 'thread'; remedy: Remedy; anew?: boolean }
  /** The sentence, after which nothing is left to the task that could go on. */
  | { says: RegExp; on: 'issue' | 'pull' | 'thread'; remedy: null }
  /** There is no place left where anything could be said, so nothing may appear anywhere. */
  | { gone: true }
  /** There is nothing to disturb, since no task has a branch at this moment, or each has made its own: that is looked up. */
  | { branches: 0 | 1 }

export interface Row {
  what: string
  disturb: Act
  expect(moment: Moment): Expected
}

const goesOn: Expected = { goesOn: true }
const has = (moment: Moment) => moment.stands !== 'nothing'
const isFix = ({ session }: Moment) => session === 'fix'

const branchOf = ({ pullOf }: Story, issue: number) => pullOf(issue)?.headRef ?? ''
const askAgain: Act = ({ shop }, issue) => shop.ana.comment(repository, issue, '/agent draft')
const retry: Act = ({ shop }, issue) => shop.ana.comment(repository, issue, '/agent retry')
const putBack: Remedy = async (story, issue, sha) => {
  await story.shop.ana.push(repository, branchOf(story, issue), { sha, force: true })
  await retry(story, issue)
}
const fixAgain: Remedy = async (story, issue, sha) => {
  await story.shop.ana.push(repository, branchOf(story, issue), { sha, force: true })
  await story.asksFix(issue)
}
const delegateAnew: Act = async ({ shop }, issue) => {
  await shop.ana.unlabel(repository, issue, 'agent')
  await shop.ana.label(repository, issue, 'agent')
}

/** The issue as GitHub no longer shows it, with the event that says so. */
async function remove(
  { shop, issueOf }: Story,
  number: number,
  action: 'deleted' | 'transferred',
): Promise<void> {
  const { state, site, repo } = shop.stage.github
  const issue = issueOf(number)
  if (!issue) throw new Error(`#${number} is not there`)
  const moved = {
    changes: {
      new_issue: issuePayload(site, issue),
      new_repository: repositoryView(site, repo(repository)),
    },
  }
  await emitIssue(site, issue, action, shop.ana.account, action === 'transferred' ? moved : {})
  state.issues.delete(issue.id)
  for (const one of state.comments.values()) if (one.issueId === issue.id) state.comments.delete(one.id)
}

const orphan = /was deleted or moved to another repository, so the agent does nothing more here\. Finish this/

export const rows: Row[] = [
  {
    what: 'the issue edited',
    disturb: ({ shop }, issue) =>
      shop.ana.editIssue(repository, issue, { body: `${lackingIssue}\nMore words.`, title: 'Else' }),
    expect: ({ begins }) =>
      begins === 'complete'
        ? goesOn
        : {
            says: /The issue was changed since the missing parts were proposed.*`\/agent draft` proposes anew/,
            on: 'issue',
            remedy: askAgain,
          },
  },
  {
    what: 'the label taken away',
    disturb: ({ shop }, issue) => shop.ana.unlabel(repository, issue, 'agent'),
    expect: () => goesOn,
  },
  {
    what: 'the label set again',
    disturb: delegateAnew,
    expect: ({ begins }) =>
      begins === 'complete'
        ? { goesOn: true, anew: true }
        : {
            says: /The issue was delegated anew since the missing parts were asked for.*`\/agent draft` proposes anew/,
            on: 'issue',
            remedy: askAgain,
          },
  },
  {
    what: 'the issue closed',
    disturb: ({ shop }, issue) => shop.ana.closeIssue(repository, issue),
    expect: (moment) =>
      isFix(moment)
        ? goesOn
        : {
            says: has(moment)
              ? /The issue is closed, so the work rests; #\d+ stays as it is\. Reopen it to go on/
              : /The issue is closed\. Reopen it to go on/,
            on: 'issue',
            remedy: ({ shop }, issue) => shop.ana.reopenIssue(repository, issue),
          },
  },
  ...(['deleted', 'transferred'] as const).map(
    (action): Row => ({
      what: `the issue ${action}`,
      disturb: (story, issue) => remove(story, issue, action),
      expect: (moment) => {
        if (isFix(moment)) return goesOn
        return has(moment) ? { says: orphan, on: 'pull', remedy: null } : { gone: true }
      },
    }),
  ),
  {
    what: 'the branch deleted',
    disturb: (story, issue) => story.shop.ana.deleteBranch(repository, branchOf(story, issue)),
    expect: (moment) =>
      has(moment)
        ? {
            says: /Pull request #\d+ was closed, so the work is over\. Reopen it .* set the label again/,
            on: 'issue',
            remedy: delegateAnew,
            anew: true,
          }
        : { branches: 0 },
  },
  {
    what: 'the branch force-pushed',
    disturb: (story, issue) =>
      story.shop.ana.push(repository, branchOf(story, issue), {
        files: { 'src/mine.sh': 'mine=1\n' },
        base: 'main',
        force: true,
      }),
    expect: (moment) => {
      if (!has(moment)) return { branches: 0 }
      if (isFix(moment)) return { says: /^Not fixed: |\nNot fixed: /, on: 'thread', remedy: fixAgain }
      return moment.stands === 'ready'
        ? { says: /#\d+ waits for review: countersign\/review says who is needed/, on: 'issue', remedy: null }
        : { says: /[Pp]ut the branch back/, on: 'issue', remedy: putBack }
    },
  },
  {
    what: 'a branch of its name pushed',
    disturb: ({ shop }, issue) =>
      shop.ana.push(repository, `agent/${issue}-two-decimals`, {
        files: { 'src/mine.sh': 'mine=1\n' },
        base: 'main',
        force: true,
      }),
    expect: (moment) => {
      if (has(moment)) return { branches: 1 }
      return moment.route === 'epic'
        ? goesOn
        : {
            says: /already exists: somebody else pushed to it, so nothing was overwritten.*delete the branch; then comment `\/agent retry`/,
            on: 'issue',
            remedy: async (story, issue) => {
              await story.shop.ana.deleteBranch(repository, `agent/${issue}-two-decimals`)
              await retry(story, issue)
            },
          }
    },
  },
]
