/** Connects the board to what it reads: the ledger, looks at what is open, and GitHub's word on who may see it (O2, T36). */
import { mountPages } from '../adapters/http/pages.ts'
import type { ServerOptions } from '../adapters/http/server.ts'
import type { Clock, Ledger, Log, Metrics, Viewers } from '../core/ports.ts'
import { createBoard } from '../web/board.ts'
import type { Looks } from '../web/looks.ts'

interface BoardPorts {
  /** Null where the App's client secret is not set: nobody can sign in then. */
  viewers: Viewers | null
  secret: string
  ledger: Ledger
  looks: Looks
  web: string
  origin(): string
  clock: Clock
  metrics: Metrics
  log: Log
}

const isBoard = (path: string) => path === '/' || path === '/board' || path.startsWith('/board/')

const off =
  "The board is off. Set GITHUB_CLIENT_ID and GITHUB_CLIENT_SECRET to those of the App's settings page, and start Countersign again.\n"

/** What the server asks for paths that are not its own. */
export function boardPages({ viewers, ...ports }: BoardPorts): NonNullable<ServerOptions['pages']> {
  if (viewers === null) return mountPages(() => new Response(off, { status: 404 }), isBoard)
  const board = createBoard({ ...ports, viewers })
  return mountPages((request) => board.fetch(request), isBoard)
}
