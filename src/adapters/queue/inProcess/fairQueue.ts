/** The order of one lane: repositories take turns, and within a repository first come is first served (O6). */
import type { Queue as Order, QueueAddOptions } from 'p-queue'

type Run = () => Promise<unknown>
export type Turn = QueueAddOptions & { readonly repository?: string }

/** A round-robin for p-queue. A Map keeps its keys in order of insertion, which is the order of turns. */
export class FairQueue implements Order<Run, Turn> {
  readonly #waiting = new Map<string, Run[]>()
  size = 0

  enqueue(run: Run, options?: Partial<Turn>): void {
    const repository = options?.repository ?? ''
    const runs = this.#waiting.get(repository)
    if (runs) runs.push(run)
    else this.#waiting.set(repository, [run])
    this.size += 1
  }

  dequeue(): Run | undefined {
    for (const [repository, runs] of this.#waiting) {
      const run = runs.shift()
      // To the end of the line, behind every other repository.
      this.#waiting.delete(repository)
      if (runs.length > 0) this.#waiting.set(repository, runs)
      if (run) {
        this.size -= 1
        return run
      }
    }
    return undefined
  }

  filter(options: Readonly<Partial<Turn>>): Run[] {
    return [...(this.#waiting.get(options.repository ?? '') ?? [])]
  }

  setPriority(): void {
    throw new Error('turns have no priorities')
  }
}
