/** Moments in the life of a request at which a test takes over: the caller is killed there, or told to stop. */
import type { Socket } from 'node:net'

/** `received`: nothing happened yet. `applied`: it took effect, and no answer is on its way. `answered`: the answer has left. */
export const stallPoints = ['received', 'applied', 'answered'] as const
export type StallPoint = (typeof stallPoints)[number]

export interface Stall<Request> {
  at: StallPoint
  when(request: Request): boolean
  /** Called at that moment, once. Before the answer the caller then waits until it hangs up, or until `release()`. */
  reached(): void
}

export interface Stalls<Request> {
  add(stall: Stall<Request>): void
  /** True when the request ended here: its connection is closed. */
  at(point: StallPoint, request: Request, connection: Socket): Promise<boolean>
  /** Cut the connections of those that still wait, e.g. of a git whose App was killed. */
  release(): void
  clear(): void
}

export function createStalls<Request>(): Stalls<Request> {
  const stalls: Stall<Request>[] = []
  const waiting = new Set<Socket>()
  return {
    add: (stall) => void stalls.push(stall),
    async at(point, request, connection) {
      const index = stalls.findIndex((one) => one.at === point && one.when(request))
      const [found] = index < 0 ? [] : stalls.splice(index, 1)
      if (!found) return false
      const closed = new Promise((resolve) => connection.once('close', resolve))
      waiting.add(connection)
      found.reached()
      if (point === 'answered') {
        waiting.delete(connection)
        return false
      }
      if (!connection.destroyed) await closed
      waiting.delete(connection)
      return true
    },
    release() {
      for (const connection of waiting) connection.destroy()
    },
    clear() {
      stalls.length = 0
    },
  }
}
