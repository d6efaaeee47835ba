/** Downloads from GitHub's storage: without our token, no further redirect, and no more of it in memory than allowed (T30). */
import { RetryLater } from '../../core/errors.ts'
import { jobSignal, jobSignalWithin } from '../abort.ts'
import { GitHubRefusal } from './failures.ts'

const downloadTimeoutMs = 120_000
/** GitHub, or its storage, is asked once more after this. */
export const storageWaitMs = 15_000

export interface DownloadBounds {
  /** Most bytes that are read: what comes after them stays where it is, whatever was announced. */
  read: number
  /** Most bytes that are kept: the last of those that were read. */
  keep: number
}

/**
 * Download from an address that GitHub gave.
 *
 * @param what in words, such as `an artifact`.
 * @returns the bytes, and whether there were more.
 * @throws GitHubRefusal for what the storage no longer has, RetryLater for any other failure: addresses last a minute.
 */
export async function download(
  address: URL,
  what: string,
  { read, keep }: DownloadBounds,
): Promise<{ bytes: Uint8Array; cut: boolean }> {
  const failed = (why: string, cause?: unknown) =>
    new RetryLater(`GitHub's storage did not give ${what}: ${why}`, storageWaitMs, { cause })
  // Plain HTTP is for the stand-in on this very host.
  if (address.protocol !== 'https:' && !['127.0.0.1', 'localhost', '[::1]'].includes(address.hostname))
    throw new GitHubRefusal(502, 'no https', `GitHub's storage offers ${what} without encryption.`)
  try {
    const response = await fetch(address, {
      redirect: 'error',
      credentials: 'omit',
      headers: { 'user-agent': 'countersign' },
      signal: jobSignalWithin(downloadTimeoutMs),
    })
    if (response.status === 404 || response.status === 410)
      throw new GitHubRefusal(response.status, 'gone', `GitHub's storage no longer has ${what}.`)
    if (!response.ok || !response.body) throw failed(`status ${response.status}`)
    const chunks: Uint8Array[] = []
    let size = 0
    let held = 0
    for await (const chunk of response.body) {
      chunks.push(chunk)
      size += chunk.byteLength
      held += chunk.byteLength
      for (let [first] = chunks; first && held - first.byteLength >= keep; [first] = chunks) {
        chunks.shift()
        held -= first.byteLength
      }
      // Leaving the loop cancels the stream.
      if (size > read) break
    }
    return { bytes: Buffer.concat(chunks).subarray(-keep), cut: size > keep }
  } catch (error) {
    jobSignal().throwIfAborted()
    if (error instanceof RetryLater || error instanceof GitHubRefusal) throw error
    throw failed((error as Error).message, error)
  }
}
