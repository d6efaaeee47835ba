/** How this version of the service behaves: read from the file beside it, so that a commit is what makes it well or ill. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Behaviour {
  /** Share of requests that end in a 500, from 0 to 1. */
  errorRatio: number
  /** Milliseconds that every request waits. */
  delayMs: number
  /** Kilobytes that every request keeps for ever, until the memory limit is reached. */
  leakKb: number
  /** Whether `/health` says that it is well. */
  healthy: boolean
}

/** @throws Error with what is wrong: a version that cannot be understood does not start. */
export function readBehaviour(folder: string): Behaviour {
  const file: unknown = JSON.parse(readFileSync(join(folder, 'behaviour.json'), 'utf8'))
  if (typeof file !== 'object' || file === null) throw new Error('behaviour.json: an object')
  const given = new Map(Object.entries(file))
  const number = (name: string, most: number): number => {
    const value: unknown = given.get(name) ?? 0
    if (typeof value === 'number' && value >= 0 && value <= most) return value
    throw new Error(`behaviour.json: ${name} is a number from 0 to ${most}`)
  }
  return {
    errorRatio: number('errorRatio', 1),
    delayMs: number('delayMs', 10_000),
    leakKb: number('leakKb', 10_000),
    healthy: given.get('healthy') !== false,
  }
}
