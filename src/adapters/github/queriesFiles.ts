/** The policy files of a base branch in GraphQL: they come with the pull request, so that a first look asks less (design: Policy). */
import { z } from 'zod'
import type { Sha } from '../../core/ids.ts'
import { misnamedPolicyPath, policyPath } from '../../core/policyFiles.ts'
import type { Found } from '../../core/ports.ts'

const blobFields = 'mode object { ... on Blob { text byteSize isBinary isTruncated } }'
/** For the `target` of a branch. */
export const policyFileFields = `... on Commit {
  policy: file(path: ${JSON.stringify(policyPath)}) { ${blobFields} }
  misnamed: file(path: ${JSON.stringify(misnamedPolicyPath)}) { ${blobFields} }
}`
/** GitHub answers for a file that is not there with null and an error beside it, which is the answer. */
export const policyFileNames = ['policy', 'misnamed']

const regularFiles = [0o100644, 0o100755]
const maximumFileBytes = 1_000_000

const Entry = z
  .object({
    mode: z.number(),
    object: z
      .object({
        text: z.string().nullish(),
        byteSize: z.number().optional(),
        isBinary: z.boolean().nullish(),
        isTruncated: z.boolean().optional(),
      })
      .nullable(),
  })
  .nullish()
/** Undefined where the query did not ask, or got what we do not know: then REST is asked. */
export const PolicyFiles = { policy: Entry.catch(undefined), misnamed: Entry.catch(undefined) }

export interface FileAt {
  sha: Sha
  path: string
  file: Found<string>
}

/** What the answer tells for sure: a file that is absent, or one whose every byte is in its text. */
export function policyFilesOf(
  target: { oid: Sha } & { [name in keyof typeof PolicyFiles]?: z.infer<typeof Entry> },
): FileAt[] {
  const known = ([path, entry]: [string, z.infer<typeof Entry>]): FileAt[] => {
    if (entry === undefined) return []
    if (entry === null) return [{ sha: target.oid, path, file: { found: false } }]
    const { text, byteSize = -1, isBinary, isTruncated } = entry.object ?? {}
    const isWhole =
      regularFiles.includes(entry.mode) &&
      typeof text === 'string' &&
      isBinary === false &&
      isTruncated === false &&
      byteSize <= maximumFileBytes &&
      Buffer.byteLength(text) === byteSize
    return isWhole ? [{ sha: target.oid, path, file: { found: true, value: text } }] : []
  }
  const entries: [string, z.infer<typeof Entry>][] = [
    [policyPath, target.policy],
    [misnamedPolicyPath, target.misnamed],
  ]
  return entries.flatMap(known)
}
