/** The Alerts port: messages to webhooks that the operator named, in the form of Slack, which Mattermost and others take too (R3). */
import type { AlertMessage } from '../../core/monitoring.ts'
import { bounded } from '../../core/outgoingText.ts'
import type { Alerts } from '../../core/ports.ts'
import { code } from '../../core/sentences.ts'
import type { Outbound } from '../outbound/outbound.ts'
import { messageText } from './text.ts'

const timeoutMs = 10_000
const longestReason = 500

/**
 * @param webhooks URLs by channel; each is a secret and stands in no sentence.
 * @param outbound one whose allow list names the hosts of these URLs: the operator has named them once already.
 */
export function createAlerts({
  outbound,
  webhooks,
}: {
  outbound: Outbound
  webhooks: Readonly<Record<string, string>>
}): Alerts {
  return {
    async send(channel, message: AlertMessage, signal) {
      signal.throwIfAborted()
      const no = (reason: string) => ({ ok: false as const, reason: bounded(reason, longestReason) })
      const url = Object.hasOwn(webhooks, channel) ? webhooks[channel] : undefined
      if (url === undefined)
        return no(
          `there is no channel ${code(channel)}: whoever runs Countersign names channels in ALERT_WEBHOOKS`,
        )
      const answer = await outbound.ask({
        url,
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        // Links in it are ours alone, and need no preview.
        body: JSON.stringify({ text: messageText(message), unfurl_links: false, unfurl_media: false }),
        timeoutMs,
        signal,
      })
      if (answer.kind !== 'answered') return no(`the channel ${code(channel)}: ${answer.reason}`)
      if (answer.status >= 200 && answer.status < 300) return { ok: true }
      return no(`the channel ${code(channel)} answered ${answer.status}`)
    },
  }
}
