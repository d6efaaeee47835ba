/** An alert as the text of a chat message: what others wrote in it mentions nobody, links nowhere and formats nothing (T28). */
import type { AlertMessage } from '../../core/monitoring.ts'
import { bounded, outgoingCommitText } from '../../core/outgoingText.ts'

const titles = { raised: 'Alert', recovered: 'Recovered' } as const
const longestTitle = 200
const longestText = 3000
const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }

/** Slack's form: `*bold*`, and `&`, `<` and `>` escaped, so that `<!channel>` or `<http://...|label>` stay words. */
export function messageText({ kind, title, text, url }: AlertMessage): string {
  const lines = text.split(/\r?\n/).map((line) => harmless(line, longestText))
  const head = `*${titles[kind]}: ${harmless(title, longestTitle)}*`
  const body = bounded(lines.filter((line) => line !== '').join('\n'), longestText)
  return [head, body, linkOf(url)].filter((part) => part !== '').join('\n')
}

/** A line of a commit message needs the same: no mention, link, image or fence survives; then what Slack wants escaped. */
function harmless(line: string, most: number): string {
  return outgoingCommitText(line, { most }).replace(/[&<>]/g, (one) => escapes[one] ?? one)
}

/** The one link of a message; what could end it early is encoded. Empty when there is none. */
function linkOf(url: string | null): string {
  if (url === null || !URL.canParse(url)) return ''
  const { protocol, href } = new URL(url)
  return /^https?:$/.test(protocol) ? href.replace(/[|<>]/g, encodeURIComponent).replaceAll('&', '&amp;') : ''
}
