/** The two kinds of numbers that figures are made of: a share with its whole, and the spread of several values. */

/** `part` of `of`, both counted from the same things: what is shown never leaves out the whole. */
export interface Share {
  part: number
  of: number
}

export interface Spread {
  /** How many values there are. */
  count: number
  median: number
  /** Three in four are not above it. */
  p75: number
}

/** Median and upper quartile, between two values in proportion; null where there is none. */
export function spread(values: readonly number[]): Spread | null {
  if (values.length === 0) return null
  const sorted = [...values].sort((a, b) => a - b)
  const at = (share: number) => {
    const place = share * (sorted.length - 1)
    const below = sorted[Math.floor(place)] ?? 0
    const above = sorted[Math.ceil(place)] ?? 0
    return below + (above - below) * (place - Math.floor(place))
  }
  return { count: sorted.length, median: at(0.5), p75: at(0.75) }
}

export const sum = (values: readonly number[]): number => values.reduce((total, one) => total + one, 0)
