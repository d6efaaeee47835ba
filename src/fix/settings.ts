/** The `fix:` part of policy: whose pull requests may be fixed, how many threads at once, and who resolves them. */
import { z } from 'zod'

export const FixSettings = z.strictObject({
  people: z
    .boolean()
    .default(false)
    .describe("Whether /agent fix also works on people's own pull requests; agents' always."),
  max_threads: z
    .number()
    .int()
    .min(1)
    .max(50)
    .default(20)
    .describe('Most review threads that one request may cover.'),
  window_lines: z
    .number()
    .int()
    .min(0)
    .max(200)
    .default(15)
    .describe('Lines that the session is shown above and below the cited ones, for reading.'),
  max_region_lines: z
    .number()
    .int()
    .min(1)
    .max(5000)
    .default(400)
    .describe('Longest cited region, in lines; a longer one needs a narrower comment.'),
  resolve: z
    .boolean()
    .default(false)
    .describe('Whether a thread is resolved once its fix is pushed; otherwise the reviewer resolves it.'),
})
export type FixSettings = z.infer<typeof FixSettings>
