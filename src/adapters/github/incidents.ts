/** The incident issue: one open issue a repository, where each incident is one comment (T20, T42). */
import { Mutex } from 'async-mutex'
import { z } from 'zod'
import { sha256 } from '../../core/digest.ts'
import type { RepositoryName } from '../../core/ids.ts'
import { on, parts } from './access.ts'
import type { Client } from './client.ts'
import type { Conversation } from './conversation.ts'
import { readMarker, withMarker } from './text.ts'

const issueMarker = 'incidents'
const Issue = z.object({
  number: z.number().int(),
  body: z.string().nullish(),
  comments: z.number().int().default(0),
  pull_request: z.unknown().optional(),
})
const pagesOfIssues = 50
/**
 * Whoever may write on the issue may fill it: GitHub takes 2,500 comments, and 1,000 are looked through for a report that
 * was made. A full one is left behind, so that noise keeps no incident from being reported.
 */
const fullAtComments = 900
const text = [
  'Countersign found that something got past the checks, or could have. Each comment below is one incident, reported once.',
  '',
  'Close this issue when everything in it was looked at; the next incident opens a new one.',
].join('\n')

const takesIncidents = ({ pull_request, body, comments }: z.infer<typeof Issue>) =>
  !pull_request && readMarker(body ?? '')?.marker === issueMarker && comments < fullAtComments

const longestMarker = 150

/** Names of environments may hold nearly anything: none ends the marker's comment early, or is not found again (T28). */
function plain(marker: string): string {
  const written = encodeURI(marker.toWellFormed())
  return written.length > longestMarker ? sha256(marker) : written
}

/** @param bot tells the login of our bot account: only its issues count. */
export function createIncidents(client: Client, conversation: Conversation, bot: () => Promise<string>) {
  const opening = new Mutex()

  async function issue(name: RepositoryName): Promise<number> {
    const inputs = { ...parts(name), creator: await bot(), state: 'open' }
    const open = await client.pages(on(name, 'read'), 'GET /repos/{owner}/{repo}/issues', inputs, {
      schema: z.array(Issue),
      items: (page) => page.filter(takesIncidents),
      most: pagesOfIssues,
      enough: (soFar) => soFar.length > 0,
    })
    const [found] = open
    if (found) return found.number
    const body = { ...parts(name), title: 'Countersign: incidents', body: withMarker(issueMarker, text) }
    return (await client.rest(on(name, 'discuss'), 'POST /repos/{owner}/{repo}/issues', body, Issue)).number
  }

  return {
    /** Report once: found again by its marker on the open incident issue. Returns the issue's number. */
    report(name: RepositoryName, marker: string, sentence: string): Promise<number> {
      return opening.runExclusive(async () => {
        const number = await issue(name)
        await conversation.upsert(name, number, `incident:${plain(marker)}`, sentence, null)
        return number
      })
    },
  }
}
