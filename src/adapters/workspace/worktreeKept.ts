/** What is kept on disk: which worktrees there are, whose they are, and whether there is room for one more (P7). */
import { readdir, readFile, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { Terminal } from '../../core/errors.ts'
import { RepositoryName } from '../../core/ids.ts'
import type { Ticket } from '../../core/ports.ts'
import { isMissing } from './worktreePaths.ts'

/** In git's folder of a worktree: whose worktree it is. */
export const ticketMarker = 'countersign-ticket'
const Marker = z.object({ repository: RepositoryName, ticket: z.string().min(1).max(200) })

/** git's own folders of all worktrees, in all mirrors below `root`. */
export async function adminFolders(root: string): Promise<string[]> {
  const found: string[] = []
  for (const owner of await foldersIn(join(root, 'mirrors')))
    for (const mirror of await foldersIn(owner)) found.push(...(await foldersIn(join(mirror, 'worktrees'))))
  return found
}

/** Whose worktree git's folder belongs to; null when a crash came before that was written. */
export async function ticketIn(admin: string): Promise<Ticket | null> {
  const text = await readFile(join(admin, ticketMarker), 'utf8').catch(nothingIfMissing)
  if (!text?.endsWith('}')) return null
  return Marker.safeParse(JSON.parse(text)).data ?? null
}

/** The tickets that have a worktree. */
export async function listTickets(root: string): Promise<Ticket[]> {
  const tickets = await Promise.all((await adminFolders(root)).map(ticketIn))
  return tickets.filter((ticket) => ticket !== null)
}

/** Terminal when the disk that holds `root` has less than `minimumFreeBytes` free. */
export async function refuseFullDisk(root: string, minimumFreeBytes: number): Promise<void> {
  if (minimumFreeBytes === 0) return
  const { bavail, bsize } = await statfs(root)
  const free = bavail * bsize
  if (free >= minimumFreeBytes) return
  const [has, wanted] = [free, minimumFreeBytes].map((bytes) => Math.floor(bytes / 1024 ** 2))
  throw new Terminal(
    `${has} MB free below ${root}, and ${wanted} MB are to be kept free`,
    `The disk for worktrees has ${has} MB free, and ${wanted} MB are to be kept free (COUNTERSIGN_MINIMUM_FREE_MB), so no new worktree was made. The operator makes room or lowers the bound; then comment \`/agent retry\`.`,
  )
}

async function foldersIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(nothingIfMissing)
  return (entries ?? []).filter((entry) => entry.isDirectory()).map((entry) => join(folder, entry.name))
}

function nothingIfMissing(error: NodeJS.ErrnoException): null {
  if (isMissing(error)) return null
  throw error
}
