/** The period that figures are about. A week is seven days that end with it, so that the last one is never a short one. */

export interface Period {
  /** App clock, milliseconds since 1970; both ends belong to it. */
  fromMs: number
  toMs: number
}

export const weekMs = 7 * 24 * 60 * 60_000

export const within =
  ({ fromMs, toMs }: Period) =>
  ({ atMs }: { atMs: number }): boolean =>
    atMs >= fromMs && atMs <= toMs

/** Its length in weeks; a period that was cut short has a fraction of one. */
export const weeksIn = ({ fromMs, toMs }: Period): number => (toMs - fromMs) / weekMs

/** Its weeks, oldest first; the oldest is shorter where the period was cut. */
export function weeksOf({ fromMs, toMs }: Period): Period[] {
  const count = Math.max(1, Math.ceil(weeksIn({ fromMs, toMs })))
  return Array.from({ length: count }, (_, index) => {
    const back = count - index
    return {
      fromMs: Math.max(fromMs, toMs - back * weekMs + (back === count ? 0 : 1)),
      toMs: toMs - (back - 1) * weekMs,
    }
  })
}
