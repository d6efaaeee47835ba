/** The request library, set up the same way for the App and for people: quiet, and naming us. */
import { Octokit } from '@octokit/rest'
import type { Log } from '../../core/ports.ts'

/** @param baseUrl the API's address without a trailing slash. */
export function createOctokit(baseUrl: string, log: Log): Octokit {
  const quiet = (message: string) => log.debug({}, message)
  return new Octokit({
    baseUrl,
    userAgent: 'countersign',
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
  })
}
