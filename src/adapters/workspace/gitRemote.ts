/** How git reaches GitHub: which addresses are allowed, and the token as a header of that one process (T25). */
import { Terminal } from '../../core/errors.ts'
import type { GitCall } from './gitProcess.ts'

const loopback = new Set(['127.0.0.1', '[::1]', 'localhost'])

/**
 * The protocol and the header for one remote.
 *
 * @param allowHttpHosts host names (without port) that may be reached without TLS, beside loopback ones.
 * @throws Terminal for anything but https, or http to such a host.
 */
export function remoteCall(
  credential: { url: string; token: string },
  allowHttpHosts: readonly string[],
): Pick<GitCall, 'protocols' | 'config'> {
  const url = URL.parse(credential.url)
  const plain =
    url?.protocol === 'http:' && (loopback.has(url.hostname) || allowHttpHosts.includes(url.hostname))
  if (!url || url.username || url.password || !(url.protocol === 'https:' || plain)) {
    throw new Terminal(
      `refused git address ${url?.origin ?? 'that is no URL'}`,
      'git may only be reached over https. Set GITHUB_URL to an https address, then restart Countersign.',
    )
  }
  const basic = Buffer.from(`x-access-token:${credential.token}`).toString('base64')
  return {
    protocols: plain ? 'http' : 'https',
    config: credential.token ? [[`http.${url.origin}/.extraHeader`, `Authorization: Basic ${basic}`]] : [],
  }
}
