/** The App's web flow: the address at which a person signs in, the exchange of the code that comes back, and its undoing. */

import { deleteToken, exchangeWebFlowCode, getWebFlowAuthorizationUrl } from '@octokit/oauth-methods'
import type { Octokit } from '@octokit/rest'
import { z } from 'zod'
import type { Log } from '../../core/ports.ts'
import { checked } from './answers.ts'
import type { Failing } from './failing.ts'
import { GitHubRefusal } from './failures.ts'
import type { Pacing } from './pacing.ts'

const Token = z.object({ access_token: z.string().min(1), expires_in: z.number().positive().optional() })
type Token = z.infer<typeof Token>
const Refresh = z.object({ refresh_token: z.string().min(1) })
const Refused = z.object({ response: z.object({ data: z.object({ error: z.string() }) }) })

/** The limits of signing in are the App's. */
const account = 'signing in'
const what = 'the exchange of a code'

export interface WebFlow {
  address(state: string, callback: string): string
  /** Null for a code that GitHub does not accept: wrong, used, or older than ten minutes. */
  exchange(code: string, callback: string): Promise<Token | null>
  /** Never rejects. */
  takeBack(token: string): Promise<void>
}

export interface WebFlowParts {
  credentials: { clientId: string; clientSecret: string }
  octokit: Octokit
  pacing: Pacing
  failing: Failing
  log: Log
  onSecret: (secret: string) => void
}

export function createWebFlow({
  credentials,
  octokit,
  pacing,
  failing,
  log,
  onSecret,
}: WebFlowParts): WebFlow {
  const app = { clientType: 'github-app', ...credentials, request: octokit.request } as const
  return {
    address: (state, callback) => getWebFlowAuthorizationUrl({ ...app, state, redirectUrl: callback }).url,

    async exchange(code, callback) {
      try {
        const exchanging = () => exchangeWebFlowCode({ ...app, code, redirectUrl: callback })
        const { data } = await pacing.read(account, exchanging)
        const token = checked(what, Token, data)
        onSecret(token.access_token)
        // It is never used, and no less a secret for that: who looks for longer signs in again.
        const refresh = Refresh.safeParse(data)
        if (refresh.success) onSecret(refresh.data.refresh_token)
        return token
      } catch (error) {
        const refused = Refused.safeParse(error).data?.response.data.error
        if (refused === 'bad_verification_code') return null
        if (refused === undefined) throw failing(account, what, error)
        throw new GitHubRefusal(400, refused, refusalSentence(refused, callback), { cause: error })
      }
    },

    async takeBack(token) {
      try {
        await deleteToken({ ...app, token })
      } catch (error) {
        // It ends by itself within hours.
        log.info({ reason: String(error) }, 'GitHub did not take a token back')
      }
    },
  }
}

function refusalSentence(refused: string, callback: string): string {
  switch (refused) {
    case 'incorrect_client_credentials':
      return (
        'GitHub does not accept GITHUB_CLIENT_ID and GITHUB_CLIENT_SECRET. The operator must copy both from the settings ' +
        'page of the App, where a new client secret can be made.'
      )
    case 'redirect_uri_mismatch':
      return (
        `GitHub sends nobody back to ${callback}. The operator must add it to the callback URLs on the settings page of ` +
        'the App, or set COUNTERSIGN_URL to the address that is among them.'
      )
    default:
      return `GitHub refused to sign the person in (${refused}). The operator finds the request in the log.`
  }
}
