/** `issues`: a label may delegate, an edit may complete a bundle, everything else is a hint. */
import { z } from 'zod'
import { Account } from '../core/account.ts'
import { sha256 } from '../core/digest.ts'
import type { FactBody } from '../core/facts.ts'
import { type Reader, understood } from './result.ts'
import { Number_, Repository, reading, Sender, Text, taskKey } from './shapes.ts'

const longestBody = 65_536
const longestTitle = 1024
const longestLabel = 100
const mostLabels = 100

const Label = z.object({ name: z.string() })

const Payload = z.object({
  action: z.string().max(100),
  repository: Repository,
  issue: z.object({
    number: Number_,
    title: Text,
    body: Text,
    user: Account.nullish(),
    labels: z.array(z.unknown()).catch([]),
    pull_request: z.unknown().optional(),
  }),
  label: Label.nullish(),
  changes: z.object({ body: z.unknown(), title: z.unknown() }).partial().optional().catch(undefined),
  sender: Sender,
})
type Payload = z.infer<typeof Payload>

/** A deleted account is shown as `ghost` by GitHub; it has no permission anywhere. */
const ghost: Account = { id: 10_137, login: 'ghost', type: 'User' }

export const issues: Reader = (payload, delivery) =>
  reading(Payload, payload, ({ action, repository, issue, label, changes, sender }) => {
    if (issue.pull_request) return understood('ignored: a pull request comes as its own event')
    const subject = taskKey(repository.full_name, issue.number)
    const keys = [subject]
    let body: FactBody | null = null
    if (action === 'labeled' && label && mayDelegate(label.name, sender)) {
      const author = issue.user ?? ghost
      body = {
        kind: 'issue.delegated',
        label: label.name,
        labels: labelsOf(issue),
        author,
        ...textOf(issue),
      }
    }
    // Without a label nothing was delegated, and the label's own event will carry the text.
    if (action === 'edited' && (changes?.body || changes?.title) && issue.labels.length > 0) {
      body = { kind: 'issue.edited', ...textOf(issue) }
    }
    if (!body || !sender) return understood(`issue ${action}`, { keys })
    return understood(`issue ${action}: recorded`, {
      keys,
      facts: [{ subject, entry: { actor: sender, body, delivery } }],
    })
  })

/**
 * Which label delegates is said by the repository's policy, which only the round reads; the text at this moment is told
 * only by this event (D4). So every label that a person sets is recorded, and of a bot's only what looks like ours, to be
 * refused with a sentence (D1). Labels that Countersign itself sets start with `agent:`.
 */
function mayDelegate(label: string, sender: Account | undefined): boolean {
  if (label.length > longestLabel) return false
  return sender?.type === 'User' || /^agent(?!:)/i.test(label)
}

/** GitHub keeps at most 100 labels on an issue; the longest that can delegate has 50 characters. */
function labelsOf({ labels }: Payload['issue']): string[] {
  return labels
    .map((one) => Label.safeParse(one))
    .flatMap((one) => (one.success && one.data.name.length <= longestLabel ? [one.data.name] : []))
    .slice(0, mostLabels)
}

/** The digest covers the whole text, as when it is read from GitHub; the text itself is bounded. */
function textOf(issue: Payload['issue']): { title: string; body: string; bodyDigest: string } {
  return {
    title: issue.title.slice(0, longestTitle),
    body: issue.body.slice(0, longestBody),
    bodyDigest: sha256(issue.body),
  }
}
