/** Which addresses may be connected to: public ones, and those that the operator's allow list names (T35). */
import { BlockList, isIP } from 'node:net'

/** One entry of the operator's allow list. */
export type Allowed =
  /** A host as a URL shows it, with a port or with any; whatever it resolves to may be connected to. */
  | { kind: 'host'; host: string; port: number | null }
  /** A range of addresses, whatever name leads there. */
  | { kind: 'range'; address: string; prefix: number }

/** What the special registries of IANA keep from being an ordinary server on the internet. The first match names it; a row is of one family. */
const special: readonly [kind: string, first: string, ...more: string[]][] = [
  ['an unspecified', '0.0.0.0/8'],
  ['a private', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10'],
  ['a loopback', '127.0.0.0/8'],
  ['a link-local', '169.254.0.0/16'],
  ['a multicast', '224.0.0.0/4'],
  [
    'a reserved',
    '192.0.0.0/24',
    '192.0.2.0/24',
    '192.88.99.0/24',
    '198.18.0.0/15',
    '198.51.100.0/24',
    '203.0.113.0/24',
    '240.0.0.0/4',
  ],
  ['a loopback', '::1/128'],
  ['an unspecified', '::/128'],
  ['an IPv4-mapped', '::ffff:0:0/96'],
  ['a NAT64', '64:ff9b::/96', '64:ff9b:1::/48'],
  ['a private', 'fc00::/7'],
  ['a link-local', 'fe80::/10'],
  ['a multicast', 'ff00::/8'],
  // Teredo, benchmarks and the like; 6to4 carries any IPv4 address inside; two ranges are for documents.
  ['a reserved', '2001::/23', '2002::/16', '2001:db8::/32', '3fff::/20'],
]
const specialRanges = special.map(([kind, first, ...more]) => ({
  kind,
  family: isIP(rangeOf(first).address),
  list: listOf([first, ...more].map(rangeOf)),
}))
/** All of IPv6 that is given out for ordinary use; what lies outside is refused without being listed. */
const globalIpv6 = listOf([rangeOf('2000::/3')])

/** `a private`, `a loopback` and so on; null for the address of an ordinary server on the internet. */
export function specialKind(address: string): string | null {
  const family = isIP(address)
  // A zone (`fe80::1%eth0`) is only ever part of an address of this link.
  if (family === 0 || address.includes('%')) return 'an unusual'
  // Of the address's own family: BlockList takes an IPv4 address for its mapped form, which is refused as such.
  const found = specialRanges.find((one) => one.family === family && matches(one.list, address))
  if (found) return found.kind
  return family === 4 || matches(globalIpv6, address) ? null : 'a reserved'
}

/** Answers for one allow list. */
export interface Allowance {
  /** Whether the operator named this host, so that it may resolve to anything. */
  host(url: URL): boolean
  /** Whether an address lies in a range that the operator named. */
  address(address: string): boolean
}

/** @param entries with hosts in lower case; their ports are compared with the URL's, also when it leaves its own out. */
export function allowanceOf(entries: readonly Allowed[]): Allowance {
  const ranges = listOf(entries.filter((entry) => entry.kind === 'range'))
  const hosts = entries.filter((entry) => entry.kind === 'host')
  return {
    host: (url) =>
      hosts.some(({ host, port }) => host === bareHost(url) && (port === null || port === portOf(url))),
    address: (address) => isIP(address) !== 0 && matches(ranges, address),
  }
}

/** The host as it is compared and resolved: without the brackets of IPv6 and the dot that ends a full name. */
export function bareHost(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '')
}

export function portOf(url: URL): number {
  return url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port)
}

function matches(list: BlockList, address: string): boolean {
  return list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
}

function listOf(ranges: readonly { address: string; prefix: number }[]): BlockList {
  const list = new BlockList()
  for (const { address, prefix } of ranges)
    list.addSubnet(address, prefix, isIP(address) === 6 ? 'ipv6' : 'ipv4')
  return list
}

function rangeOf(text: string): { address: string; prefix: number } {
  const [address = '', prefix = ''] = text.split('/')
  return { address, prefix: Number(prefix) }
}
