/** Comments, labels and reactions: each found again before it is made, so that it is made once (S7). */
import { Mutex } from 'async-mutex'
import { z } from 'zod'
import type { RepositoryName } from '../../core/ids.ts'
import type { Seen } from '../../core/ports.ts'
import type { Acknowledgement } from '../../core/work.ts'
import { on, parts } from './access.ts'
import { RestAccount } from './accounts.ts'
import type { Client } from './client.ts'
import { absentOn404 } from './failures.ts'
import { readMarker, withMarker } from './text.ts'

const pagesOfComments = 10
const Comment = z.object({ id: z.number().int(), body: z.string().default(''), user: RestAccount.nullable() })
const maximumLabel = 50

export interface Conversation {
  upsert(name: RepositoryName, number: number, marker: string, body: string, seen: Seen): Promise<number>
  label(name: RepositoryName, number: number, add: string[], remove: string[]): Promise<void>
  acknowledge(item: Acknowledgement): Promise<void>
}

/** @param botId tells the numeric id of our bot account: only its comments are edited. */
export function createConversation(client: Client, botId: () => Promise<number>): Conversation {
  const creating = new Mutex()

  async function upsert(
    name: RepositoryName,
    number: number,
    marker: string,
    body: string,
    seen: Seen,
  ): Promise<number> {
    const text = withMarker(marker, body)
    // The caller has observed the comment and found that its body differs: no need to read it once more.
    if (typeof seen === 'number' && (await absentOn404(edit(name, seen, text))).found) return seen
    return creating.runExclusive(async () => {
      const found = seen === 'none' ? undefined : await find(name, number, marker)
      if (found) return found.body.replaceAll('\r\n', '\n') === text ? found.id : edit(name, found.id, text)
      const route = 'POST /repos/{owner}/{repo}/issues/{issue_number}/comments'
      const inputs = { ...parts(name), issue_number: number, body: text }
      return (await client.rest(on(name, 'discuss'), route, inputs, Comment)).id
    })
  }

  async function find(name: RepositoryName, number: number, marker: string) {
    const route = 'GET /repos/{owner}/{repo}/issues/{issue_number}/comments'
    const inputs = { ...parts(name), issue_number: number }
    const bot = await botId()
    const all = await client.pages(on(name, 'read'), route, inputs, {
      schema: z.array(Comment),
      items: (page) => page,
      most: pagesOfComments,
    })
    return all.find((comment) => comment.user?.id === bot && readMarker(comment.body)?.marker === marker)
  }

  async function edit(name: RepositoryName, id: number, text: string): Promise<number> {
    const route = 'PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}'
    const inputs = { ...parts(name), comment_id: id, body: text }
    return (await client.rest(on(name, 'discuss'), route, inputs, Comment)).id
  }

  /** GitHub adds a label that is there and removes one that is not without harm, so nothing is read first. */
  async function label(name: RepositoryName, number: number, add: string[], remove: string[]): Promise<void> {
    const where = { ...parts(name), issue_number: number }
    const labels = add.map((one) => one.slice(0, maximumLabel))
    if (labels.length > 0) {
      const route = 'POST /repos/{owner}/{repo}/issues/{issue_number}/labels'
      await client.rest(on(name, 'discuss'), route, { ...where, labels }, z.unknown())
    }
    for (const one of remove) {
      const route = 'DELETE /repos/{owner}/{repo}/issues/{issue_number}/labels/{name}'
      await absentOn404(client.rest(on(name, 'discuss'), route, { ...where, name: one }, z.unknown()))
    }
  }

  async function acknowledge(item: Acknowledgement): Promise<void> {
    const where = { ...parts(item.repository), comment_id: item.commentId, content: 'eyes' }
    switch (item.on) {
      case 'issue':
      case 'pull': {
        const route = 'POST /repos/{owner}/{repo}/issues/comments/{comment_id}/reactions'
        await absentOn404(client.rest(on(item.repository, 'discuss'), route, where, z.unknown()))
        return
      }
      case 'review_comment': {
        const route = 'POST /repos/{owner}/{repo}/pulls/comments/{comment_id}/reactions'
        await absentOn404(client.rest(on(item.repository, 'discuss'), route, where, z.unknown()))
        return
      }
      case 'review':
        // REST has no reactions on the body of a review; the answer comes with the round.
        return
      default:
        item.on satisfies never
    }
  }

  return { upsert, label, acknowledge }
}
