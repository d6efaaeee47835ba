/** Issues of our own making: opened once under a marker, and shown below the issue they are part of (S7). */
import { z } from 'zod'
import { sha256 } from '../../core/digest.ts'
import type { RepositoryName } from '../../core/ids.ts'
import type { ForgeActs, Log } from '../../core/ports.ts'
import { on, parts } from './access.ts'
import type { Client } from './client.ts'
import { absentOn404, GitHubRefusal } from './failures.ts'
import { boundedLine, readMarker, withMarker } from './text.ts'

const maximumTitle = 256
/** Pages of our newest issues in which one is looked for that may have been opened before a crash. */
const pagesOfIssues = 10
const Issue = z.object({
  number: z.number().int(),
  id: z.number().int(),
  body: z.string().nullish(),
  pull_request: z.unknown().optional(),
})

/** @param bot tells the login of our bot account: a marker in an issue that somebody else opened means nothing. */
export function createIssues(client: Client, bot: () => Promise<string>, log: Log) {
  /** Newest first, until the issue after which it must have been opened; a list, since a search lags behind. */
  async function find(name: RepositoryName, marker: string, after: number) {
    const inputs = {
      ...parts(name),
      creator: await bot(),
      state: 'all',
      sort: 'created',
      direction: 'desc',
    }
    const listed = await client.pages(on(name, 'read'), 'GET /repos/{owner}/{repo}/issues', inputs, {
      schema: z.array(Issue),
      items: (page) => page,
      most: pagesOfIssues,
      enough: (soFar) => soFar.some((one) => one.number <= after),
    })
    return listed.findLast(
      (one) => one.number > after && !one.pull_request && readMarker(one.body ?? '')?.marker === marker,
    )
  }

  return {
    async open(
      name: RepositoryName,
      { marker, title, body, after, look }: Parameters<ForgeActs['openIssue']>[1],
    ): Promise<{ number: number; id: number }> {
      const found = look ? await find(name, marker, after) : undefined
      if (found) return { number: found.number, id: found.id }
      const input = {
        ...parts(name),
        title: boundedLine(title, maximumTitle),
        body: withMarker(marker, body),
      }
      const { number, id } = await client.rest(
        on(name, 'discuss'),
        'POST /repos/{owner}/{repo}/issues',
        input,
        Issue,
      )
      return { number, id }
    },

    /** GitHub knows no condition on this write: an edit within the same second would be lost to the issue's history. */
    async editBody(
      name: RepositoryName,
      number: number,
      { was, body }: Parameters<ForgeActs['editBody']>[2],
    ): Promise<'written' | 'moved'> {
      const route = '/repos/{owner}/{repo}/issues/{issue_number}'
      const where = { ...parts(name), issue_number: number }
      const read = await absentOn404(client.rest(on(name, 'read'), `GET ${route}`, where, Issue))
      const standing = read.found ? (read.value.body ?? '') : null
      if (standing !== null && plain(standing) === plain(body)) return 'written'
      if (standing === null || sha256(standing) !== was) return 'moved'
      await client.rest(on(name, 'discuss'), `PATCH ${route}`, { ...where, body }, Issue)
      return 'written'
    },

    async addSubIssue(name: RepositoryName, parent: number, childId: number): Promise<void> {
      const route = 'POST /repos/{owner}/{repo}/issues/{issue_number}/sub_issues'
      const input = { ...parts(name), issue_number: parent, sub_issue_id: childId }
      try {
        await client.rest(on(name, 'discuss'), route, input, z.unknown())
      } catch (error) {
        // Both texts name each other in any case; servers without sub-issues answer 404, a link that stands 422.
        if (!(error instanceof GitHubRefusal)) throw error
        log.info({ repository: name, parent, reason: error.message }, 'not shown as a sub-issue')
      }
    },
  }
}

/** What a reader cannot tell apart: GitHub keeps the line ends that it was given. */
const plain = (text: string) => text.replaceAll('\r\n', '\n').trim()
