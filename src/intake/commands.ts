/** Commands in comments and reviews: recorded when written by people, voided when touched afterwards (T4, T7, T23). */
import type { Account } from '../core/account.ts'
import { parseCommand } from '../core/command.ts'
import { sha256 } from '../core/digest.ts'
import type { FactBody } from '../core/facts.ts'
import type { RepositoryName, SubjectKey } from '../core/ids.ts'
import type { Acknowledgement } from '../core/work.ts'
import { type Intake, understood } from './result.ts'

export interface Written {
  subject: SubjectKey
  repository: RepositoryName
  on: Acknowledgement['on']
  id: number
  body: string
  /** Who wrote the comment, when the payload says so. */
  author: { type: string } | undefined
  sender: Account | undefined
  /** Numeric id of the App through which it was written. */
  viaApp: number | null
  delivery: string
}

/** A new comment. Bots, this App included, command nothing (T23). */
export function written(comment: Written): Intake {
  const { subject, repository, on, id, body, author, sender, viaApp, delivery } = comment
  if (!sender || sender.type === 'Bot' || author?.type === 'Bot')
    return understood('ignored: not written by a person')
  const command = parseCommand(body)
  if (command.kind === 'none') return understood('no command')
  const fact: FactBody =
    command.kind === 'unknown'
      ? { kind: 'comment.unknown', commentId: id, word: command.word, nearest: command.nearest }
      : {
          kind: 'comment.command',
          commentId: id,
          on,
          verb: command.verb,
          rest: command.rest,
          bodyDigest: sha256(body),
          viaApp,
        }
  return understood(command.kind === 'unknown' ? 'unknown command' : `command ${command.verb}`, {
    facts: [{ subject, entry: { actor: sender, body: fact, delivery } }],
    keys: [subject],
    acknowledge: [{ repository, commentId: id, on }],
  })
}

/**
 * A comment was edited or deleted. Recorded when it was a command before, whoever touched it; when the text before is not
 * told, it is taken for one, since a needless fact is harmless and a missing one is not.
 */
export function touched(comment: Written, how: 'edited' | 'deleted', before: string | undefined): Intake {
  const { subject, id, sender, author, delivery } = comment
  // Our own edits come back as events; to answer them with a round would go round for ever.
  if (author?.type === 'Bot' && sender?.type === 'Bot') return understood(`comment of a bot ${how} by a bot`)
  const keys = [subject]
  const wasCommand = before === undefined || parseCommand(before).kind !== 'none'
  if (author?.type === 'Bot' || !wasCommand || !sender) return understood(`comment ${how}`, { keys })
  const body: FactBody = { kind: 'comment.touched', commentId: id, how }
  return understood(`command ${how}`, {
    keys,
    facts: [{ subject, entry: { actor: sender, body, delivery } }],
  })
}
