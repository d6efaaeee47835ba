/** People, teams and what they may do. */

export type Role = 'none' | 'read' | 'triage' | 'write' | 'maintain' | 'admin'
export type Level = 'read' | 'write' | 'admin'
export type Permissions = Record<string, Level>

export type Account = {
  id: number
  login: string
  name: string | null
  email: string
  type: 'User' | 'Bot' | 'Organization'
  createdAt: string
  /** Personal access token of a person; bots and organisations have none. */
  token: string | null
  /** The App a bot belongs to. */
  appId: number | null
  /** Gone: shown as `ghost`, found by nobody. */
  deleted?: true
}

export type Membership = { role: 'member' | 'admin' | 'maintainer'; state: 'active' | 'pending' }

export type Team = {
  id: number
  orgId: number
  slug: string
  name: string
  parentId: number | null
  members: Map<number, Membership>
  repositories: Map<number, Role>
}
