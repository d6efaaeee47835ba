/** Route: choose the shape of a task when neither a label nor the issue type says it; the cheapest model does (D5). */
import { z } from 'zod'
import { definePhase } from '../phase.ts'
import { openRoutes, routeMeanings } from '../routes.ts'

export const RouteAnswer = z.strictObject({
  route: z.enum(openRoutes),
  reason: z.string().trim().min(1).max(300).describe('One sentence that people read beside the route.'),
})
export type RouteAnswer = z.infer<typeof RouteAnswer>

export const route = definePhase({
  id: 'route',
  responsibility: 'Choose the route that fits the task.',
  input: ['bundle'],
  output: RouteAnswer,
  prompt: `Choose one route for the task, and say in one sentence why:
${openRoutes.map((name) => `- ${name}: ${routeMeanings[name]}.`).join('\n')}
The bundle is enough to decide; read a file only when everything hangs on it. In doubt choose feature. People see your
choice and can change it.`,
  writes: 'none',
  commands: [],
  mayAsk: false,
  tier: 'cheap',
  checks: [],
  validated: false,
})
