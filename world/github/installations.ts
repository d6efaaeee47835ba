/** Installs Apps on accounts and changes what an installation reaches, telling the App each time. */

import { findRepo } from './access.ts'
import { accountNamed } from './accounts.ts'
import { must, type Site } from './site.ts'
import type { Account, App, Installation, Permissions } from './state.ts'
import { installationView } from './views/account.ts'
import { fullName, repoNodeId } from './views/repo.ts'

export type InstallInput = { repos?: string[] | 'all'; permissions?: Permissions; by?: string }

/** Installs an App on an account; by default on all repositories with all the App's permissions. */
export function installApp(site: Site, app: App, ownerLogin: string, input: InstallInput = {}): Installation {
  const account = accountNamed(site, ownerLogin)
  const at = site.now()
  const selected = input.repos === undefined || input.repos === 'all' ? null : input.repos
  const ids = (selected ?? []).map((name) => {
    const repo = findRepo(site.state, ownerLogin, name)
    if (repo === null) throw new Error(`installApp: no repository ${ownerLogin}/${name}`)
    return repo.id
  })
  const installation: Installation = {
    id: site.nextId(),
    appId: app.id,
    accountId: account.id,
    selection: selected === null ? 'all' : 'selected',
    repositoryIds: new Set(ids),
    permissions: { ...(input.permissions ?? app.permissions) },
    createdAt: at,
    updatedAt: at,
    suspendedAt: null,
  }
  site.state.installations.set(installation.id, installation)
  const sender = input.by === undefined ? account : accountNamed(site, input.by)
  emitInstallation(site, installation, 'created', sender)
  return installation
}

const shortRepos = (site: Site, ids: Iterable<number>) =>
  [...ids].map((id) => {
    const repo = must(site.state.repos, id, 'repository')
    return {
      id: repo.id,
      node_id: repoNodeId(repo),
      name: repo.name,
      full_name: fullName(site, repo),
      private: repo.private,
    }
  })

export type InstallationAction = 'created' | 'deleted' | 'suspend' | 'unsuspend' | 'new_permissions_accepted'

export function emitInstallation(
  site: Site,
  one: Installation,
  action: InstallationAction,
  sender: Account,
): void {
  const all = [...site.state.repos.values()].filter((r) => r.ownerId === one.accountId).map((r) => r.id)
  const payload = {
    action,
    installation: installationView(site, one),
    repositories: shortRepos(site, one.selection === 'all' ? all : one.repositoryIds),
    requester: null,
  }
  site.emit('installation', action, payload, {
    sender,
    onlyAppId: one.appId,
    always: true,
    installation: one,
  })
}

/** Adds and removes repositories of an installation made with a selection. */
export function changeInstallationRepos(
  site: Site,
  one: Installation,
  add: number[],
  remove: number[],
  sender: Account,
): void {
  one.selection = 'selected'
  for (const id of add) one.repositoryIds.add(id)
  for (const id of remove) one.repositoryIds.delete(id)
  const action = remove.length > 0 ? 'removed' : 'added'
  const payload = {
    action,
    installation: installationView(site, one),
    repository_selection: one.selection,
    repositories_added: shortRepos(site, add),
    repositories_removed: shortRepos(site, remove),
    requester: null,
  }
  site.emit('installation_repositories', action, payload, {
    sender,
    onlyAppId: one.appId,
    always: true,
    installation: one,
  })
}

export function endInstallation(
  site: Site,
  one: Installation,
  how: 'suspend' | 'unsuspend' | 'deleted',
  sender: Account,
): void {
  if (how === 'suspend') one.suspendedAt = site.now()
  if (how === 'unsuspend') one.suspendedAt = null
  one.updatedAt = site.now()
  emitInstallation(site, one, how, sender)
  if (how === 'deleted') site.state.installations.delete(one.id)
}
