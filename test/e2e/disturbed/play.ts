/** Plays one moment: a task for each row, all at once, disturbed while they stand there, and what came of each. */
import { repository } from '../workshop.ts'
import type { Moment } from './moments.ts'
import { type Expected, type Row, rows } from './rows.ts'
import { openStory, type Story } from './story.ts'

/** Every failure in words; an empty list means that each row has its sentence or came to its end. */
export async function play(moment: Moment): Promise<string[]> {
  const story = await openStory(moment)
  try {
    return await playIn(story, moment)
  } finally {
    story.release()
    await story.shop.close()
  }
}

async function playIn(story: Story, moment: Moment): Promise<string[]> {
  const { shop, faults } = story
  const failures: string[] = []
  const due = rows.map((row) => ({ row, expected: row.expect(moment) }))
  const played = await Promise.all(
    due
      .filter(({ expected }) => !('branches' in expected))
      .map(async (one) => ({ ...one, issue: await story.bring() })),
  )
  for (const { row, expected } of due.filter((one) => 'branches' in one.expected))
    for (const { issue } of played) {
      const found = await story.branches(issue)
      if ('branches' in expected && found.length !== expected.branches)
        failures.push(`${row.what}: #${issue} has the branches ${found}`)
    }
  const began = shop.stage.github.requests.length
  const stood = new Map<number, string[]>()
  const heads = new Map<number, string>()
  for (const { row, issue } of played) {
    heads.set(issue, story.pullOf(issue)?.headSha ?? '')
    await row.disturb(story, issue)
    stood.set(issue, await story.branches(issue))
  }
  // What people did has been told before the sessions go on.
  await shop.stage.github.idle()
  story.release()
  const all = async (act: (row: Row, expected: Expected, issue: number) => Promise<unknown>) => {
    await Promise.all(
      played.map(({ row, expected, issue }) =>
        act(row, expected, issue).catch((error: Error) => failures.push(`${row.what}: ${error.message}`)),
      ),
    )
  }
  await all(async (_, expected, issue) => {
    if ('says' in expected) return story.hears(issue, expected.says, expected.on)
    if ('goesOn' in expected) return story.ends(issue, expected.anew ?? false)
  })
  await shop.stage.settle()
  await all(async (row, expected, issue) => {
    if ('goesOn' in expected) return
    const now = await story.branches(issue)
    if (`${now}` !== `${stood.get(issue)}`)
      failures.push(`${row.what}: the branch was moved all the same: ${stood.get(issue)} to ${now}`)
    const pull = story.pullOf(issue)
    if (pull && moment.stands === 'draft' && !pull.draft) failures.push(`${row.what}: the draft was finished`)
    if ('gone' in expected && pull) failures.push(`${row.what}: #${pull.number} was opened for it`)
    const written = shop.stage.github.requests
      .slice(began)
      .filter(({ method, appId }) => appId !== null && method !== 'GET')
      .filter(({ path }) => new RegExp(`/repos/${repository}/issues/${issue}(?:/|$)`).test(path))
    if (story.issueOf(issue) === undefined && written.length > 0)
      failures.push(
        `${row.what}: written to what is gone: ${written.map(({ method, path }) => method + path)}`,
      )
  })
  await all(async (_, expected, issue) => {
    if (!('says' in expected) || !expected.remedy) return
    story.anew(issue)
    await expected.remedy(story, issue, heads.get(issue) ?? '')
    await story.ends(issue, expected.anew ?? false)
  })
  const settled = await settledIn(story)
  await shop.stage.restart()
  // A start looks at every open task again: what is decided stays as it is (S7, L2).
  if ((await settledIn(story)) !== settled) failures.push('after a restart more was done than before')
  return [
    ...failures,
    // A round that breaks an invariant (S1 to S14) says so as the App's own fault.
    ...faults
      .filter((fault) => !wasDeletedMeanwhile(story, fault))
      .map((fault) => `the App's fault: ${fault}`),
    ...shop.stage.github.violations.map(({ where, message }) => `${where}: ${message}`),
    ...shop.stage.model.unmatched,
  ]
}

/** A round that had read the issue just before it was deleted finds it gone when it writes, and says so. */
function wasDeletedMeanwhile({ issueOf }: Story, fault: string): boolean {
  const issue = /^action refused .*"task:[^"#]+#(\d+)".* 404: /.exec(fault)?.[1]
  return issue !== undefined && issueOf(Number(issue)) === undefined
}

/** What stands on GitHub once nothing is under way, and what only informs was written too. */
async function settledIn({ shop: { stage } }: Story): Promise<string> {
  const { state } = stage.github
  const standing = () =>
    JSON.stringify([
      [...state.comments.values()].map(({ id, body }) => [id, body]),
      [...state.issues.values()].map(({ id, state: open, labels, body }) => [id, open, labels, body]),
      [...state.pulls.values()].map(({ id, headSha, draft }) => [id, headSha, draft]),
      [...state.checkRuns.values()].map(({ id, status, conclusion }) => [id, status, conclusion]),
    ])
  let last = ''
  for (let tries = 0; tries < 40; tries++) {
    await stage.settle()
    const now = standing()
    if (now === last) return last
    last = now
    await new Promise((resolve) => setTimeout(resolve, 1500))
  }
  throw new Error('GitHub never came to rest')
}

/** Moments as rows of a table of tests, which say what is done to them. */
export const named = (moments: readonly Moment[]): [string, Moment][] =>
  moments.map((moment) => [
    `at ${moment.name}, issue and branch are edited, closed, moved, deleted, relabelled, pushed`,
    moment,
  ])
