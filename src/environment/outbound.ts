/** What the operator lets Countersign reach beside GitHub and models, with which tokens, and whom it alerts (T35). */
import { z } from 'zod'

/** An entry of OUTBOUND_ALLOW. */
export type AllowedPlace =
  | { kind: 'host'; host: string; port: number | null }
  | { kind: 'range'; address: string; prefix: number }

export interface OutboundSettings {
  allow: AllowedPlace[]
  /** Bearer tokens by the one origin that gets them. */
  tokens: { origin: string; token: string }[]
  /** Webhooks by the name that policy gives the channel. */
  webhooks: Record<string, string>
}

const ipv4 = z.ipv4()
const ipv6 = z.ipv6()
const cidr = z.union([z.cidrv4(), z.cidrv6()])

/**
 * Read OUTBOUND_ALLOW, OUTBOUND_TOKENS and ALERT_WEBHOOKS.
 *
 * @param given the environment without empty values.
 * @param mistakes gets one sentence for each thing that is wrong, with nothing secret in it.
 */
export function readOutbound(
  given: Record<string, string | undefined>,
  mistakes: string[],
): OutboundSettings {
  return {
    allow: words(given['OUTBOUND_ALLOW']).flatMap((entry) => {
      const place = placeOf(entry)
      if (place === null)
        mistakes.push(
          `OUTBOUND_ALLOW names "${entry}", which is no host, host:port, address or range such as 10.0.0.0/8`,
        )
      return place ?? []
    }),
    tokens: words(given['OUTBOUND_TOKENS']).flatMap((entry) => tokenOf(entry, given, mistakes)),
    webhooks: webhooksOf(given['ALERT_WEBHOOKS'], mistakes),
  }
}

const words = (text = '') => text.split(/[\s,]+/).filter((word) => word !== '')

/** Hosts and addresses are written as URLs write them, so that other spellings of one address cannot pass beside it. */
function placeOf(entry: string): AllowedPlace | null {
  if (entry.includes('/')) {
    const [address = '', prefix] = entry.split('/')
    return cidr.safeParse(entry).success ? { kind: 'range', address, prefix: Number(prefix) } : null
  }
  if (ipv4.safeParse(entry).success) return { kind: 'range', address: entry, prefix: 32 }
  if (ipv6.safeParse(entry).success) return { kind: 'range', address: entry, prefix: 128 }
  const named = /^([\p{L}\p{N}._-]+|\[[0-9a-f:.]+\])(?::(\d{1,5}))?$/iu.exec(entry)
  if (!named || !URL.canParse(`http://${entry}`)) return null
  const host = new URL(`http://${named[1]}`).hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '')
  return { kind: 'host', host, port: named[2] === undefined ? null : Number(named[2]) }
}

/** `host=VARIABLE` is for https at that host; `http://host:port=VARIABLE` says otherwise. */
function tokenOf(
  entry: string,
  given: Record<string, string | undefined>,
  mistakes: string[],
): { origin: string; token: string }[] {
  const [, place = '', variable = ''] = /^(.+)=([A-Z][A-Z0-9_]{0,80}_TOKEN)$/.exec(entry) ?? []
  const text = place.includes('://') ? place : `https://${place}`
  const url = place !== '' && URL.canParse(text) ? new URL(text) : null
  if (url === null || !/^https?:$/.test(url.protocol) || url.pathname !== '/' || url.username !== '') {
    mistakes.push(
      'OUTBOUND_TOKENS has an entry that is not host=VARIABLE: the name of an environment variable that ends in _TOKEN, ' +
        'as in prometheus.example.com=PROMETHEUS_TOKEN',
    )
    return []
  }
  const token = given[variable]
  if (token === undefined || /[^\x21-\x7e]/.test(token)) {
    mistakes.push(
      token === undefined
        ? `${variable} is missing: OUTBOUND_TOKENS names it as the token for ${url.host}`
        : `${variable} is no token: it holds spaces or other characters that a header cannot carry`,
    )
    return []
  }
  return [{ origin: url.origin, token }]
}

/** Channels are separated by commas or spaces in front of the next `name=http`; a URL may hold commas itself. */
function webhooksOf(text = '', mistakes: string[]): Record<string, string> {
  const found: Record<string, string> = {}
  const entries = text.trim().split(/[\s,]+(?=[^\s,=]+=https?:)/)
  for (const entry of entries.filter((one) => one !== '')) {
    const [, name = '', url = ''] = /^([^=]+)=(.+)$/.exec(entry) ?? []
    if (!/^[a-z0-9][a-z0-9_-]{0,39}$/.test(name) || !isWebhook(url))
      // The address is a secret, so only the name is repeated.
      mistakes.push(
        `ALERT_WEBHOOKS has an entry${name === '' ? '' : ` "${name.slice(0, 40)}"`} that is not name=https://...: a name of lower-case letters, ` +
          'digits, - and _, and an http or https URL',
      )
    else found[name] = url
  }
  return found
}

function isWebhook(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : null
  return url !== null && /^https?:$/.test(url.protocol) && url.username === '' && !/\s/.test(text)
}
