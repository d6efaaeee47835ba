/** The words of the fix loop: replies in threads, the progress comment, the commit message (F3, F4, O3). */
import type { Account } from '../core/account.ts'
import type { RepositoryName, Sha } from '../core/ids.ts'
import { outgoingCommitText, outgoingText } from '../core/outgoingText.ts'
import { code, count, listed, person, short } from '../core/sentences.ts'
import type { FixDeliverable } from './deliverable.ts'
import type { FixState } from './state.ts'

/** A link to what a fix changed, relative to the host so that it holds on Enterprise Server too. */
export const compareLink = (repository: RepositoryName, before: Sha, sha: Sha): string =>
  `[compare](/${repository}/compare/${before}...${sha})`

/** The reply in a thread whose fix was pushed. */
export function fixedReply(
  repository: RepositoryName,
  before: Sha,
  sha: Sha,
  answer: string,
  resolves: boolean,
): string {
  const end = resolves ? '' : ' The thread is left for you to resolve.'
  return `Fixed in ${sha} (${compareLink(repository, before, sha)}): ${outgoingText(answer, { inline: true, most: 1500 })}\n\nOnly the cited lines were changed. The checks run again on the new head, and an approval of the old one no longer counts.${end}`
}

/** The reply in a thread that the session could not meet, with the exact command that widens the scope (F3). */
export function cannotReply(answer: string, path: string, needs: FixDeliverable['needs']): string {
  const here = needs.filter((need) => need.path === path)
  const elsewhere = needs.filter((need) => need.path !== path)
  const lines = here.map(
    (need) =>
      `- ${outgoingText(need.why, { inline: true, most: 500 })}: reply ${code(`/agent fix lines ${need.from}-${Math.max(need.from, need.to)}`)} in this thread`,
  )
  const others = elsewhere.map(
    (need) =>
      `- ${outgoingText(need.why, { inline: true, most: 500 })}: comment on ${code(need.path)} line ${need.from} and say ${code('/agent fix')} there`,
  )
  return [
    `Not fixed: ${outgoingText(answer, { inline: true, most: 1500 })}`,
    ...(needs.length > 0 ? ['', 'It would also need:', ...lines, ...others] : []),
    ...(here.length > 1 ? ['', `Or give it the whole file: ${code('/agent fix file')}.`] : []),
  ].join('\n')
}

/** A patch for a branch that Countersign does not push to: a fork's. */
export function suggestionReply(answer: string, text: string, placed: boolean): string {
  const longest = Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length))
  const fence = '`'.repeat(Math.max(3, longest + 1))
  const body = text.replace(/\r?\n$/, '').replace(/\r\n/g, '\n')
  return [
    `${outgoingText(answer, { inline: true, most: 1500 })}`,
    '',
    placed
      ? 'This branch is in a fork, so nothing was pushed. Apply it here:'
      : 'This branch is in a fork, so nothing was pushed. The cited lines would become:',
    '',
    `${fence}${placed ? 'suggestion' : 'text'}`,
    ...(body === '' ? [] : [body]),
    fence,
  ].join('\n')
}

export interface CommitWords {
  pull: string
  /** Ids of the comments that opened the threads. */
  roots: readonly number[]
  summary: string
  by: Account | null
  session: string
}

/** The commit message: what was done, which threads, and in trailers who asked. Nobody becomes an author by it (A3). */
export function fixMessage({ pull, roots, summary, by, session }: CommitWords): string {
  const said = outgoingCommitText(summary, { most: 300 })
  return [
    said.slice(0, 68),
    '',
    ...(said.length > 68 ? [said, ''] : []),
    `Review threads: ${roots.map((root) => `discussion_r${root}`).join(', ')}`,
    '',
    `Countersign-Fix: ${pull}`,
    ...(by ? [`Requested-by: ${by.login.replace(/[^A-Za-z0-9[\]-]/g, '')} (account ${by.id})`] : []),
    `Countersign-Session: ${session}`,
    '',
  ].join('\n')
}

/** The one progress comment: the latest requests, newest first. */
export function progressText(repository: RepositoryName, fixes: readonly FixState[]): string {
  const shown = [...fixes].reverse().slice(0, 10)
  return ['**Fix requests**', '', ...shown.map((fix) => `- ${progressLine(repository, fix)}`)].join('\n')
}

function progressLine(repository: RepositoryName, { accepted, by, ended }: FixState): string {
  const what = `${count(accepted.body.threads.length, 'thread')}, asked by ${person(by ?? { login: 'nobody' })} at ${code(short(accepted.body.head))}`
  if (!ended) return `⏳ ${what}: in work.`
  const { sha, before, sentence } = ended.body
  return sha === null
    ? `❌ ${what}: ${sentence}`
    : `✅ ${what}: ${sentence} ${sha} (${compareLink(repository, before, sha)})`
}

/** How a run ended, in a sentence, from its threads' outcomes. */
export function endSentence(outcomes: readonly string[]): string {
  const words: Record<string, string> = {
    fixed: 'fixed',
    suggested: 'answered with a suggestion',
    unchanged: 'not fixed, with what it would need',
    refused: 'refused',
    gone: 'resolved or deleted meanwhile',
  }
  const parts = Object.keys(words).flatMap((outcome) => {
    const number = outcomes.filter((one) => one === outcome).length
    return number === 0 ? [] : [`${number} ${words[outcome]}`]
  })
  return `${listed(parts, 9)}.`
}
