/** A process that is killed at one of its steps: everything from that call on fails, before or after it had its effect. */
export interface Crash {
  /** 1-based number of the call. */
  at: number
  /** True when the call still takes effect, and only its answer is lost. */
  after: boolean
}

/** Wraps each call that leaves the process; without a crash they simply pass. */
export function steps(crash?: Crash): <T>(task: () => Promise<T>) => Promise<T> {
  let calls = 0
  return async (task) => {
    calls += 1
    const dead = crash !== undefined && calls >= crash.at
    if (dead && (!crash.after || calls > crash.at)) throw new Error('killed')
    const result = await task()
    if (dead) throw new Error('killed')
    return result
  }
}
