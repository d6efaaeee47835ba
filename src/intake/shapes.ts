/** The parts of payloads that several events share: only the fields in use, and absent ones tolerated (github-facts). */
import { z } from 'zod'
import { Account } from '../core/account.ts'
import { formatKey, RepositoryName, Sha, type SubjectKey } from '../core/ids.ts'
import { type Intake, understood } from './result.ts'

export const Repository = z.object({ full_name: RepositoryName, id: z.number().int().optional() })
export const Number_ = z.number().int().positive().max(9_999_999_999)
const longestText = 5_000_000

/** Markdown of people: null means empty. */
export const Text = z
  .string()
  .max(longestText)
  .nullish()
  .transform((text) => text ?? '')

/** An account, or undefined when it is missing or odd: then nobody did it, and nothing is recorded in their name. */
export const Sender = Account.optional().catch(undefined)

/** The pull requests that a check names, each with the repository of its base. */
export const NamedPulls = z
  .array(
    z.object({
      number: Number_,
      base: z.object({ repo: z.object({ id: z.number() }).optional() }).optional(),
    }),
  )
  .max(1000)
  .catch([])

export const pullKey = (repository: RepositoryName, number: number): SubjectKey =>
  formatKey({ kind: 'pull', repository, number })
export const taskKey = (repository: RepositoryName, issue: number): SubjectKey =>
  formatKey({ kind: 'task', repository, issue })

/** Read a payload; what does not fit is answered with where it does not, and changes nothing. */
export function reading<T>(schema: z.ZodType<T>, payload: unknown, read: (value: T) => Intake): Intake {
  const parsed = schema.safeParse(payload)
  if (parsed.success) return read(parsed.data)
  const places = parsed.error.issues.slice(0, 3).map((issue) => issue.path.join('.') || 'the payload')
  return understood(`ignored: cannot read ${places.join(', ')}`)
}

/** The pull requests that a check names; the commit when it names none, as for forks. */
export function lookAt(
  repository: z.infer<typeof Repository>,
  pulls: z.infer<typeof NamedPulls>,
  sha: Sha | undefined,
): Partial<Intake> {
  const ours = pulls.filter(({ base }) => {
    const id = base?.repo?.id
    return id === undefined || repository.id === undefined || id === repository.id
  })
  const at = sha ? [{ repository: repository.full_name, sha }] : []
  if (ours.length > 0)
    return { checked: at, hints: ours.map(({ number }) => pullKey(repository.full_name, number)) }
  return { checked: at, shas: at }
}

export const OptionalSha = Sha.optional().catch(undefined)
