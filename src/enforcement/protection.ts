/** What `countersign doctor` reads of a repository with an operator's token; each part may be hidden from that token. */
import type { BranchRules } from '../core/snapshot/rules.ts'
import type { Permissions } from './permissions.ts'
import type { BypassActor } from './rulesets.ts'
import type { Mode } from './weaknesses.ts'

/** A part that this token may see, or the reason why it may not. */
export type Seen<T> = { seen: true; value: T } | { seen: false; why: string }

export interface RulesetReading {
  id: number
  name: string
  /** `Repository`, `Organization` or `Enterprise`. */
  sourceType: string
  url: string
  ruleTypes: string[]
  /** Null when GitHub hides the list: only those who may edit the ruleset are shown it. */
  bypass: BypassActor[] | null
}

export interface EnvironmentReading {
  name: string
  /** Types of its protection rules: `required_reviewers`, `wait_timer`, `branch_policy` and those of Apps. */
  rules: string[]
  /** Null when GitHub's answer does not say. */
  adminsBypass: boolean | null
}

/** A workflow that deploys when a branch of an agent is pushed or proposed. */
export interface DeployingWorkflow {
  path: string
  environments: string[]
}

export interface ClassicReading {
  forcePushes: boolean
  deletions: boolean
  /** Rules hold for administrators too. */
  adminsIncluded: boolean
}

export interface Bypassed {
  actorId: number | null
  actor: string
  sha: string
  at: string
}

export interface Protection {
  repository: string
  branch: string
  /** Website address of the repository, for links to settings. */
  url: string
  mode: Mode
  /** False in shadow mode. */
  enforce: boolean
  appId: number
  /** Numeric id of the App's bot account; null when not known. */
  botId: number | null
  rules: Seen<BranchRules>
  /** Those in force on the branch. */
  rulesets: Seen<RulesetReading[]>
  /** Null when the branch has no classic protection. */
  classic: Seen<ClassicReading | null>
  workflows: Seen<{ defaultToken: 'read' | 'write'; mayApprove: boolean }>
  /** Names of secrets outside environments, the repository's and those that its organisation shares with it. */
  secrets: Seen<string[]>
  environments: Seen<EnvironmentReading[]>
  deploying: Seen<DeployingWorkflow[]>
  /** Permissions that the App's installation holds, and those that `app.yml` asks for. */
  permissions: Seen<{ held: Permissions; wanted: Permissions }>
  /** Updates of the branch in the last week that bypassed a rule. */
  bypassed: Seen<Bypassed[]>
}
