/** `installation`, `installation_repositories` and `repository`: repositories that this App was just given, or under a new name. */
import { z } from 'zod'
import { RepositoryName } from '../core/ids.ts'
import { type Reader, understood } from './result.ts'
import { Repository, reading } from './shapes.ts'

const most = 10_000
const Repositories = z
  .array(z.object({ full_name: RepositoryName }))
  .max(most)
  .catch([])

const Payload = z.object({
  action: z.string().max(100),
  repositories: Repositories.optional(),
  repositories_added: Repositories.optional(),
})

const isNew = new Set(['created', 'unsuspend', 'added', 'new_permissions_accepted'])

export const installation: Reader = (payload) =>
  reading(Payload, payload, ({ action, repositories = [], repositories_added = [] }) =>
    understood(`installation ${action}`, {
      installed: isNew.has(action)
        ? [...repositories, ...repositories_added].map(({ full_name }) => full_name)
        : [],
    }),
  )

const hasNewName = new Set(['renamed', 'transferred'])

/** A new name means new keys: its open pull requests are looked at from the beginning, and nothing comes along (S3). */
export const repository: Reader = (payload) =>
  reading(z.object({ action: z.string().max(100), repository: Repository }), payload, (event) =>
    understood(`repository ${event.action}`, {
      installed: hasNewName.has(event.action) ? [event.repository.full_name] : [],
    }),
  )
