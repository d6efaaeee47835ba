/** A small map that forgets what was used longest ago, bounded by entries and by the size of what it holds. */

export interface Lru<V> {
  get(key: string): V | undefined
  /** `size` in any unit that the bound is given in; an entry larger than the whole bound is not kept. */
  set(key: string, value: V, size?: number): void
  delete(key: string): void
}

export function createLru<V>(limits: { entries: number; size?: number }): Lru<V> {
  const held = new Map<string, { value: V; size: number }>()
  const most = limits.size ?? Number.POSITIVE_INFINITY
  let total = 0

  function remove(key: string): void {
    total -= held.get(key)?.size ?? 0
    held.delete(key)
  }

  return {
    get(key) {
      const entry = held.get(key)
      if (!entry) return undefined
      // A Map keeps the order of insertion: putting it in again makes it the newest.
      held.delete(key)
      held.set(key, entry)
      return entry.value
    },
    set(key, value, size = 0) {
      remove(key)
      if (size > most) return
      held.set(key, { value, size })
      total += size
      for (const oldest of held.keys()) {
        if (held.size <= limits.entries && total <= most) break
        remove(oldest)
      }
    },
    delete: remove,
  }
}
