/** `/agent start <digest>` on an epic: a person starts the split that was shown, and so delegates its children (A1, A2, D1). */
import { code } from '../../core/sentences.ts'
import type { TaskContext } from './context.ts'
import { heldForSenior, offeredSplit } from './epicStep.ts'
import { accepted, type Command, type Judged, refused } from './judged.ts'

/** Why neither route nor split can be changed any more. */
export const splitStarted =
  'The split was started, and its issues exist. `/agent stop` holds all of them; each is changed or closed on its own issue. To split anew, set the label again.'

/**
 * Bound to the digest that was shown, in a comment of the person's own hand.
 *
 * @returns null when no split waits here, so that the command means something else.
 */
export function startSplit(context: TaskContext, { actor, body, seq }: Command): Judged | null {
  const offered = context.route?.body.route === 'epic' && !context.split ? offeredSplit(context) : null
  if (!offered) return null
  const { record, digest } = offered
  const held = heldForSenior(context, record)
  if (held) return refused(held.sentence)
  if (body.viaApp !== null)
    return refused('A comment made through another App starts no split. Write it in the browser.')
  if (!(body.rest.length >= 8 && digest.startsWith(body.rest)))
    return refused(
      `Name the split that you have read: what stands there now is ${code(digest.slice(0, 8))}, so ${code(`/agent start ${digest.slice(0, 8)}`)} starts it. Read it again first if you were shown another one (A2).`,
    )
  if (context.snapshot.issue?.state !== 'open')
    return refused('The issue is closed. Reopen it first, then start the split.')
  if (!actor) return refused('Only people start a split.')
  return accepted(
    `The split ${code(digest.slice(0, 8))} is started: its ${record.split.children.length} issues are created now and delegated by you.`,
    [{ kind: 'split.approved', digest, record, by: actor, request: seq }],
  )
}
