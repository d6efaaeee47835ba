/** What the pages' forms do: each in the chosen person's name, under that person's permissions. */
import { GitHubError } from '../github/errors.ts'
import type { GitHubWorld } from '../github/world.ts'
import type { Notice } from './layout.ts'

/** The issue or pull request the form stood on; a commit has no number, and only buttons. */
export type Place = { repo: string; number: number | null }

/** Does it and says what came of it; GitHub's refusals become a sentence for the page. */
export async function act(
  world: GitHubWorld,
  login: string,
  place: Place,
  fields: URLSearchParams,
): Promise<Notice> {
  try {
    return { kind: 'done', text: await perform(world, login, place, fields) }
  } catch (error) {
    if (!(error instanceof GitHubError)) throw error
    const reasons = (error.errors ?? [])
      .map((one) => (typeof one === 'string' ? one : one.message))
      .filter(Boolean)
    return {
      kind: 'refused',
      text: `GitHub refused (${error.status}): ${[error.message, ...reasons].join(' ')}`,
    }
  }
}

async function perform(
  world: GitHubWorld,
  login: string,
  { repo, number }: Place,
  fields: URLSearchParams,
): Promise<string> {
  const person = world.as(login)
  const field = (name: string) => fields.get(name) ?? ''
  // Browsers send line ends as CRLF; what a person typed has LF on GitHub.
  const body = field('body').replace(/\r\n/g, '\n')
  if (field('act') === 'press') return press(world, login, Number(field('run')), field('identifier'))
  if (number === null) throw new GitHubError(422, 'A commit has only the buttons of its checks.')
  switch (field('act')) {
    case 'label':
      await person.label(repo, number, field('label').trim())
      return `Label ${field('label').trim()} added.`
    case 'unlabel':
      await person.unlabel(repo, number, field('label'))
      return `Label ${field('label')} removed.`
    case 'edit':
      await person.editIssue(repo, number, { title: field('title'), body })
      return 'Title and description saved.'
    case 'say':
      return say(world, login, { repo, number }, field('how'), body)
    default:
      throw new GitHubError(422, 'The form named nothing this page can do; load the page again.')
  }
}

async function say(
  world: GitHubWorld,
  login: string,
  { repo, number }: { repo: string; number: number },
  how: string,
  body: string,
): Promise<string> {
  const person = world.as(login)
  if (how === 'approve') {
    await person.approve(repo, number, body)
    return 'Your approving review is submitted.'
  }
  if (body.trim() === '') throw new GitHubError(422, 'Write something first.')
  if (how === 'changes') {
    await person.requestChanges(repo, number, body)
    return 'Your review that requests changes is submitted.'
  }
  await person.comment(repo, number, body)
  return 'Your comment is posted.'
}

/** A page may be older than the run it shows: a button that is gone since is sent all the same, and the App must notice. */
async function press(world: GitHubWorld, login: string, runId: number, identifier: string): Promise<string> {
  const run = world.state.checkRuns.get(runId)
  const action = run?.actions.find((one) => one.identifier === identifier)
  const person = world.as(login)
  if (action === undefined) await person.pressStale(runId, identifier)
  else await person.press(runId, identifier)
  return `${login} pressed ${action?.label ?? 'a button that has changed since'} on ${run?.name ?? 'a check'}.`
}
