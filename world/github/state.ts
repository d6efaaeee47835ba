/** The plain, typed records behind the stand-in GitHub; code itself lives only in the bare git repositories. */
import type {
  App,
  AuthorizationCode,
  Delivery,
  Installation,
  InstallationToken,
  UserToken,
} from './records/apps.ts'
import type { CheckRun, CheckSuite, CommitStatus } from './records/checks.ts'
import type { Deployment, Environment, Hold } from './records/deployments.ts'
import type { Account, Membership, Team } from './records/people.ts'
import type { QueueEntry } from './records/queue.ts'
import type { RuleSuite, Ruleset } from './records/rules.ts'
import type {
  Comment,
  Issue,
  Pull,
  Reaction,
  Repo,
  Review,
  ReviewComment,
  ReviewThread,
} from './records/work.ts'

export type * from './records/apps.ts'
export type * from './records/checks.ts'
export type * from './records/deployments.ts'
export type * from './records/people.ts'
export type * from './records/queue.ts'
export type * from './records/rules.ts'
export type * from './records/work.ts'

export type State = {
  nextId: number
  accounts: Map<number, Account>
  orgMembers: Map<number, Map<number, Membership>>
  teams: Map<number, Team>
  repos: Map<number, Repo>
  issues: Map<number, Issue>
  pulls: Map<number, Pull>
  comments: Map<number, Comment>
  reactions: Map<number, Reaction>
  reviews: Map<number, Review>
  threads: Map<number, ReviewThread>
  reviewComments: Map<number, ReviewComment>
  checkSuites: Map<number, CheckSuite>
  checkRuns: Map<number, CheckRun>
  statuses: Map<number, CommitStatus>
  rulesets: Map<number, Ruleset>
  ruleSuites: Map<number, RuleSuite>
  environments: Map<number, Environment>
  deployments: Map<number, Deployment>
  holds: Set<Hold>
  queue: Map<number, QueueEntry>
  /** Commits that GitHub itself has made and signed; nobody else signs here. */
  signed: Set<string>
  apps: Map<number, App>
  installations: Map<number, Installation>
  tokens: Map<string, InstallationToken>
  authorizationCodes: Map<string, AuthorizationCode>
  userTokens: Map<string, UserToken>
  deliveries: Map<number, Delivery>
}

/** An empty GitHub; ids start high enough that nobody mistakes one for an issue number. */
export function createState(): State {
  return {
    nextId: 10_001,
    accounts: new Map(),
    orgMembers: new Map(),
    teams: new Map(),
    repos: new Map(),
    issues: new Map(),
    pulls: new Map(),
    comments: new Map(),
    reactions: new Map(),
    reviews: new Map(),
    threads: new Map(),
    reviewComments: new Map(),
    checkSuites: new Map(),
    checkRuns: new Map(),
    statuses: new Map(),
    rulesets: new Map(),
    ruleSuites: new Map(),
    environments: new Map(),
    deployments: new Map(),
    holds: new Set(),
    queue: new Map(),
    signed: new Set(),
    apps: new Map(),
    installations: new Map(),
    tokens: new Map(),
    authorizationCodes: new Map(),
    userTokens: new Map(),
    deliveries: new Map(),
  }
}
