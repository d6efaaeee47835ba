/** Connects the board to what it reads: the ledger, looks at what is open, and GitHub's word on who may see it (O2, T36). */
import { webAddress } from '../adapters/github/forge.ts'
import { createViewers } from '../adapters/github/viewers.ts'
import { mountPages } from '../adapters/http/pages.ts'
import type { ServerOptions } from '../adapters/http/server.ts'
import type { SubjectKey } from '../core/ids.ts'
import type { Clock, Ledger, Log, Metrics, Readings } from '../core/ports.ts'
import type { Environment } from '../environment.ts'
import { readGround } from '../observe/ground.ts'
import { createBoard } from '../web/board.ts'
import type { Looks } from '../web/looks.ts'
import { pathOf } from '../web/paths.ts'
import { observingWith } from './rounds.ts'

interface BoardPorts {
  settings: Pick<Environment, 'signIn' | 'GITHUB_API_URL'>
  /** The address by which browsers come, without a path; asked for once the server listens. */
  origin(): string
  onSecret: (secret: string) => void
  looks: Looks
  ledger: Ledger
  readings: Readings
  clock: Clock
  metrics: Metrics
  log: Log
}

const isBoard = (path: string) => path === '/' || path === '/board' || path.startsWith('/board/')

const off =
  "The board is off. Set GITHUB_CLIENT_ID and GITHUB_CLIENT_SECRET to those of the App's settings page and COUNTERSIGN_URL to the " +
  'address by which people reach Countersign, such as https://countersign.example.com, and start it again.\n'

/**
 * Where check runs lead to: the board's page about the same subject, at the address that people know. Null for those that have none,
 * where nobody can sign in, and where no such address was set.
 */
export function pageOf({ signIn, COUNTERSIGN_URL }: Pick<Environment, 'signIn' | 'COUNTERSIGN_URL'>) {
  return (key: SubjectKey): string | null => {
    const path = signIn === null || COUNTERSIGN_URL === undefined ? null : pathOf(key)
    return path === null ? null : `${COUNTERSIGN_URL}${path}`
  }
}

/** What the server asks for paths that are not its own. Without a client secret nobody can sign in, and the board says so. */
export function boardPages(ports: BoardPorts): NonNullable<ServerOptions['pages']> {
  const { signIn, GITHUB_API_URL: baseUrl } = ports.settings
  if (signIn === null) return mountPages(() => new Response(off, { status: 404 }), isBoard)
  const now = () => ports.readings.open({ fresh: false }).forge
  const board = createBoard({
    ...ports,
    rules: {
      ground: (name) => readGround({ ...observingWith(ports), forge: now() }, name),
      branchRules: (name, branch) => now().branchRules(name, branch),
    },
    viewers: createViewers({ ...ports, credentials: signIn, baseUrl }),
    secret: signIn.clientSecret,
    web: webAddress(baseUrl),
  })
  return mountPages((request) => board.fetch(request), isBoard)
}
