/** The `approvals:`, `people:` and `agents:` parts of policy: who approves how, and what marks an agent's work. */
import { z } from 'zod'

/** A permission (`write`, `maintain`, `admin`), a login, or a team as `org/slug`. */
const Who = z.string().trim().min(1).max(140)

/** In a public repository everyone may read, so these would let anyone on GitHub approve. */
const tooFew = ['none', 'read', 'triage']
const Approver = Who.refine(
  (one) => !tooFew.includes(one),
  'the least permission that may approve is `write`',
)

const approvers = z.array(Approver).min(1).max(100).default(['write'])

export const profiles = ['team', 'solo', 'strict'] as const
export type Profile = (typeof profiles)[number]

export const ApprovalsSettings = z.strictObject({
  profile: z
    .enum(profiles)
    .default('team')
    .describe(
      'team: two engineers and the delegator. solo: one engineer. strict: two people other than the requester, one of them a senior (A3).',
    ),
  by: z
    .array(z.enum(['button', 'review', 'comment']))
    .min(1)
    .default(['button', 'review'])
    .describe(
      'Ways that count as approving. Any token of a person can write a comment, so that one is opt-in (A1).',
    ),
  approvers: z
    .strictObject({ plan: approvers, review: approvers, deploy: approvers })
    .prefault({})
    .describe('Permissions (write, maintain, admin), logins or teams (org/slug) that may approve.'),
})
export type ApprovalsSettings = z.infer<typeof ApprovalsSettings>

/** What a person's own pull request needs; without a value it is `pass`, and `gates` under the strict profile (A6). */
export const PeopleSettings = z.enum(['pass', 'gates', 'full'])
export type PeopleSettings = z.infer<typeof PeopleSettings>

export const AgentsSettings = z.strictObject({
  accounts: z
    .array(z.union([z.string().min(1).max(100), z.number().int().positive()]))
    .max(200)
    .default([])
    .describe('Further accounts of agents, by numeric id or login.'),
  trailers: z
    .array(z.string().min(1).max(100))
    .max(50)
    .default([])
    .describe('Further texts that mark a trailer of an agent.'),
  branches: z
    .array(z.string().min(1).max(100))
    .max(50)
    .default([])
    .describe('Further branch prefixes of agents.'),
  labels: z
    .array(z.string().min(1).max(100))
    .max(50)
    .default([])
    .describe('Further labels on pull requests of agents.'),
})
export type AgentsSettings = z.infer<typeof AgentsSettings>

export const MergeSettings = z.strictObject({
  mode: z
    .enum(['checks', 'merge'])
    .default('checks')
    .describe(
      'checks: GitHub merges when the checks are green. merge: only Countersign merges, after reading everything again (A5).',
    ),
  method: z
    .enum(['merge', 'squash'])
    .default('merge')
    .describe('Rebase is refused: it would rewrite the approved commits.'),
  auto: z.boolean().default(false).describe('Merge as soon as everything is green, without being asked.'),
})
export type MergeSettings = z.infer<typeof MergeSettings>
