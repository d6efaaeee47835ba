/** Turns something that happened into one webhook for each App that may hear of it. */
import { installationCovers } from './access.ts'
import type { ContractChecker, Violation } from './contract.ts'
import type { Outgoing } from './deliveries.ts'
import { type EmitOptions, must, type Site, type SiteEvent } from './site.ts'
import type { App, Installation } from './state.ts'
import { mayHear, nodeId, simpleOrganization, simpleUser } from './views/account.ts'
import { repository } from './views/repo.ts'

export type EmitterParts = {
  contract: ContractChecker | null
  violations: Violation[]
  send(webhook: Omit<Outgoing, 'guid' | 'body' | 'redelivery'>): void
  tell(event: SiteEvent): void
}

/** Adds repository, organization, installation and sender to the payload and queues it. */
export function createEmitter(site: Site, parts: EmitterParts): Site['emit'] {
  return (event, action, payload, options) => {
    const common = envelope(site, options)
    const whole = { ...payload, ...common }
    const frozen = JSON.parse(JSON.stringify(whole)) as Record<string, unknown>
    if (parts.contract !== null) {
      for (const message of parts.contract.webhook(event, frozen))
        parts.violations.push({ kind: 'webhook', where: `${event}.${action ?? ''}`, message })
    }
    parts.tell({ event, action, repo: options.repo ?? null, payload: frozen })
    const { toApp } = options
    if (toApp !== undefined)
      parts.send({ app: toApp, event, action, installationId: null, repositoryId: null, payload: frozen })
    else
      for (const { app, installation } of receivers(site, event, options)) {
        const body = event.startsWith('installation')
          ? frozen
          : { ...frozen, installation: { id: installation.id, node_id: nodeId('MDIz', installation.id) } }
        parts.send({
          app,
          event,
          action,
          installationId: installation.id,
          repositoryId: options.repo?.id ?? null,
          payload: body,
        })
      }
  }
}

function envelope(site: Site, options: EmitOptions): Record<string, unknown> {
  const { repo, sender } = options
  if (repo === undefined) return { sender: simpleUser(site, sender) }
  const owner = must(site.state.accounts, repo.ownerId, 'account')
  return {
    repository: repository(site, repo),
    ...(owner.type === 'Organization' ? { organization: simpleOrganization(site, owner) } : {}),
    sender: simpleUser(site, sender),
  }
}

function receivers(
  site: Site,
  event: string,
  options: EmitOptions,
): { app: App; installation: Installation }[] {
  const found: { app: App; installation: Installation }[] = []
  for (const installation of site.state.installations.values()) {
    const app = must(site.state.apps, installation.appId, 'app')
    if (options.onlyAppId !== undefined && app.id !== options.onlyAppId) continue
    if (options.installation !== undefined && installation.id !== options.installation.id) continue
    if (options.repo !== undefined && !installationCovers(site, installation.id, options.repo)) continue
    if (installation.suspendedAt !== null && event !== 'installation') continue
    if (options.always !== true && !(app.events.includes(event) && mayHear(installation.permissions, event)))
      continue
    found.push({ app, installation })
  }
  return found
}
