/** People, bots, organisations, teams, Apps and installations as GitHub shows them. */
import { grants } from '../access.ts'
import type { Site } from '../site.ts'
import { must } from '../site.ts'
import type { Account, App, Installation, Team } from '../state.ts'
import type { Schema } from './schemas.ts'

const NODE_PREFIX = { User: 'U', Bot: 'BOT', Organization: 'O' } as const

export const nodeId = (prefix: string, id: number) =>
  `${prefix}_${Buffer.from(String(id)).toString('base64url')}`
export const accountNodeId = (account: Pick<Account, 'id' | 'type'>) =>
  nodeId(NODE_PREFIX[account.type], account.id)

/** Who stands for accounts that were deleted. */
const ghost = { id: 10_137, login: 'ghost', type: 'User' } as const

export function simpleUser(site: Site, given: Account): Schema<'simple-user'> {
  const account = given.deleted === true ? ghost : given
  const api = `${site.url}/users/${encodeURIComponent(account.login)}`
  const slug = account.login.replace(/\[bot\]$/, '')
  return {
    login: account.login,
    id: account.id,
    node_id: accountNodeId(account),
    avatar_url: `${site.url}/avatars/u/${account.id}`,
    gravatar_id: '',
    url: api,
    html_url: account.type === 'Bot' ? `${site.url}/apps/${slug}` : `${site.url}/${account.login}`,
    followers_url: `${api}/followers`,
    following_url: `${api}/following{/other_user}`,
    gists_url: `${api}/gists{/gist_id}`,
    starred_url: `${api}/starred{/owner}{/repo}`,
    subscriptions_url: `${api}/subscriptions`,
    organizations_url: `${api}/orgs`,
    repos_url: `${api}/repos`,
    events_url: `${api}/events{/privacy}`,
    received_events_url: `${api}/received_events`,
    type: account.type,
    site_admin: false,
  }
}

export function userById(site: Site, id: number): Schema<'simple-user'> {
  return simpleUser(site, must(site.state.accounts, id, 'account'))
}

export function maybeUser(site: Site, id: number | null): Schema<'simple-user'> | null {
  return id === null ? null : userById(site, id)
}

export function publicUser(site: Site, account: Account): Schema<'public-user'> {
  return {
    ...simpleUser(site, account),
    name: account.name,
    company: null,
    blog: '',
    location: null,
    email: null,
    hireable: null,
    bio: null,
    public_repos: [...site.state.repos.values()].filter((r) => r.ownerId === account.id && !r.private).length,
    public_gists: 0,
    followers: 0,
    following: 0,
    created_at: account.createdAt,
    updated_at: account.createdAt,
  }
}

/** The organisation object that webhooks carry. */
export function simpleOrganization(site: Site, account: Account): Schema<'organization-simple'> {
  const api = `${site.url}/orgs/${account.login}`
  return {
    login: account.login,
    id: account.id,
    node_id: accountNodeId(account),
    url: api,
    repos_url: `${api}/repos`,
    events_url: `${api}/events`,
    hooks_url: `${api}/hooks`,
    issues_url: `${api}/issues`,
    members_url: `${api}/members{/member}`,
    public_members_url: `${api}/public_members{/member}`,
    avatar_url: `${site.url}/avatars/u/${account.id}`,
    description: null,
  }
}

export function teamSimple(site: Site, team: Team): Schema<'team-simple'> {
  const org = must(site.state.accounts, team.orgId, 'account')
  const api = `${site.url}/organizations/${org.id}/team/${team.id}`
  return {
    id: team.id,
    node_id: nodeId('T', team.id),
    url: api,
    members_url: `${api}/members{/member}`,
    name: team.name,
    description: null,
    permission: 'pull',
    privacy: 'closed',
    notification_setting: 'notifications_enabled',
    html_url: `${site.url}/orgs/${org.login}/teams/${team.slug}`,
    repositories_url: `${api}/repos`,
    slug: team.slug,
    type: 'organization',
    organization_id: org.id,
  }
}

export function teamFull(site: Site, team: Team): Schema<'team-full'> {
  const org = must(site.state.accounts, team.orgId, 'account')
  const parent = team.parentId === null ? null : must(site.state.teams, team.parentId, 'team')
  return {
    ...teamSimple(site, team),
    privacy: 'closed',
    notification_setting: 'notifications_enabled',
    parent: parent === null ? null : teamSimple(site, parent),
    members_count: team.members.size,
    repos_count: team.repositories.size,
    created_at: org.createdAt,
    updated_at: org.createdAt,
    organization: {
      ...simpleOrganization(site, org),
      html_url: `${site.url}/${org.login}`,
      created_at: org.createdAt,
      updated_at: org.createdAt,
      archived_at: null,
      type: 'Organization',
      public_repos: 0,
      public_gists: 0,
      followers: 0,
      following: 0,
      has_organization_projects: false,
      has_repository_projects: false,
    },
  }
}

export function appView(site: Site, app: App): NonNullable<Schema<'integration'>> {
  return {
    id: app.id,
    client_id: app.clientId,
    slug: app.slug,
    node_id: nodeId('A', app.id),
    owner: userById(site, app.ownerId),
    name: app.name,
    description: null,
    external_url: `${site.url}/apps/${app.slug}`,
    html_url: `${site.url}/apps/${app.slug}`,
    created_at: app.createdAt,
    updated_at: app.createdAt,
    permissions: { ...app.permissions },
    events: [...app.events],
  }
}

export function viaAppView(site: Site, appId: number | null): NonNullable<Schema<'integration'>> | null {
  return appId === null ? null : appView(site, must(site.state.apps, appId, 'app'))
}

export function installationView(site: Site, one: Installation): Schema<'installation'> {
  const app = must(site.state.apps, one.appId, 'app')
  const account = must(site.state.accounts, one.accountId, 'account')
  return {
    id: one.id,
    client_id: app.clientId,
    account: simpleUser(site, account),
    repository_selection: one.selection,
    access_tokens_url: `${site.url}/app/installations/${one.id}/access_tokens`,
    repositories_url: `${site.url}/installation/repositories`,
    html_url: `${site.url}/organizations/${account.login}/settings/installations/${one.id}`,
    app_id: app.id,
    app_slug: app.slug,
    target_id: account.id,
    target_type: account.type,
    // The schema lists each permission by name; ours are a plain record with the same meaning.
    permissions: { ...one.permissions } as Schema<'app-permissions'>,
    events: [...app.events],
    created_at: one.createdAt,
    updated_at: one.updatedAt,
    single_file_name: null,
    has_multiple_single_files: false,
    single_file_paths: [],
    suspended_by: null,
    suspended_at: one.suspendedAt,
  }
}

/** Permissions an App must hold before it hears of an event at all. */
export function mayHear(permissions: Installation['permissions'], event: string): boolean {
  const needed: Record<string, string> = {
    issues: 'issues:read',
    issue_comment: 'issues:read|pull_requests:read',
    pull_request: 'pull_requests:read',
    pull_request_review: 'pull_requests:read',
    pull_request_review_comment: 'pull_requests:read',
    pull_request_review_thread: 'pull_requests:read',
    check_run: 'checks:read',
    check_suite: 'checks:read',
    push: 'contents:read',
    status: 'statuses:read',
    workflow_run: 'actions:read',
    workflow_job: 'actions:read',
    merge_group: 'merge_queues:read',
    deployment: 'deployments:read',
    deployment_status: 'deployments:read',
    deployment_protection_rule: 'deployments:read',
    label: 'issues:read',
    repository_ruleset: 'administration:read',
  }
  const permission = needed[event]
  return permission === undefined || grants(permissions, permission)
}
