/** Whether people can sign in to the board, as which App, and by which address browsers come back (T36). */
import { z } from 'zod'

/** What the App proves itself with when it exchanges a person's code. */
export interface SignInSettings {
  clientId: string
  clientSecret: string
}

const loopback = /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/i

/** An address without path, as `https://host` or `https://host:port`: what browsers show and GitHub redirects to. */
export const PublicAddress = z
  .string()
  .refine(
    (text) => URL.canParse(text) && /^https?:\/\/[^/?#@\s]+\/?$/.test(text),
    'must be an address without a path, such as https://countersign.example.com',
  )
  .transform((text) => new URL(text))
  .refine(
    ({ protocol, hostname }) => protocol === 'https:' || loopback.test(hostname),
    'must start with https://: only on loopback does a session travel unencrypted',
  )
  .transform(({ origin }) => origin)

/**
 * Read GITHUB_CLIENT_ID and GITHUB_CLIENT_SECRET: both or neither. Null where nobody can sign in, and the board is off.
 *
 * @param given the environment without empty values.
 * @param host where the server listens. Without COUNTERSIGN_URL that is where browsers come back to.
 * @param mistakes gets one sentence for each thing that is wrong, with nothing secret in it.
 */
export function readSignIn(
  given: Record<string, string | undefined>,
  host: string,
  mistakes: string[],
): SignInSettings | null {
  const clientId = given['GITHUB_CLIENT_ID']
  const clientSecret = given['GITHUB_CLIENT_SECRET']
  if (clientId === undefined && clientSecret === undefined) return null
  if (clientId === undefined || clientSecret === undefined) {
    const [missing, set] =
      clientId === undefined
        ? ['GITHUB_CLIENT_ID', 'GITHUB_CLIENT_SECRET']
        : ['GITHUB_CLIENT_SECRET', 'GITHUB_CLIENT_ID']
    mistakes.push(
      `${missing} is missing: ${set} is set, and signing in to the board needs both, from the App's settings page`,
    )
    return null
  }
  // The set-up page writes the two for everybody. Where nobody said how browsers come back, the board stays off and says so.
  if (given['COUNTERSIGN_URL'] === undefined && !loopback.test(host)) return null
  return { clientId, clientSecret }
}
