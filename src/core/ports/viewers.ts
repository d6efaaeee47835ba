/** The port through which people who look at the board sign in at GitHub, and through which GitHub says what they may see. */
import type { Account } from '../account.ts'
import type { RepositoryName } from '../ids.ts'

/**
 * Who looks at the board, as GitHub knows them (T36): each is asked with their own token.
 *
 * Every method that asks GitHub throws RetryLater when it is limited or out.
 */
export interface Viewers {
  /** Where a browser goes to sign in; `state` comes back with it, `callback` is the address of ours that it comes back to. */
  address(options: { state: string; callback: string }): string
  /** Exchange a code for a person's token: null when GitHub does not accept the code. expiresMs: epoch ms by the App's clock. */
  signIn(options: { code: string; callback: string }): Promise<SignedIn | null>
  /** Whether GitHub shows this repository to the person. `gone`: the token no longer counts, sign in again. */
  mayRead(token: string, repository: RepositoryName): Promise<'yes' | 'no' | 'gone'>
  /** Repositories of the App's installations that the person may read, at most 1,000, sorted by name; null when the token no longer counts. */
  repositories(token: string): Promise<RepositoryName[] | null>
  /** Take the token back at GitHub; its failure is not told (it may have lapsed already). */
  signOut(token: string): Promise<void>
}

export interface SignedIn {
  account: Account
  token: string
  /** Epoch ms by the App's clock, after which GitHub no longer accepts the token. */
  expiresMs: number
}
