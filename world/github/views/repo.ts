/** A repository in the three sizes GitHub shows it, and its labels. */
import { roleAtLeast, roleOn } from '../access.ts'
import type { Actor, Site } from '../site.ts'
import { must } from '../site.ts'
import type { Label, Repo, Role } from '../state.ts'
import { nodeId, simpleUser } from './account.ts'
import type { Schema } from './schemas.ts'

export function fullName(site: Site, repo: Repo): string {
  return `${must(site.state.accounts, repo.ownerId, 'account').login}/${repo.name}`
}

export const repoApi = (site: Site, repo: Repo) => `${site.url}/repos/${fullName(site, repo)}`
export const repoHtml = (site: Site, repo: Repo) => `${site.url}/${fullName(site, repo)}`
export const repoNodeId = (repo: Repo) => nodeId('R', repo.id)

/** The form used in lists, pull request ends and webhooks. */
export function repository(site: Site, repo: Repo): Schema<'repository'> {
  const api = repoApi(site, repo)
  const html = repoHtml(site, repo)
  const owner = must(site.state.accounts, repo.ownerId, 'account')
  const forks = [...site.state.repos.values()].filter((r) => r.parentId === repo.id).length
  const open = [...site.state.issues.values()].filter(
    (i) => i.repoId === repo.id && i.state === 'open',
  ).length
  return {
    id: repo.id,
    node_id: repoNodeId(repo),
    name: repo.name,
    full_name: `${owner.login}/${repo.name}`,
    private: repo.private,
    owner: simpleUser(site, owner),
    html_url: html,
    description: repo.description,
    fork: repo.parentId !== null,
    url: api,
    forks_url: `${api}/forks`,
    keys_url: `${api}/keys{/key_id}`,
    collaborators_url: `${api}/collaborators{/collaborator}`,
    teams_url: `${api}/teams`,
    hooks_url: `${api}/hooks`,
    issue_events_url: `${api}/issues/events{/number}`,
    events_url: `${api}/events`,
    assignees_url: `${api}/assignees{/user}`,
    branches_url: `${api}/branches{/branch}`,
    tags_url: `${api}/tags`,
    blobs_url: `${api}/git/blobs{/sha}`,
    git_tags_url: `${api}/git/tags{/sha}`,
    git_refs_url: `${api}/git/refs{/sha}`,
    trees_url: `${api}/git/trees{/sha}`,
    statuses_url: `${api}/statuses/{sha}`,
    languages_url: `${api}/languages`,
    stargazers_url: `${api}/stargazers`,
    contributors_url: `${api}/contributors`,
    subscribers_url: `${api}/subscribers`,
    subscription_url: `${api}/subscription`,
    commits_url: `${api}/commits{/sha}`,
    git_commits_url: `${api}/git/commits{/sha}`,
    comments_url: `${api}/comments{/number}`,
    issue_comment_url: `${api}/issues/comments{/number}`,
    contents_url: `${api}/contents/{+path}`,
    compare_url: `${api}/compare/{base}...{head}`,
    merges_url: `${api}/merges`,
    archive_url: `${api}/{archive_format}{/ref}`,
    downloads_url: `${api}/downloads`,
    issues_url: `${api}/issues{/number}`,
    pulls_url: `${api}/pulls{/number}`,
    milestones_url: `${api}/milestones{/number}`,
    notifications_url: `${api}/notifications{?since,all,participating}`,
    labels_url: `${api}/labels{/name}`,
    releases_url: `${api}/releases{/id}`,
    deployments_url: `${api}/deployments`,
    created_at: repo.createdAt,
    updated_at: repo.updatedAt,
    pushed_at: repo.pushedAt,
    git_url: `${html.replace(/^http/, 'git')}.git`,
    ssh_url: `ssh://git@${html.replace(/^https?:\/\//, '')}.git`,
    clone_url: `${html}.git`,
    svn_url: html,
    homepage: null,
    size: 0,
    stargazers_count: 0,
    watchers_count: 0,
    language: null,
    has_issues: true,
    has_projects: true,
    has_downloads: true,
    has_wiki: true,
    has_pages: false,
    has_discussions: false,
    forks_count: forks,
    mirror_url: null,
    archived: repo.archived,
    disabled: false,
    open_issues_count: open,
    license: null,
    allow_forking: true,
    is_template: false,
    web_commit_signoff_required: false,
    topics: [],
    visibility: repo.private ? 'private' : 'public',
    forks,
    open_issues: open,
    watchers: 0,
    default_branch: repo.defaultBranch,
  }
}

export function minimalRepository(site: Site, repo: Repo): Schema<'minimal-repository'> {
  const {
    license: _license,
    temp_clone_token: _token,
    code_search_index_status: _index,
    ...rest
  } = repository(site, repo)
  return { ...rest, has_discussions: false }
}

/** What GET /repos/{owner}/{repo} answers, with the permissions of whoever asks. */
export function fullRepository(site: Site, repo: Repo, actor: Actor): Schema<'full-repository'> {
  const parent = repo.parentId === null ? null : site.state.repos.get(repo.parentId)
  const owner = must(site.state.accounts, repo.ownerId, 'account')
  const person = actor.kind === 'user' || actor.kind === 'user-to-server' ? actor.account : null
  const base = repository(site, repo)
  return {
    ...base,
    pushed_at: repo.pushedAt,
    created_at: repo.createdAt,
    updated_at: repo.updatedAt,
    has_discussions: false,
    permissions: permissionsOf(person === null ? 'read' : roleOn(site.state, repo, person)),
    temp_clone_token: '',
    allow_squash_merge: repo.allow.squash,
    allow_merge_commit: repo.allow.merge,
    allow_rebase_merge: repo.allow.rebase,
    allow_auto_merge: repo.allow.autoMerge,
    delete_branch_on_merge: repo.deleteBranchOnMerge,
    allow_update_branch: false,
    network_count: 0,
    subscribers_count: 0,
    ...(owner.type === 'Organization' ? { organization: simpleUser(site, owner) } : {}),
    ...(parent ? { parent: repository(site, parent), source: repository(site, parent) } : {}),
  }
}

/** A role as the five answers that a repository or a collaborator shows. */
export function permissionsOf(role: Role) {
  const has = (least: Role) => roleAtLeast(role, least)
  return {
    admin: has('admin'),
    maintain: has('maintain'),
    push: has('write'),
    triage: has('triage'),
    pull: has('read'),
  }
}

export function labelView(site: Site, repo: Repo, label: Label): Schema<'label'> {
  return {
    id: label.id,
    node_id: nodeId('LA', label.id),
    url: `${repoApi(site, repo)}/labels/${encodeURIComponent(label.name)}`,
    name: label.name,
    color: label.color,
    default: label.default,
    description: label.description,
  }
}

/** How a role is folded into the four old permission names; role_name keeps the difference. */
export function foldedPermission(role: Role): 'admin' | 'write' | 'read' | 'none' {
  switch (role) {
    case 'admin':
      return 'admin'
    case 'maintain':
    case 'write':
      return 'write'
    case 'triage':
    case 'read':
      return 'read'
    case 'none':
      return 'none'
    default:
      return role satisfies never
  }
}
