/** `installation` and `installation_repositories`: repositories that this App was just given. */
import { z } from 'zod'
import { RepositoryName } from '../core/ids.ts'
import { type Reader, understood } from './result.ts'
import { reading } from './shapes.ts'

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
