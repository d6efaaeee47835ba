/** What went wrong with a request or its answer, as the rest of a sentence about the host. */

const untrusted = /^(DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|CERT_|ERR_TLS_CERT_|HOSTNAME_MISMATCH)/
const notHttp = /^(HPE_|EPROTO$|ERR_SSL_)/

/** Another status than the one that is wanted. */
export function statusSentence(status: number, wanted: number): string {
  const redirect = status >= 300 && status < 400 ? '; redirects are not followed' : ''
  return `answered ${status}, not ${wanted}${redirect}`
}

/** Only the code of an error is told: its message may hold an address. */
export function failureSentence(error: unknown): string {
  const name = codeOf(error)
  if (untrusted.test(name))
    return `has a TLS certificate that is not trusted (${name}); an authority of your own is added by NODE_EXTRA_CA_CERTS`
  if (name === 'ENOTFOUND' || name === 'EAI_AGAIN' || name === 'ENODATA') return `has no address (${name})`
  if (name === 'ECONNREFUSED') return 'refused the connection'
  if (name === 'ECONNRESET' || name === 'UND_ERR_SOCKET')
    return 'closed the connection before its answer was whole'
  if (notHttp.test(name)) return `did not answer in ${name.startsWith('HPE_') ? 'HTTP' : 'TLS'} (${name})`
  return `could not be reached (${name})`
}

/** The code of an error, or of the first of several addresses that were tried. */
function codeOf(error: unknown): string {
  if (error instanceof AggregateError && !('code' in error)) return codeOf(error.errors[0])
  const found = (error as { code?: unknown } | null)?.code
  return typeof found === 'string' && /^[A-Z0-9_]{1,60}$/.test(found) ? found : 'unknown error'
}
