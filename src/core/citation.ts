/** A citation: a line of the base commit that a plan builds on, quoted, so that code can check it (P4). */
import { z } from 'zod'

/** A path inside the repository: relative, forward slashes, no `.`/`..`/empty segment, no NUL or newline. */
export const RepositoryPath = z
  .string()
  .min(1)
  .max(1024)
  .refine(
    (path) =>
      !/[\0\n\r\\]/.test(path) &&
      path.split('/').every((part) => part !== '' && part !== '.' && part !== '..'),
    'a relative path inside the repository with forward slashes',
  )
export type RepositoryPath = z.infer<typeof RepositoryPath>

export const Citation = z.object({
  path: RepositoryPath,
  /** 1-based line at the base commit. */
  line: z.number().int().positive().max(10_000_000),
  /** The text of that line; leading and trailing white space does not count. */
  quote: z.string().min(1).max(1000),
})
export type Citation = z.infer<typeof Citation>
