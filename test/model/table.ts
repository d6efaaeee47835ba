/** Interning: equal values get one small number, so that a state is a handful of numbers. */

export class Table<T> {
  readonly #ids = new Map<string, number>()
  readonly #values: T[] = []

  /** The number of a value; equal JSON is the same value. */
  put(value: T): number {
    const key = JSON.stringify(value)
    const known = this.#ids.get(key)
    if (known !== undefined) return known
    this.#values.push(value)
    this.#ids.set(key, this.#values.length - 1)
    return this.#values.length - 1
  }

  get(id: number): T {
    const value = this.#values[id]
    if (value === undefined) throw new Error(`no value ${id}`)
    return value
  }

  get size(): number {
    return this.#values.length
  }
}
