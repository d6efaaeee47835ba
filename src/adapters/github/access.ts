/** Access: in whose name and with which permissions one request is made; never more than the act needs. */
import type { RepositoryName } from '../../core/ids.ts'

/** The named sets of permissions that tokens are minted with. */
export const grants = {
  read: {
    metadata: 'read',
    contents: 'read',
    issues: 'read',
    pull_requests: 'read',
    checks: 'read',
    actions: 'read',
  },
  members: { metadata: 'read', members: 'read' },
  check: { metadata: 'read', checks: 'write' },
  /** Comments, labels, reactions: which of the two counts depends on what the number is. */
  discuss: { metadata: 'read', issues: 'write', pull_requests: 'write' },
  pull: { metadata: 'read', contents: 'read', pull_requests: 'write' },
  /** Marking a draft ready wants contents too in some installations (unverified); asked for only after a refusal. */
  ready: { metadata: 'read', contents: 'write', pull_requests: 'write' },
  merge: { metadata: 'read', contents: 'write', pull_requests: 'write' },
  /** Only for `pipeline.rerun_flaky_ci`; an App without this permission is refused, and the repair goes on without. */
  rerun: { metadata: 'read', actions: 'write' },
  /** Apart from `read`: an installation whose owner has not granted it yet goes on with everything else. */
  deployments: { metadata: 'read', deployments: 'read' },
  deploy: { metadata: 'read', deployments: 'write' },
  /** Only for workflows that policy wants started by hand; without the permission GitHub's refusal says so. */
  dispatch: { metadata: 'read', actions: 'write' },
  fetch: { metadata: 'read', contents: 'read' },
  push: { metadata: 'read', contents: 'write' },
} as const satisfies Record<string, Record<string, 'read' | 'write'>>
export type Grant = keyof typeof grants

/** The App itself (its key), or its installation narrowed to one repository and one set of permissions. */
export type Access =
  | { kind: 'app' }
  | { kind: 'repository'; name: RepositoryName; grant: Grant }
  /** The whole of one installation, metadata only: to list its repositories. */
  | { kind: 'installation'; id: number }

export const on = (name: RepositoryName, grant: Grant): Access => ({ kind: 'repository', name, grant })

/** The parameters that GitHub's paths use. */
export function parts(name: RepositoryName): { owner: string; repo: string } {
  const [owner = '', repo = ''] = name.split('/')
  return { owner, repo }
}

/** Whom GitHub's limits count against: the account that the App is installed on. */
export function accountOf(access: Access): string {
  switch (access.kind) {
    case 'app':
      return 'the App'
    case 'repository':
      return parts(access.name).owner
    case 'installation':
      return `installation ${access.id}`
    default:
      return access satisfies never
  }
}
