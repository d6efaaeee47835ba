/** `deployment`, `deployment_status` and `deployment_protection_rule`: hints that an environment has moved. */
import { z } from 'zod'
import { formatKey } from '../core/ids.ts'
import { type Reader, understood } from './result.ts'
import { Repository, reading } from './shapes.ts'

const Environment = z
  .string()
  .min(1)
  .max(255)
  .regex(/^[^\n\0]+$/)
const Payload = z.object({
  repository: Repository,
  environment: Environment.optional(),
  deployment: z.object({ environment: Environment }).nullish(),
})

export const deployment: Reader = (payload) =>
  reading(Payload, payload, ({ repository, environment, deployment }) => {
    const name = environment ?? deployment?.environment
    if (!name?.isWellFormed()) return understood('ignored: no environment')
    return understood('deployment', {
      keys: [formatKey({ kind: 'rollout', repository: repository.full_name, environment: name })],
    })
  })
