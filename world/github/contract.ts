/** The seam to the checker of GitHub's official description; the world works without one and records what one says. */

export type Operation = {
  method: string
  /** Official template, such as /repos/{owner}/{repo}/pulls/{pull_number}. */
  template: string
  params: Record<string, string>
  query: Record<string, string>
  body: unknown
  headers: Record<string, string>
}

/** Each method answers with one human sentence a violation; an empty list means the message is as GitHub describes it. */
export type ContractChecker = {
  request(op: Operation): string[]
  response(op: Operation, status: number, body: unknown): string[]
  webhook(event: string, payload: Record<string, unknown>): string[]
}

export type Violation = {
  kind: 'unknown-route' | 'request' | 'response' | 'webhook' | 'server-error' | 'background'
  /** Method and path, or the webhook's event. */
  where: string
  message: string
}

export type RequestLogEntry = {
  id: string
  at: string
  method: string
  path: string
  /** Official template; null for git and unknown routes. */
  template: string | null
  /** A login, `app/slug` for an App's JWT or client secret, `slug[bot]` for an installation, or `anonymous`. */
  actor: string
  /** The App whose credentials were used, or through which a person asked. */
  appId: number | null
  /** What the token was narrowed to; null for people. */
  token: { repositoryIds: number[] | null; permissions: Record<string, string> } | null
  body: unknown
  status: number
  durationMs: number
  /** The fault that was played on it, if any. */
  fault: string | null
}
